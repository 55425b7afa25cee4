//! The evaluation of training while streaming, on a few seconds of real footage: that it works, and gives the same twice.

use std::path::Path;

use measure::adaptation::pace::Pace;
use measure::adaptation::programme::Programme;
use measure::adaptation::{Outcome, Plan, evaluate, report};
use models::{Preset, stock};
use nets::Device;
use streamer::config::PolicyChoice;

fn live() -> (Programme, Plan, Outcome) {
    nets::torch::configure_threads(1);
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/footage/trailer.mp4");
    let programme = Programme::alone(&clip, 10.0).expect("the sample footage is there; run `make setup`");
    let plan = Plan {
        config: Preset::Nano.config(stock::SCALE).expect("there is a stock net"),
        bitrate: 400_000,
        policies: vec![PolicyChoice::Adaptive, PolicyChoice::Always],
        // Slow enough that there is little to do.
        pace: Pace { step_s: 0.1, look_s: 0.02, judge_s: 0.05 },
        goals: true,
        seed: 1,
        device: Device::Cpu,
    };
    let outcome = evaluate(&programme, &plan).expect("ten seconds can be lived through");
    (programme, plan, outcome)
}

#[test]
fn a_few_seconds_are_lived_through_and_again_alike() {
    let (programme, plan, outcome) = live();
    assert!((programme.seconds() - 10.0).abs() < 1e-9);
    assert!(outcome.measured.len() >= 8, "{} pictures", outcome.measured.len());
    assert!((100e3..600e3).contains(&outcome.bitrate), "{} bit/s", outcome.bitrate);
    for life in &outcome.lives {
        assert!(life.seconds > 1.0 && life.seconds <= 10.1, "{} s of training in 10 s", life.seconds);
        assert!(!life.trainings.is_empty());
    }
    for one in &outcome.measured {
        assert!(one.nets.iter().all(|net| (net - one.stock).abs() < 6.0), "{one:?}");
    }
    println!("{}\n{}", report::head(&programme, &plan, &outcome), report::policies(&outcome));
    let (.., again) = live();
    assert_eq!(
        format!("{:?}", again.measured),
        format!("{:?}", outcome.measured),
        "equal seeds, equal figures"
    );
}
