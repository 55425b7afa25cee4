//! F-EDSR against `f_edsr.py`.

use std::convert::Infallible;

use models::FEdsrConfig;
use nets::torch::{FEdsr, configure_threads};
use tch::{Kind, Reduction, Tensor};

use crate::file::{Golden, distance};

const FILES: [&str; 2] = ["f-edsr-4x1-x2.safetensors", "f-edsr-6x2-x3.safetensors"];

/// The net, its tensors as variables.
fn net(golden: &Golden) -> (FEdsr, Vec<(String, Tensor)>) {
    configure_threads(1);
    let config = FEdsrConfig {
        channels: golden.number("channels"),
        blocks: golden.number("blocks"),
        scale: golden.number("scale"),
        tail: golden.number("tail"),
    };
    let mut variables = Vec::new();
    let net = FEdsr::new(config, |spec| Ok::<_, Infallible>(golden.variable(spec, &mut variables)));
    (net.unwrap(), variables)
}

#[test]
fn forward_and_gradients_are_those_of_an_independent_implementation() {
    for file in FILES {
        let golden = Golden::read(file);
        let (net, variables) = net(&golden);
        let residual = net.forward(&golden.tensor("luma")).unwrap();
        assert!(distance(&residual, &golden.tensor("residual")) < 1e-5, "{file}");
        residual.mse_loss(&golden.tensor("target"), Reduction::Mean).backward();
        golden.compare_gradients(&variables, 1e-5);
    }
}

#[test]
fn half_precisions_agree_within_their_rounding() {
    for file in FILES {
        let golden = Golden::read(file);
        let (net, _) = net(&golden);
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
