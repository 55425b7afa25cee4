//! Training on a texture that is learnt in seconds.

mod checkpoint;

use media::ffmpeg::{Filter, Scaler};
use media::picture::{Picture, Size};
use models::package::TrainingSummary;
use models::{FEdsrConfig, TcsrConfig};
use nets::Device;

use super::*;

const HR: Size = Size { width: 128, height: 96 };

/// Stripes with sharp edges, moved by `phase`: what plain upsampling blurs.
fn stripes(phase: usize) -> Picture {
    let mut picture = Picture::new(HR);
    for (y, row) in picture.luma_mut().rows_mut().enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = if (x + y / 2 + phase) % 11 < 5 { 60 } else { 190 };
        }
    }
    picture
}

fn pair(phase: usize) -> Pair {
    let hr = stripes(phase);
    let lr = Scaler::new(Filter::Area).scale(&hr, Size { width: 64, height: 48 }).unwrap();
    Pair { lr, hr }
}

fn settings(seed: u64) -> TrainerSettings {
    nets::torch::configure_threads(1);
    let config = FEdsrConfig { channels: 4, blocks: 1, scale: 2, tail: 2 };
    TrainerSettings { batch: 4, patch: 16, average: 0.9, ..TrainerSettings::new(config, Device::Cpu, seed) }
}

const SUMMARY: TrainingSummary =
    TrainingSummary { pairs: 3, steps: 0, seconds: 0.0, psnr_before: 0.0, psnr_after: 0.0 };

fn pool() -> PairPool {
    let mut pool = PairPool::new(3, 2);
    (0..3).for_each(|phase| pool.push(&pair(phase)).unwrap());
    pool
}

fn trained(seed: u64, steps: usize) -> Trainer {
    let (pool, mut trainer) = (pool(), Trainer::new(settings(seed), None).unwrap());
    for _ in 0..steps {
        trainer.step(&pool).unwrap();
    }
    trainer
}

#[test]
#[expect(clippy::float_cmp, reason = "nothing added is exactly nothing")]
fn an_untrained_net_gains_nothing_and_a_trained_one_does() {
    let judged = [pair(5), pair(9)];
    let before = trained(1, 0).evaluate(&judged).unwrap();
    assert_eq!(before.gain, 0.0);
    let after = trained(1, 150).evaluate(&judged).unwrap();
    assert_eq!(after.psnr_before, before.psnr_before);
    assert!(after.gain > 2.0, "{after:?}");
}

#[test]
fn equal_seeds_make_equal_packages() {
    let fingerprint = |seed| trained(seed, 5).package(SUMMARY).unwrap().fingerprint();
    assert_eq!(fingerprint(1), fingerprint(1));
    assert_ne!(fingerprint(1), fingerprint(2));
}

#[test]
fn training_goes_on_from_a_package() {
    let first = trained(1, 60);
    let package = first.package(SUMMARY).unwrap();
    let judged = [pair(7)];
    let second = Trainer::new(settings(2), Some(&package)).unwrap();
    let (a, b) = (first.evaluate(&judged).unwrap(), second.evaluate(&judged).unwrap());
    assert!((a.gain - b.gain).abs() < 0.05, "{a:?} {b:?}");
    assert_eq!(second.package(SUMMARY).unwrap().metadata().parent, Some(package.fingerprint()));
    let other = TrainerSettings { config: FEdsrConfig::new(8, 1, 2).unwrap(), ..settings(1) };
    assert!(Trainer::new(other, Some(&package)).is_err_and(|error| error.kind() == ErrorKind::Mismatch));
}

#[test]
fn every_loss_and_precision_learns() {
    for (loss, precision) in [
        (Loss::Mse, nets::Precision::Bf16),
        (Loss::L1, nets::Precision::F32),
        (Loss::Charbonnier(1.0), nets::Precision::F32),
    ] {
        let mut trainer = Trainer::new(TrainerSettings { precision, loss, ..settings(1) }, None).unwrap();
        let pool = pool();
        let losses: Vec<_> = (0..100).map(|_| trainer.step(&pool).unwrap()).collect();
        let (first, last): (f64, f64) = (losses[..10].iter().sum(), losses[90..].iter().sum());
        assert!(last < 0.9 * first, "{loss:?} {precision}: {first} -> {last}");
    }
}

#[test]
fn the_pool_is_bounded_and_checks_its_pairs() {
    let mut pool = PairPool::new(2, 2);
    (0..5).for_each(|phase| pool.push(&pair(phase)).unwrap());
    assert_eq!((pool.len(), pool.pushed()), (2, 5));
    let Pair { lr, hr } = pair(0);
    let turned = Pair { lr: hr, hr: lr };
    assert!(pool.push(&turned).is_err_and(|error| error.kind() == ErrorKind::Mismatch));
    pool.clear();
    let mut trainer = Trainer::new(settings(1), None).unwrap();
    assert!(trainer.step(&pool).is_err_and(|error| error.kind() == ErrorKind::Empty));
    assert!(trainer.step(&PairPool::new(2, 3)).is_err_and(|error| error.kind() == ErrorKind::Mismatch
        && error.to_string().contains("scales by 2, the pairs by 3")));
    pool.push(&pair(0)).unwrap();
    let mut large = Trainer::new(TrainerSettings { patch: 49, ..settings(1) }, None).unwrap();
    assert!(large.step(&pool).is_err_and(
        |error| error.kind() == ErrorKind::TooSmall && error.to_string().contains("patch of 49x49")
    ));
}

/// Stripes that move by two pixels a picture; every picture but the middle one is sharp.
fn moving() -> Sequence {
    let originals: Vec<Picture> = (0..3).map(|time| stripes(2 * time)).collect();
    let mut shown = originals.clone();
    shown[1] = Scaler::new(Filter::Lanczos).scale(&pair(2).lr, HR).unwrap();
    Sequence { shown, originals }
}

fn temporal(seed: u64) -> TcsrSettings {
    nets::torch::configure_threads(1);
    let config = TcsrConfig { channels: 8, flow: 8, blocks: 1, radius: 1 };
    let settings = TcsrSettings::new(config, Device::Cpu, seed);
    TcsrSettings { batch: 4, patch: 48, warm_up: 10, average: 0.9, ..settings }
}

fn sequences() -> SequencePool {
    let mut pool = SequencePool::new(1);
    pool.push(&moving()).unwrap();
    pool
}

#[test]
fn a_temporal_net_learns_to_take_from_sharp_neighbours() {
    let (pool, mut trainer) = (sequences(), TcsrTrainer::new(temporal(1), None).unwrap());
    for _ in 0..60 {
        trainer.step(&pool, 3e-3).unwrap();
    }
    let after = trainer.evaluate(&[moving()]).unwrap();
    assert!(after.gain > 1.0, "{after:?}");
}

#[test]
fn a_temporal_trainer_checks_what_it_is_given() {
    let config = TcsrConfig { channels: 1, flow: 1, blocks: 1, radius: 1 };
    let settings = TcsrSettings { batch: 1, patch: 16, ..TcsrSettings::new(config, Device::Cpu, 1) };
    for patch in [0, 1, 2, 18] {
        let refused = TcsrTrainer::new(TcsrSettings { patch, ..settings }, None);
        assert!(
            refused
                .is_err_and(|error| error.kind() == ErrorKind::Mismatch
                    && error.to_string().contains("multiples of 4")),
            "{patch}"
        );
    }
    let mut trainer = TcsrTrainer::new(settings, None).unwrap();
    assert!(trainer.step(&SequencePool::new(1), 1e-3).is_err_and(|error| error.kind() == ErrorKind::Empty));
    let wide = trainer.step(&SequencePool::new(2), 1e-3);
    assert!(wide.is_err_and(
        |error| error.kind() == ErrorKind::Mismatch && error.to_string().contains("sees 1 neighbours")
    ));
    assert!(trainer.evaluate(&[]).is_err_and(|error| error.kind() == ErrorKind::Empty));
    let package = trainer.package(SUMMARY).unwrap();
    let other = TcsrSettings { config: TcsrConfig { blocks: 2, ..config }, ..settings };
    assert!(TcsrTrainer::new(other, Some(&package)).is_err_and(|error| error.kind() == ErrorKind::Mismatch));
}
