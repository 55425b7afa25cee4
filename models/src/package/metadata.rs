//! What a package says of its net, and how that is written as safetensors metadata.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::header;
use crate::arch::Architecture;
use crate::error::{ModelError, ModelErrorKind, shortened};

#[derive(Debug, Clone, PartialEq)]
pub struct Metadata<A> {
    pub config: A,
    pub parent: Option<Fingerprint>,
    pub training: Option<TrainingSummary>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingSummary {
    /// Training pairs that were seen.
    pub pairs: u64,
    pub steps: u64,
    pub seconds: f64,
    /// Mean PSNR of luma of what the residual is added to, in dB, on the pictures that the trainer judged by.
    pub psnr_before: f64,
    /// The same after training.
    pub psnr_after: f64,
}

impl<A: Architecture> Metadata<A> {
    /// Metadata of a net of which nothing else is known.
    pub fn new(config: A) -> Self {
        Self { config, parent: None, training: None }
    }

    /// The keys and values of the format, sorted.
    pub(super) fn to_map(&self) -> BTreeMap<&'static str, String> {
        let mut map: BTreeMap<_, _> =
            header::fixed::<A>().into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        map.extend(self.config.fields().into_iter().map(|(key, value)| (key, value.to_string())));
        if let Some(parent) = self.parent {
            map.insert(header::PARENT, parent.to_hex());
        }
        if let Some(training) = &self.training {
            let json = serde_json::to_string(training).expect("five numbers always serialise");
            map.insert(header::TRAINING, json);
        }
        map
    }

    /// Reads the keys and values of the format; other keys are ignored.
    pub(super) fn from_map(map: &HashMap<String, String>) -> Result<Self, ModelError> {
        // Format and architecture first: numbers of another architecture would be misread.
        for (key, expected) in header::fixed::<A>() {
            let value = required(map, key)?;
            if value != expected {
                return Err(bad(key, value, expected));
            }
        }
        // Foreign numbers; nothing may be derived from them before they are checked.
        let config = A::read(|key| number(map, key))?;
        let config = config
            .checked()
            .map_err(|error| error.within("metadata describes a net that is not accepted"))?;
        let parent = map
            .get(header::PARENT)
            .map(|text| text.parse().map_err(|_| bad(header::PARENT, text, "64 hexadecimal digits")))
            .transpose()?;
        let training = map.get(header::TRAINING).map(|text| training(text)).transpose()?;
        Ok(Self { config, parent, training })
    }
}

fn training(text: &str) -> Result<TrainingSummary, ModelError> {
    const EXPECTED: &str = "JSON with pairs, steps, seconds, psnr_before and psnr_after";
    serde_json::from_str(text).map_err(|_| bad(header::TRAINING, text, EXPECTED))
}

fn required<'a>(map: &'a HashMap<String, String>, key: &'static str) -> Result<&'a str, ModelError> {
    map.get(key).map(String::as_str).ok_or_else(|| {
        let what = format!("metadata lacks {key:?}; write packages with this program's trainer");
        ModelError::new(ModelErrorKind::Metadata, what)
    })
}

fn number<T: FromStr>(map: &HashMap<String, String>, key: &'static str) -> Result<T, ModelError> {
    let value = required(map, key)?;
    value.parse().map_err(|_| bad(key, value, "a small number"))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> ModelError {
    let value = shortened(value);
    let what = format!("metadata has {key} = {value:?}, expected {expected}");
    ModelError::new(ModelErrorKind::Metadata, what)
}
