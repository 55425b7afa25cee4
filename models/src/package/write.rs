//! The writer: half precision, sorted, so that equal weights make equal bytes.
//! (The safetensors crate writes metadata in the random order of a hash map; its bytes would differ from run to run.)

use bytes::Bytes;
use half::f16;
use serde_json::{Map, json};

use super::metadata::Metadata;
use super::read::{misshapen, missing};
use crate::arch::Architecture;
use crate::error::ModelError;

/// Alignment of the header, as the safetensors format wants it.
pub(super) const ALIGNMENT: usize = 8;

pub(super) fn serialise<A: Architecture>(
    metadata: &Metadata<A>,
    weights: &[Vec<f32>],
) -> Result<Bytes, ModelError> {
    let config = metadata.config.checked();
    let specs =
        config.map_err(|error| error.within("metadata describes a net that is not accepted"))?.tensors();
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!(metadata.to_map()));
    let mut data = Vec::with_capacity(2 * metadata.config.parameters());
    for (index, spec) in specs.into_iter().enumerate() {
        let values = weights.get(index).ok_or_else(|| missing(&spec.name))?;
        if values.len() != spec.elements() {
            return Err(misshapen(&spec.name, &[values.len()], &spec.shape));
        }
        // A weight that half precision cannot hold becomes infinite here, and the reader refuses it.
        let start = data.len();
        data.extend(values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()));
        header.insert(
            spec.name,
            json!({ "dtype": "F16", "shape": spec.shape, "data_offsets": [start, data.len()] }),
        );
    }
    // A map of serde_json is sorted by key: the order of bytes does not depend on the run.
    let mut header = serde_json::to_vec(&header).expect("strings and numbers always serialise");
    header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
    let mut file = Vec::with_capacity(ALIGNMENT + header.len() + data.len());
    file.extend((header.len() as u64).to_le_bytes());
    file.extend(header);
    file.extend(data);
    Ok(file.into())
}
