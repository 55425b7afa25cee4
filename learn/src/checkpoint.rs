//! Where a training stands: all that going on takes, so that a training that was interrupted makes the same net, bit for bit,
//! as one that was not.
//!
//! A safetensors file, never a package: of every tensor of the net the variable, its average and what the optimiser remembers,
//! in single precision; the other facts as metadata. It is read by the program that wrote it, on the machine that wrote it, but
//! nothing in it is trusted.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::str::FromStr;

use models::package::tensor_beyond;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use crate::{Error, ErrorKind};

const FORMAT: &str = "format";
const FORMAT_NAME: &str = "sharpcast-checkpoint-1";
const NOTES: &str = "notes";
/// Facts that have to be the same when a training goes on.
const SETTINGS: &str = "trainer";
const RUN: &str = "run";

/// The state of a training between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    facts: BTreeMap<String, String>,
    /// Shapes and values.
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

fn damaged(why: impl Display) -> Error {
    let what = format!("the checkpoint is damaged ({why}); delete it to start anew");
    Error::new(ErrorKind::Checkpoint, what)
}

fn no_fact(fact: &str) -> Error {
    let what = format!("the checkpoint says no {fact} that is understood; delete it to start anew");
    Error::new(ErrorKind::Checkpoint, what)
}

fn no_tensor(name: &str) -> Error {
    let what = format!(
        "the checkpoint lacks tensor {name:?} of the net; it belongs to another one, or delete it to start anew"
    );
    Error::new(ErrorKind::Checkpoint, what)
}

impl Checkpoint {
    /// Reads a file's content.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        // The library would read beyond the end.
        if let Some(name) = tensor_beyond(bytes) {
            return Err(damaged(format!("tensor {name:?} ends behind the file")));
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let facts: BTreeMap<_, _> = header.metadata().clone().unwrap_or_default().into_iter().collect();
        if facts.get(FORMAT).is_none_or(|format| format != FORMAT_NAME) {
            return Err(no_fact(FORMAT));
        }
        let found = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let tensors = found.iter().map(|(name, view)| {
            let values = read(&view).ok_or_else(|| no_tensor(name))?;
            Ok((name.to_owned(), (view.shape().to_vec(), values)))
        });
        Ok(Self { tensors: tensors.collect::<Result<_, Error>>()?, facts })
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let to_bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let data: Vec<(&String, &[usize], Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, (shape, values))| (name, shape.as_slice(), to_bytes(values)))
            .collect();
        let views = data.iter().map(|(name, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(Dtype::F32, shape.to_vec(), bytes)?))
        });
        let views = views.collect::<Result<Vec<_>, SafeTensorError>>().map_err(damaged)?;
        let facts: HashMap<String, String> = self.facts.clone().into_iter().collect();
        safetensors::serialize(views, Some(facts)).map_err(damaged)
    }

    /// What whoever trains has noted for later, as it was given.
    pub fn notes(&self) -> &str {
        self.facts.get(NOTES).map_or("", String::as_str)
    }

    /// Notes something for later.
    #[must_use]
    pub fn with_notes(mut self, notes: String) -> Self {
        self.set(NOTES, notes);
        self
    }

    /// Without tensors yet, of a training with these settings that belongs to `run`.
    pub(super) fn new(settings: &str, run: &str) -> Self {
        let facts = [(FORMAT, FORMAT_NAME), (SETTINGS, settings), (RUN, run)];
        let facts = facts.map(|(fact, value)| (fact.to_owned(), value.to_owned()));
        Self { facts: BTreeMap::from(facts), tensors: BTreeMap::new() }
    }

    pub(super) fn set(&mut self, fact: &str, value: impl ToString) {
        self.facts.insert(fact.to_owned(), value.to_string());
    }

    pub(super) fn get<T: FromStr>(&self, fact: &'static str) -> Result<T, Error> {
        let text = self.facts.get(fact).ok_or_else(|| no_fact(fact))?;
        text.parse().map_err(|_| no_fact(fact))
    }

    /// Sees that it is one of a training with these settings that belongs to `run`.
    pub(super) fn expect(&self, settings: &str, run: &str) -> Result<(), Error> {
        self.expect_fact(SETTINGS, settings)?;
        self.expect_fact(RUN, run)
    }

    fn expect_fact(&self, what: &'static str, wanted: &str) -> Result<(), Error> {
        let found: String = self.get(what)?;
        if found == wanted {
            return Ok(());
        }
        let what = format!(
            "the {what} of the checkpoint was: {found}; now it is: {wanted}; go on as it was, or delete the checkpoint to \
             start anew"
        );
        Err(Error::new(ErrorKind::OtherTraining, what))
    }

    pub(super) fn set_tensor(&mut self, name: String, shape: Vec<usize>, values: Vec<f32>) {
        self.tensors.insert(name, (shape, values));
    }

    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<&[f32], Error> {
        match self.tensors.get(name) {
            Some((found, values)) if found == shape => Ok(values),
            _ => Err(no_tensor(name)),
        }
    }
}

fn read(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let (numbers, []) = view.data().as_chunks::<4>() else { return None };
    let values = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    (view.dtype() == Dtype::F32).then_some(values)
}
