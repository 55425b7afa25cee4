//! Reading golden files, and how far apart two tensors are.

use std::collections::HashMap;
use std::fmt::Debug;
use std::path::Path;
use std::str::FromStr;

use models::arch::TensorSpec;
use safetensors::SafeTensors;
use tch::{Kind, Tensor};

/// One file of vectors.
pub(crate) struct Golden {
    bytes: Vec<u8>,
    metadata: HashMap<String, String>,
}

impl Golden {
    pub(crate) fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().clone().unwrap_or_default();
        Self { bytes, metadata }
    }

    pub(crate) fn number<T: FromStr<Err: Debug>>(&self, key: &str) -> T {
        self.metadata[key].parse().unwrap()
    }

    pub(crate) fn tensor(&self, name: &str) -> Tensor {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
        Tensor::from_data_size(view.data(), &shape, Kind::Float)
    }

    /// The tensor of the net with this name, to be learnt, remembered among the variables.
    pub(crate) fn variable(&self, spec: &TensorSpec, variables: &mut Vec<(String, Tensor)>) -> Tensor {
        let variable = self.tensor(&spec.name).set_requires_grad(true);
        variables.push((spec.name.clone(), variable.shallow_clone()));
        variable
    }

    /// Fails unless the gradients of the variables are those of the file.
    pub(crate) fn compare_gradients(&self, variables: &[(String, Tensor)], tolerance: f64) {
        for (name, variable) in variables {
            let expected = self.tensor(&format!("gradient.{name}"));
            let largest = expected.abs().max().double_value(&[]);
            assert!(largest > 0.0, "{name}: a gradient of zero shows nothing");
            let distance = distance(&variable.grad(), &expected);
            assert!(distance < tolerance * (1.0 + largest), "{name}: {distance}, of {largest}");
        }
    }
}

/// The largest difference between two tensors of one shape.
pub(crate) fn distance(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a.to_kind(Kind::Float) - b).abs().max().double_value(&[])
}
