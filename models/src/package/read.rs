//! The strict reader. Nothing is built before everything is checked.

use std::collections::HashMap;
use std::fmt::Display;

use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde_json::Value;

use super::metadata::Metadata;
use crate::arch::{Architecture, TensorSpec};
use crate::error::{ModelError, ModelErrorKind, shortened};

/// Largest header that is read. The deepest net that is accepted lists 136 tensors in 12 KiB.
pub const MAX_HEADER_BYTES: usize = 64 << 10;

/// Metadata, and the weights in the order of [`Architecture::tensors`].
pub(super) fn parse<A: Architecture>(bytes: &[u8]) -> Result<(Metadata<A>, Vec<Vec<f32>>), ModelError> {
    // The library would make room for whatever the header claims.
    if let Some(length) = bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length))
        && length > MAX_HEADER_BYTES as u64
    {
        let what = format!(
            "the safetensors header claims {length} bytes, more than {MAX_HEADER_BYTES}; this is no package of this program"
        );
        return Err(ModelError::new(ModelErrorKind::TooLarge, what));
    }
    if let Some(name) = tensor_beyond(bytes) {
        let name = shortened(&name);
        let what = format!("tensor {name:?} ends behind the file; send the file as the trainer wrote it");
        return Err(ModelError::new(ModelErrorKind::Damaged, what));
    }
    // Metadata first: it says which tensors to look for, and a better reason than a missing tensor would.
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(malformed)?;
    let none = HashMap::new();
    let metadata = Metadata::<A>::from_map(header.metadata().as_ref().unwrap_or(&none))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(malformed)?;
    let weights = weights(metadata.config, &tensors)?;
    Ok((metadata, weights))
}

fn malformed(error: SafeTensorError) -> ModelError {
    let what = format!("not a whole safetensors file ({error}); send the file as the trainer wrote it");
    ModelError::new(ModelErrorKind::Damaged, what)
}

/// An error about a tensor; `what` follows its name.
pub(super) fn tensor(name: &str, what: impl Display) -> ModelError {
    ModelError::new(ModelErrorKind::Tensors, format!("tensor {name:?} {what}"))
}

pub(super) fn missing(name: &str) -> ModelError {
    tensor(name, "is missing; the package does not hold the net that its metadata describes")
}

pub(super) fn misshapen(name: &str, found: &[usize], expected: &[usize]) -> ModelError {
    tensor(name, format_args!("has shape {found:?}, expected {expected:?}"))
}

fn wrong_type(name: &str, found: Dtype) -> ModelError {
    tensor(name, format_args!("is {found:?}; all tensors are F16, or all are F32"))
}

/// A tensor of a safetensors file that ends behind it: the library adds the ends up without looking for overflow.
pub fn tensor_beyond(bytes: &[u8]) -> Option<String> {
    let header = bytes.split_first_chunk::<8>().and_then(|(length, rest)| {
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        rest.get(..length)
    });
    // What is no header at all, the library says.
    let places = serde_json::from_slice::<HashMap<String, Value>>(header?).ok()?;
    let beyond =
        |place: &Value| place["data_offsets"][1].as_u64().is_some_and(|end| end > bytes.len() as u64);
    places.into_iter().find(|(_, place)| beyond(place)).map(|(name, _)| name)
}

/// Every tensor of the net and no other, all of one type.
fn weights<A: Architecture>(config: A, tensors: &SafeTensors<'_>) -> Result<Vec<Vec<f32>>, ModelError> {
    // The config was checked, so the list is short. Foreign tensors are refused: nobody would notice what they carry.
    let specs = config.tensors();
    if let Some(name) = tensors.names().into_iter().find(|name| !specs.iter().any(|spec| spec.name == *name))
    {
        return Err(tensor(&shortened(name), format_args!("does not belong to {config}")));
    }
    // The first tensor decides; patches count on two bytes a weight throughout.
    let mut common = None;
    specs
        .into_iter()
        .map(|spec| {
            let view = tensors.tensor(&spec.name).map_err(|_| missing(&spec.name))?;
            if *common.get_or_insert(view.dtype()) != view.dtype() {
                return Err(wrong_type(&spec.name, view.dtype()));
            }
            values(spec, &view)
        })
        .collect()
}

fn values(spec: TensorSpec, view: &TensorView<'_>) -> Result<Vec<f32>, ModelError> {
    if view.shape() != spec.shape {
        return Err(misshapen(&spec.name, view.shape(), &spec.shape));
    }
    let values: Vec<f32> = match view.dtype() {
        Dtype::F16 => {
            view.data().chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
        }
        Dtype::F32 => {
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        }
        other => return Err(wrong_type(&spec.name, other)),
    };
    if values.iter().all(|value| value.is_finite()) {
        return Ok(values);
    }
    let what = "holds a number that is not finite; training diverged, start again from an earlier package";
    Err(ModelError { kind: ModelErrorKind::NotFinite, ..tensor(&spec.name, what) })
}
