//! A training that was interrupted ends where one that was not ends.

use proptest::prelude::*;

use super::*;

const RUN: &str = "ten steps on stripes";

/// What a file would bring back.
fn travelled(checkpoint: &Checkpoint) -> Checkpoint {
    Checkpoint::parse(&checkpoint.to_bytes().unwrap()).unwrap()
}

fn step(trainer: &mut Trainer, pool: &PairPool, count: u32) {
    for _ in 0..count {
        trainer.set_learning_rate(4e-3 / (1 + trainer.steps()) as f64);
        trainer.step(pool).unwrap();
    }
}

fn step_temporal(trainer: &mut TcsrTrainer, pool: &SequencePool, count: u32) {
    for _ in 0..count {
        trainer.step(pool, 1e-3 / (1 + trainer.steps()) as f64).unwrap();
    }
}

#[test]
fn an_interrupted_training_makes_the_same_net() {
    let (pool, start) = (pool(), trained(3, 2).package(SUMMARY).unwrap());
    // SOAP is interrupted before it knows its axes, and after.
    for (optimizer, interrupted) in [(Optimizer::Adam, 4), (Optimizer::Soap, 4), (Optimizer::Soap, 7)] {
        let settings = TrainerSettings { optimizer, ..settings(1) };
        let new = || Trainer::new(settings, Some(&start)).unwrap();
        let mut through = new();
        step(&mut through, &pool, interrupted);
        let half_way = through.checkpoint(RUN).unwrap().with_notes("half way".to_owned());
        step(&mut through, &pool, 10);

        let (mut resumed, found) = (new(), travelled(&half_way));
        assert_eq!((&found, found.notes()), (&half_way, "half way"));
        resumed.restore(&found, RUN).unwrap();
        assert_eq!(resumed.steps(), u64::from(interrupted));
        step(&mut resumed, &pool, 10);
        let is_the_same = resumed.checkpoint(RUN).unwrap() == through.checkpoint(RUN).unwrap();
        assert!(is_the_same, "{optimizer:?} after {interrupted} steps");
        assert_eq!(resumed.package(SUMMARY).unwrap(), through.package(SUMMARY).unwrap());
    }
}

#[test]
fn an_interrupted_temporal_training_makes_the_same_net() {
    let (pool, new) = (sequences(), || TcsrTrainer::new(temporal(1), None).unwrap());
    let mut through = new();
    step_temporal(&mut through, &pool, 3);
    let half_way = through.checkpoint(RUN).unwrap();
    step_temporal(&mut through, &pool, 4);

    let mut resumed = new();
    resumed.restore(&travelled(&half_way), RUN).unwrap();
    step_temporal(&mut resumed, &pool, 4);
    assert_eq!(resumed.checkpoint(RUN).unwrap(), through.checkpoint(RUN).unwrap());
    assert_eq!(resumed.package(SUMMARY).unwrap(), through.package(SUMMARY).unwrap());
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let checkpoint = trained(1, 1).checkpoint(RUN).unwrap();
    let refused = |trainer: TrainerSettings, run| {
        let mut trainer = Trainer::new(trainer, None).unwrap();
        let before = trainer.checkpoint(run).unwrap();
        let error = trainer.restore(&checkpoint, run).unwrap_err();
        assert_eq!(trainer.checkpoint(run).unwrap(), before);
        assert_eq!(error.kind(), ErrorKind::OtherTraining, "{error}");
        let text = error.to_string();
        let what = text.strip_prefix("the ").and_then(|text| text.split_once(" of the checkpoint"));
        what.unwrap_or_else(|| panic!("{text}")).0.to_owned()
    };
    let other_net = FEdsrConfig::new(8, 1, 2).unwrap();
    assert_eq!(refused(TrainerSettings { config: other_net, ..settings(1) }, RUN), "trainer");
    assert_eq!(refused(settings(2), RUN), "trainer");
    assert_eq!(refused(settings(1), "another run"), "run");
    let temporal = TcsrTrainer::new(temporal(1), None).unwrap().restore(&checkpoint, RUN);
    assert!(temporal.is_err_and(|error| error.kind() == ErrorKind::OtherTraining));
}

#[test]
fn a_package_is_no_checkpoint() {
    let package = trained(1, 0).package(SUMMARY).unwrap();
    assert!(Checkpoint::parse(package.bytes()).is_err_and(
        |error| error.kind() == ErrorKind::Checkpoint && error.to_string().contains("says no format")
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_checkpoint_is_an_error_or_another_checkpoint(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let mut bytes = trained(1, 0).checkpoint(RUN).unwrap().to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(if cut { at } else { bytes.len() });
        if let Ok(found) = Checkpoint::parse(&bytes) {
            prop_assert!(!cut);
            // Whatever it says is refused or taken; it never panics.
            let _ = Trainer::new(settings(1), None).unwrap().restore(&found, RUN);
        }
    }
}
