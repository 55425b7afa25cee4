//! TCSR against `tcsr.py`.

use std::convert::Infallible;

use learn::TcsrSettings;
use models::TcsrConfig;
use nets::Device;
use nets::torch::configure_threads;
use nets::torch::tcsr::{Output, Tcsr};
use tch::{Kind, Tensor};

use crate::file::{Golden, distance};

const FILES: [&str; 2] = ["tcsr-4x1-flow4-radius1.safetensors", "tcsr-5x2-flow3-radius2.safetensors"];

/// The net, its tensors as variables.
fn net(golden: &Golden) -> (Tcsr, Vec<(String, Tensor)>) {
    configure_threads(1);
    let config = TcsrConfig {
        channels: golden.number("channels"),
        flow: golden.number("flow"),
        blocks: golden.number("blocks"),
        radius: golden.number("radius"),
    };
    let mut variables = Vec::new();
    let net = Tcsr::new(config, |spec| Ok::<_, Infallible>(golden.variable(spec, &mut variables)));
    (net.unwrap(), variables)
}

/// Everything that the net makes, by its name in the file.
fn made(output: &Output) -> Vec<(String, &Tensor)> {
    let mut made = vec![("residual".to_owned(), &output.residual)];
    for (index, neighbour) in output.neighbours.iter().enumerate() {
        let name = |part: &str| format!("neighbour.{index}.{part}");
        made.push((name("picture"), &neighbour.picture));
        made.push((name("half"), &neighbour.half_flow));
        made.push((name("full"), &neighbour.flow));
        made.push((name("attention"), &neighbour.attention));
    }
    made
}

#[test]
fn forward_is_that_of_an_independent_implementation() {
    for (file, prefix) in FILES.into_iter().flat_map(|file| [(file, ""), (file, "odd.")]) {
        let golden = Golden::read(file);
        let (net, _) = net(&golden);
        let output = net.forward(&golden.tensor(&format!("{prefix}shown")), Kind::Float).unwrap();
        assert_eq!(output.neighbours.len(), net.config().pictures() - 1);
        for (name, found) in made(&output) {
            let distance = distance(found, &golden.tensor(&format!("{prefix}{name}")));
            assert!(distance < 3e-5, "{file} {prefix}{name}: {distance}");
        }
    }
}

#[test]
fn loss_and_gradients_are_those_of_an_independent_implementation() {
    for file in FILES {
        let golden = Golden::read(file);
        let (net, variables) = net(&golden);
        let settings = TcsrSettings {
            alpha: golden.number("alpha"),
            beta: golden.number("beta"),
            variation: golden.number("variation"),
            ..TcsrSettings::new(net.config(), Device::Cpu, 1)
        };
        let shown = golden.tensor("shown");
        let output = net.forward(&shown, Kind::Float).unwrap();
        let loss = settings.loss(&shown, &golden.tensor("wanted"), &output).unwrap();
        assert!(distance(&loss.reshape([1]), &golden.tensor("loss")) < 1e-5, "{file}");
        loss.backward();
        golden.compare_gradients(&variables, 1e-4);
    }
}

#[test]
fn half_precisions_agree_within_their_rounding() {
    for file in FILES {
        let golden = Golden::read(file);
        let (net, _) = net(&golden);
        // Eight and eleven bits of precision; a flow that is off by some of its bits fetches other pixels of a grainy picture.
        for (kind, tolerance) in [(Kind::BFloat16, 0.04), (Kind::Half, 0.005)] {
            let output = tch::no_grad(|| net.forward(&golden.tensor("shown"), kind).unwrap());
            for (name, found) in made(&output) {
                assert_eq!(found.kind(), Kind::Float);
                let expected = golden.tensor(&name);
                let spread = expected.abs().max().double_value(&[]);
                let distance = distance(found, &expected);
                assert!(distance < tolerance * spread, "{file} {kind:?} {name}: {distance}, of {spread}");
            }
        }
    }
}

#[test]
fn pictures_of_any_size_are_taken() {
    let sizes = [(1, 1), (1, 9), (2, 3), (5, 7), (271, 481)];
    for (file, (height, width)) in FILES.into_iter().flat_map(|file| sizes.map(|size| (file, size))) {
        let (net, _) = net(&Golden::read(file));
        let pictures = net.config().pictures() as i64;
        let shown = Tensor::rand([2, pictures, height, width], (Kind::Float, tch::Device::Cpu));
        let residual = tch::no_grad(|| net.forward(&shown, Kind::Float).unwrap().residual);
        assert_eq!(residual.size(), [2, 1, height, width]);
        assert_eq!(residual.kind(), Kind::Float);
        assert!(bool::try_from(residual.isfinite().all()).unwrap(), "{file} {width}x{height}");
    }
}
