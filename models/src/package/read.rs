//! The strict reader. Nothing is built before everything is checked.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::{Fingerprint, MAX_BYTES, MAX_HEADER_BYTES, NetMetadata, NetPackage, PackageError};
use crate::arch::{Architecture, TensorSpec};

/// Foreign text is repeated in errors up to this many characters.
const SHOWN: usize = 64;

pub(super) fn parse<A: Architecture>(bytes: Bytes) -> Result<NetPackage<A>, PackageError> {
    if bytes.len() > MAX_BYTES {
        return Err(PackageError::TooLarge { bytes: bytes.len() });
    }
    if let Some(length) = bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length))
        && length > MAX_HEADER_BYTES as u64
    {
        return Err(PackageError::HeaderTooLarge { bytes: length });
    }
    if let Some(name) = tensor_beyond(&bytes) {
        return Err(PackageError::Beyond { name: shortened(&name) });
    }
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(PackageError::Malformed)?;
    let none = HashMap::new();
    let metadata = NetMetadata::<A>::from_map(header.metadata().as_ref().unwrap_or(&none))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(PackageError::Malformed)?;
    let weights = weights(metadata.config, &tensors)?;
    let fingerprint = Fingerprint::of(&bytes);
    Ok(NetPackage { bytes, metadata: Arc::new(metadata), fingerprint, weights: Arc::new(weights) })
}

/// A tensor of a safetensors file that ends behind it: the library adds the ends up without looking for overflow.
pub fn tensor_beyond(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Place {
        data_offsets: Option<[u64; 2]>,
    }
    let header = bytes.split_first_chunk::<8>().and_then(|(length, rest)| {
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        rest.get(..length)
    });
    // What is no header at all, the library says.
    let places = serde_json::from_slice::<HashMap<String, Place>>(header?).ok()?;
    let beyond = |place: &Place| place.data_offsets.is_some_and(|[_, end]| end > bytes.len() as u64);
    places.into_iter().find(|(_, place)| beyond(place)).map(|(name, _)| name)
}

/// Every tensor of the net and no other, all of one type.
fn weights<A: Architecture>(config: A, tensors: &SafeTensors<'_>) -> Result<Vec<Vec<f32>>, PackageError> {
    let specs = config.tensors();
    if let Some(name) = tensors.names().into_iter().find(|name| !specs.iter().any(|spec| spec.name == *name))
    {
        return Err(PackageError::UnknownTensor { name: shortened(name), config: config.to_string() });
    }
    let mut common = None;
    specs
        .into_iter()
        .map(|spec| {
            let view = tensors
                .tensor(&spec.name)
                .map_err(|_| PackageError::MissingTensor { name: spec.name.clone() })?;
            if *common.get_or_insert(view.dtype()) != view.dtype() {
                return Err(PackageError::Dtype { name: spec.name, found: format!("{:?}", view.dtype()) });
            }
            values(spec, &view)
        })
        .collect()
}

fn values(spec: TensorSpec, view: &TensorView<'_>) -> Result<Vec<f32>, PackageError> {
    if view.shape() != spec.shape {
        return Err(PackageError::Shape {
            name: spec.name,
            found: view.shape().to_vec(),
            expected: spec.shape,
        });
    }
    let values: Vec<f32> = match view.dtype() {
        Dtype::F16 => {
            view.data().chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
        }
        Dtype::F32 => {
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        }
        other => return Err(PackageError::Dtype { name: spec.name, found: format!("{other:?}") }),
    };
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(PackageError::NotFinite { name: spec.name })
    }
}

/// Foreign text as errors show it.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
