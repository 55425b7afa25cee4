//! Where a training stands: all that going on takes, so that a training that was interrupted makes the same net, bit for bit,
//! as one that was not.
//!
//! A safetensors file, never a package: of every tensor of the net the variable, its average and Adam's two moments, in
//! single precision; the other facts as metadata. It is read by the program that wrote it, on the machine that wrote it, but
//! nothing in it is trusted.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use models::package::tensor_beyond;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use thiserror::Error;

const FORMAT: &str = "format";
const FORMAT_NAME: &str = "sharpcast-checkpoint-1";
const NOTES: &str = "notes";
/// Facts that have to be the same when a training goes on.
pub(super) const SETTINGS: &str = "trainer";
pub(super) const RUN: &str = "run";

/// The state of a training between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    facts: BTreeMap<String, String>,
    tensors: BTreeMap<String, Values>,
}

/// A tensor in memory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

/// Why a training cannot go on from a checkpoint.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// Not safetensors, cut short, or not written by a trainer.
    #[error("the checkpoint is damaged ({0}); delete it to start anew")]
    Damaged(String),
    /// A fact that every checkpoint has is missing or no such fact.
    #[error("the checkpoint says no {0} that is understood; delete it to start anew")]
    Fact(&'static str),
    /// A tensor of the net is missing or has another shape.
    #[error(
        "the checkpoint lacks tensor {0:?} of the net; it belongs to another one, or delete it to start anew"
    )]
    Tensor(String),
    /// It belongs to another training.
    #[error(
        "the {what} of the checkpoint was: {found}; now it is: {wanted}; go on as it was, or delete the checkpoint to \
         start anew"
    )]
    OtherTraining {
        /// What differs.
        what: &'static str,
        /// What the checkpoint says of it.
        found: String,
        /// What it should say.
        wanted: String,
    },
}

impl From<SafeTensorError> for CheckpointError {
    fn from(error: SafeTensorError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl Checkpoint {
    /// Reads a file's content.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        if let Some(name) = tensor_beyond(bytes) {
            return Err(CheckpointError::Damaged(format!("tensor {name:?} ends behind the file")));
        }
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let facts: BTreeMap<_, _> = header.metadata().clone().unwrap_or_default().into_iter().collect();
        if facts.get(FORMAT).is_none_or(|format| format != FORMAT_NAME) {
            return Err(CheckpointError::Fact(FORMAT));
        }
        let found = SafeTensors::deserialize(bytes)?;
        let tensors = found.iter().map(|(name, view)| {
            let values = Values::read(&view).ok_or_else(|| CheckpointError::Tensor(name.to_owned()))?;
            Ok((name.to_owned(), values))
        });
        Ok(Self { tensors: tensors.collect::<Result<_, CheckpointError>>()?, facts })
    }

    /// The file's content.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        let data: Vec<(&String, &Values, Vec<u8>)> =
            self.tensors.iter().map(|(name, tensor)| (name, tensor, tensor.to_bytes())).collect();
        let views = data.iter().map(|(name, tensor, bytes)| {
            Ok((name.as_str(), TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?))
        });
        let views = views.collect::<Result<Vec<_>, SafeTensorError>>()?;
        let facts: HashMap<String, String> = self.facts.clone().into_iter().collect();
        Ok(safetensors::serialize(views, Some(facts))?)
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

    pub(super) fn new() -> Self {
        let facts = BTreeMap::from([(FORMAT.to_owned(), FORMAT_NAME.to_owned())]);
        Self { facts, tensors: BTreeMap::new() }
    }

    pub(super) fn set(&mut self, fact: &str, value: impl ToString) {
        self.facts.insert(fact.to_owned(), value.to_string());
    }

    pub(super) fn get<T: FromStr>(&self, fact: &'static str) -> Result<T, CheckpointError> {
        let text = self.facts.get(fact).ok_or(CheckpointError::Fact(fact))?;
        text.parse().map_err(|_| CheckpointError::Fact(fact))
    }

    /// Sees that a fact is as it should be.
    pub(super) fn expect(&self, what: &'static str, wanted: &str) -> Result<(), CheckpointError> {
        let found: String = self.get(what)?;
        if found == wanted {
            return Ok(());
        }
        Err(CheckpointError::OtherTraining { what, found, wanted: wanted.to_owned() })
    }

    pub(super) fn set_tensor(&mut self, name: String, tensor: Values) {
        self.tensors.insert(name, tensor);
    }

    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<&[f32], CheckpointError> {
        let tensor = self.tensors.get(name).filter(|tensor| tensor.shape == shape);
        Ok(&tensor.ok_or_else(|| CheckpointError::Tensor(name.to_owned()))?.values)
    }
}

impl Values {
    fn read(view: &TensorView<'_>) -> Option<Self> {
        let (numbers, []) = view.data().as_chunks::<4>() else { return None };
        let whole = view.dtype() == Dtype::F32;
        let values: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        whole.then(|| Self { shape: view.shape().to_vec(), values })
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}
