use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

fn monitor() -> Monitor {
    Monitor::new(&Settings::default())
}

/// Two looks a second for `seconds`; `figures` gives plain PSNR and gain at a time, to which noise is added. Every request,
/// with its time.
fn requests(
    monitor: &mut Monitor,
    seconds: std::ops::Range<u32>,
    noise: f64,
    figures: impl Fn(f64) -> (f64, f64),
) -> Vec<(f64, Reason)> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut normal = || (0..12).map(|_| random.random_range(-0.5..0.5)).sum::<f64>();
    let looks = (2 * seconds.start..2 * seconds.end).map(|half| f64::from(half) / 2.0);
    looks
        .filter_map(|at_s| {
            let (plain, gain) = figures(at_s);
            let plain = plain + noise * normal();
            let net = plain + gain + 0.1 * noise * normal();
            Some((at_s, monitor.push(at_s, [plain, net], Sight::Same)?))
        })
        .collect()
}

fn all(noise: f64, figures: impl Fn(f64) -> (f64, f64)) -> Vec<(f64, Reason)> {
    requests(&mut monitor(), 0..120, noise, figures)
}

#[test]
fn nothing_happens_where_nothing_changes() {
    assert_eq!(all(0.0, |_| (33.0, 0.5)), []);
    for noise in [0.1, 0.3] {
        assert_eq!(all(noise, |_| (33.0, 0.5)), [], "noise of {noise} dB");
    }
}

#[test]
fn a_cut_asks_once_and_at_once() {
    for noise in [0.0, 0.2] {
        let found = all(noise, |t| if t < 40.0 { (34.0, 0.8) } else { (31.0, 0.2) });
        assert_eq!(found, [(40.5, Reason::Drop)], "noise of {noise} dB");
    }
}

#[test]
fn a_cut_to_an_easier_scene_asks_too() {
    let found = all(0.1, |t| if t < 40.0 { (31.0, 0.5) } else { (36.0, 0.5) });
    assert_eq!(found, [(40.5, Reason::Rise)]);
}

#[test]
fn a_cut_to_a_scene_as_hard_is_seen_by_the_gain() {
    let found = all(0.05, |t| if t < 40.0 { (33.0, 0.9) } else { (33.2, 0.2) });
    assert_eq!(found, [(40.5, Reason::Drop)]);
}

#[test]
fn a_small_jump_counts_where_another_scene_is_shown() {
    for (other_scene, wanted) in [(false, None), (true, Some(Reason::Drop))] {
        let mut monitor = monitor();
        let sight = |at_s: f64| if other_scene && at_s >= 20.0 { Sight::Other } else { Sight::Same };
        let mut push = |at_s: f64, net| monitor.push(at_s, [33.0, net], sight(at_s));
        for half in 0..40 {
            assert_eq!(push(f64::from(half) / 2.0, 33.5), None);
        }
        assert_eq!((push(20.0, 33.35), push(20.5, 33.35)), (None, wanted));
    }
}

#[test]
fn a_cut_soon_after_a_cut_is_seen() {
    // Scenes begin at 0, 20, 22 and 23.5 s; the last is as hard as the one before.
    let mut monitor = monitor();
    let mut found = Vec::new();
    for half in 0..60 {
        let at_s = f64::from(half) / 2.0;
        let begun: &[f64] = &[20.0, 22.0, 23.5];
        let plain = [34.0, 31.0, 36.0, 36.2][begun.iter().filter(|begin| at_s >= **begin).count()];
        let is = |second: f64| begun.iter().any(|begin| (at_s - begin - second).abs() < 0.1);
        let sight = if is(0.5) {
            Sight::Cut
        } else if is(0.0) {
            Sight::Other
        } else {
            Sight::Same
        };
        let request = monitor.push(at_s, [plain, plain + 0.4], sight);
        found.extend(request.map(|reason| (at_s, reason)));
    }
    assert_eq!(found, [(20.5, Reason::Drop), (22.5, Reason::Rise)]);
}

#[test]
fn one_picture_out_of_line_is_no_change() {
    for other in [(22.0, 0.1), (45.0, 0.1)] {
        assert_eq!(all(0.1, |t| if (t - 50.0).abs() < 0.1 { other } else { (33.0, 0.5) }), [], "{other:?}");
    }
}

#[test]
fn a_slow_decline_asks_before_it_is_far() {
    let found = all(0.05, |t| (33.0, 0.8 - 0.01 * (t - 20.0).max(0.0)));
    let (at_s, reason) = found[0];
    assert_eq!(reason, Reason::Decline);
    assert!((36.0..50.0).contains(&at_s), "{at_s} s");
}

#[test]
fn a_gain_that_grows_is_no_reason() {
    assert_eq!(all(0.05, |t| (33.0, 0.2 + 0.01 * t)), []);
}

#[test]
fn a_fade_to_another_scene_asks_in_the_end() {
    let scenes = |t: f64| {
        let share = ((t - 40.0) / 3.0).clamp(0.0, 1.0);
        (34.0 - 4.0 * share, 0.8 - 0.6 * share)
    };
    let found = all(0.05, scenes);
    assert!(!found.is_empty() && (40.0..46.0).contains(&found[0].0), "{found:?}");
    assert!(found.len() <= 2, "{found:?}");
}

#[test]
fn what_the_coder_does_between_key_pictures_is_no_change() {
    // Keyframes every two seconds, worse than the last picture before them, and mended until the next.
    for depth in [0.5, 1.5, 3.0] {
        let sawtooth =
            |t: f64| (36.0 - depth * (1.0 - t.rem_euclid(2.0) / 2.0), 0.6 - 0.1 * t.rem_euclid(2.0));
        assert_eq!(all(0.05, sawtooth), [], "{depth} dB");
    }
}

#[test]
fn black_says_nothing() {
    assert_eq!(all(0.05, |t| if (40.0..50.0).contains(&t) { (70.0, -3.0) } else { (33.0, 0.5) }), []);
    let mut monitor = monitor();
    assert_eq!(monitor.push(0.0, [40.0, f64::NAN], Sight::Cut), None);
    assert_eq!(monitor.looks().len(), 0);
}

#[test]
fn a_better_network_is_no_other_scene() {
    let mut monitor = monitor();
    let better = |t: f64| if t < 20.0 { (33.0, 0.2) } else { (33.0, 1.6) };
    assert_eq!(requests(&mut monitor, 0..20, 0.05, better), []);
    monitor.replaced(1.4);
    monitor.settle();
    assert_eq!(requests(&mut monitor, 20..40, 0.05, better), []);
    let last = monitor.looks().last().unwrap().smoothed_gain_db;
    assert!((last - 1.6).abs() < 0.1, "{last}");
}

#[test]
fn the_record_is_bounded() {
    let mut monitor = monitor();
    requests(&mut monitor, 0..600, 0.05, |_| (33.0, 0.5));
    assert_eq!(monitor.looks().len(), MOST_LOOKS);
}
