use models::{Preset, stock};

use super::*;
use crate::record::Reason;
use crate::{ErrorKind, GainSample};

/// A training of the stock network of which every judgement takes place after two more seconds. It does no steps.
fn course(settings: &Settings) -> Course {
    nets::torch::configure_threads(1);
    let config = Preset::Nano.config(2).unwrap();
    Course::begin(config, stock::package(Preset::Nano), 1, Record::new(Reason::Start, 0.0), settings).unwrap()
}

/// What judgements at these gains come to, where the best network is as good as the one in training ever was.
fn verdicts(course: &mut Course, threshold: &Threshold, gains: &[f64]) -> Vec<Option<End>> {
    let mut best = 30.0_f64;
    let judged = gains.iter().map(|gain| {
        course.spend(2.0);
        assert!(course.is_due());
        let verdict = course.judged([30.0 + gain, 30.0, best], threshold).unwrap();
        best = best.max(30.0 + gain);
        verdict
    });
    judged.collect()
}

/// Trainings that gain 0.5 dB.
fn experienced(settings: &Settings) -> Threshold {
    let mut threshold = Threshold::open(Preset::Nano.config(2).unwrap(), settings, None);
    (0..6).for_each(|_| threshold.learn(0.2, 0.5, None, End::Plateau));
    threshold
}

#[test]
fn it_goes_on_while_it_gains_and_ends_on_a_plateau() {
    let settings = Settings::default();
    let threshold = Threshold::open(Preset::Nano.config(2).unwrap(), &settings, None);
    let mut course = course(&settings);
    let found = verdicts(&mut course, &threshold, &[0.1, 0.2, 0.3, 0.31, 0.31]);
    assert_eq!(found[..4], [None; 4]);
    assert_eq!(found[4], Some(End::Plateau));
    assert!((course.record().gain_db - 0.31).abs() < 1e-9 && course.record().goal_db.is_none());
}

#[test]
fn it_ends_at_nine_tenths_of_what_was_predicted() {
    let settings = Settings::default();
    let mut course = course(&settings);
    let found = verdicts(&mut course, &experienced(&settings), &[0.2, 0.4, 0.46]);
    assert_eq!(found, [None, None, Some(End::Goal)]);
    assert!((course.record().predicted_db.unwrap() - 0.5).abs() < 0.02);
}

#[test]
fn it_takes_no_longer_than_it_may() {
    let settings = Settings { longest_s: 6.0, ..Settings::default() };
    let threshold = Threshold::open(Preset::Nano.config(2).unwrap(), &settings, None);
    let found = verdicts(&mut course(&settings), &threshold, &[0.1, 0.3, 0.5]);
    assert_eq!(found[2], Some(End::TimeLimit));
}

#[test]
fn what_falls_behind_the_best_has_gone_astray() {
    let settings = Settings::default();
    let threshold = Threshold::open(Preset::Nano.config(2).unwrap(), &settings, None);
    let mut course = course(&settings);
    assert_eq!(course.judged([29.4, 30.0, 30.0], &threshold).unwrap_err().kind(), ErrorKind::Diverged);
    assert_eq!(course.judged([f64::NAN, 30.0, 30.0], &threshold).unwrap_err().kind(), ErrorKind::Diverged);
    assert_eq!(course.judged([29.6, 30.0, 30.0], &threshold).unwrap(), None);
    let rate = course.trainer.settings().learning_rate;
    course.return_to(None).unwrap();
    assert!((course.trainer.settings().learning_rate - rate / 2.0).abs() < 1e-12);
}

#[test]
fn a_sequel_has_no_goal_and_teaches_nothing() {
    let settings = Settings::default();
    let mut threshold = experienced(&settings);
    let known = threshold.samples().to_vec();
    let mut rebased = course(&settings);
    rebased.rebase(None);
    for mut sequel in [course(&settings).resume(None, Record::new(Reason::More, 9.0)), rebased] {
        verdicts(&mut sequel, &threshold, &[0.2, 0.49]);
        assert_eq!((sequel.record().goal_db, sequel.record().predicted_db), (None, None));
        sequel.teach(&mut threshold, End::Plateau);
        assert_eq!(threshold.samples(), known);
    }
    let mut first = course(&settings);
    verdicts(&mut first, &threshold, &[0.2, 0.3]);
    first.teach(&mut threshold, End::Plateau);
    let last = *threshold.samples().last().unwrap();
    assert!(threshold.samples().len() == known.len() + 1 && (last.gain_db - 0.3).abs() < 1e-9, "{last:?}");
    assert!(matches!(last, GainSample { first_db, .. } if (first_db - 0.2).abs() < 1e-9));
}
