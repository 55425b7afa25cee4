//! The networks against vectors that an independent implementation made (`golden/*.py`): forward and gradient.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::Path;

use models::FEdsrConfig;
use models::arch::f_edsr::FEdsr;
use safetensors::SafeTensors;
use tch::{Kind, Reduction, Tensor};

struct Golden {
    bytes: Vec<u8>,
    config: FEdsrConfig,
}

impl Golden {
    fn read(name: &str) -> Self {
        let bytes =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().clone().unwrap();
        let number = |key: &str| metadata[key].parse::<u16>().unwrap();
        let config = FEdsrConfig {
            channels: number("channels"),
            blocks: number("blocks"),
            scale: number("scale") as u8,
            tail: number("tail"),
        };
        Self { bytes, config }
    }

    fn tensor(&self, name: &str) -> Tensor {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).unwrap();
        let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
        Tensor::from_data_size(view.data(), &shape, Kind::Float)
    }

    /// The network, its tensors as variables.
    fn net(&self) -> (FEdsr, Vec<(String, Tensor)>) {
        let mut variables = Vec::new();
        let net = FEdsr::new(self.config, |spec| {
            let variable = self.tensor(&spec.name).set_requires_grad(true);
            variables.push((spec.name.clone(), variable.shallow_clone()));
            Ok::<_, std::convert::Infallible>(variable)
        });
        (net.unwrap(), variables)
    }
}

const FILES: [&str; 2] = ["f-edsr-4x1-x2.safetensors", "f-edsr-6x2-x3.safetensors"];

fn distance(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a.to_kind(Kind::Float) - b).abs().max().double_value(&[])
}

#[test]
fn forward_and_gradients_are_those_of_an_independent_implementation() {
    for file in FILES {
        let golden = Golden::read(file);
        let (net, variables) = golden.net();
        let residual = net.forward(&golden.tensor("luma")).unwrap();
        assert!(distance(&residual, &golden.tensor("residual")) < 1e-5, "{file}");
        residual.mse_loss(&golden.tensor("target"), Reduction::Mean).backward();
        for (name, variable) in variables {
            let expected = golden.tensor(&format!("gradient.{name}"));
            let distance = distance(&variable.grad(), &expected);
            assert!(
                distance < 1e-5 * (1.0 + expected.abs().max().double_value(&[])),
                "{file} {name}: {distance}"
            );
        }
    }
}

#[test]
fn half_precisions_agree_within_their_rounding() {
    for file in FILES {
        let golden = Golden::read(file);
        let (net, _) = golden.net();
        let expected = golden.tensor("residual");
        let spread = expected.abs().max().double_value(&[]);
        // Eight and eleven bits of precision, over a handful of layers.
        for (kind, tolerance) in [(Kind::BFloat16, 0.03), (Kind::Half, 0.004)] {
            let residual = net.forward(&golden.tensor("luma").to_kind(kind)).unwrap();
            assert_eq!(residual.kind(), kind);
            assert!(distance(&residual, &expected) < tolerance * spread.max(0.1), "{file} {kind:?}");
        }
    }
}
