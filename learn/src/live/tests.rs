use media::ffmpeg::{Filter, Scaler};
use media::{Component, MediaTime, Picture, Size};
use models::package::{Metadata, TrainingSummary};
use models::{FEdsrConfig, Preset, stock};
use nets::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::policy::{Adaptive, Fixed};
use crate::scenes::Signature;
use crate::{PairPool, Trainer, TrainerSettings};

/// Seconds that a step takes in these tests, whatever it takes in truth.
const STEP_S: f64 = 0.1;
/// Steps between two pairs, which are half a second apart.
const STEPS: u32 = 5;

/// A camera that pans to and fro over boxes. In scene 0, plain upsampling blurs their edges, and a network can learn to sharpen
/// them; in scene 1 the original is softer than plain upsampling, and sharpening does harm.
fn pair(n: u32, scene: u32) -> Pair {
    let mut random = ChaCha8Rng::seed_from_u64(u64::from(scene));
    let size = Size { width: 96, height: 72 };
    let camera = (i64::from(n % 60) - 30).unsigned_abs() as usize;
    let panorama = size.width as usize + 30;
    let (boxes, side, shades) = [(80, 16, 60..200), (120, 8, 10..250)][scene as usize].clone();
    let mut hr = Picture::new(size);
    for component in Component::ALL {
        hr.plane_mut(component).fill(100 + 30 * scene as u8);
    }
    for _ in 0..boxes {
        let (x, y) = (random.random_range(0..panorama), random.random_range(0..size.height as usize));
        let (width, height, shade) = (
            random.random_range(2..=side),
            random.random_range(2..=side),
            random.random_range(shades.clone()),
        );
        for row in hr.luma_mut().rows_mut().skip(y).take(height) {
            let shown = |x: usize| x.saturating_sub(camera).min(row.len());
            let (from, to) = (shown(x), shown(x + width));
            row[from..to].fill(shade);
        }
    }
    let (small, tiny) = (Size { width: 48, height: 36 }, Size { width: 24, height: 18 });
    let mut lr = Scaler::new(Filter::Area).scale(&hr, small).unwrap();
    if scene == 1 {
        let soft = Scaler::new(Filter::Area).scale(&hr, tiny).unwrap();
        hr = Scaler::new(Filter::Lanczos).scale(&soft, size).unwrap();
    }
    lr.set_pts(MediaTime::from_millis(500 * i64::from(n)));
    Pair { lr, hr }
}

fn settings() -> Settings {
    Settings { seed: 7, ..Settings::default() }
}

fn adaptive() -> LiveTraining {
    adaptive_from(None)
}

fn adaptive_from(start: Option<Package>) -> LiveTraining {
    trainer(Box::new(Adaptive::new(&settings())), start)
}

fn trainer(policy: Box<dyn Policy>, start: Option<Package>) -> LiveTraining {
    nets::torch::configure_threads(1);
    let config = Preset::Nano.config(2).unwrap();
    let threshold = Threshold::open(config, &settings(), None);
    LiveTraining::new(config, start, policy, threshold, &settings())
}

/// Half seconds of `scene`, as a caller would live through them; everything that happened.
fn live(trainer: &mut LiveTraining, half_seconds: std::ops::Range<u32>, scene: u32) -> Vec<Event> {
    live_on(trainer, half_seconds, |n| pair(n, scene))
}

fn live_on(
    trainer: &mut LiveTraining,
    half_seconds: std::ops::Range<u32>,
    shown: impl Fn(u32) -> Pair,
) -> Vec<Event> {
    let mut events = Vec::new();
    for n in half_seconds {
        let mut pair = shown(n);
        pair.lr.set_pts(MediaTime::from_millis(500 * i64::from(n)));
        trainer.take(pair).unwrap();
        for _ in 0..STEPS {
            if trainer.is_training() {
                trainer.step().unwrap();
                trainer.spent(STEP_S);
                trainer.judge().unwrap();
            }
        }
        events.extend(trainer.events());
        // The server takes what it is sent.
        if let Some(Event::Upload(package)) =
            events.iter().rev().find(|event| matches!(event, Event::Upload(_)))
        {
            trainer.set_server(Some(package.clone()));
        }
    }
    events
}

fn begun(events: &[Event]) -> Vec<&Record> {
    events
        .iter()
        .filter_map(|event| if let Event::Began(record) = event { Some(record) } else { None })
        .collect()
}

fn ended(events: &[Event]) -> Vec<&Record> {
    events
        .iter()
        .filter_map(|event| if let Event::Ended(record) = event { Some(record) } else { None })
        .collect()
}

fn is_jump(reason: Reason) -> bool {
    matches!(reason, Reason::Drop | Reason::Rise)
}

fn uploads(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Upload(_))).count()
}

#[test]
fn each_scene_is_learnt_once_and_then_it_rests() {
    let mut trainer = adaptive();
    assert_eq!(trainer.state(), State::Waiting);

    let first = live(&mut trainer, 0..120, 0);
    let (begun_first, ended_first) = (begun(&first), ended(&first));
    assert_eq!(begun_first[0].reason, Reason::Start);
    assert!(begun_first[1..].iter().all(|record| record.reason == Reason::More), "{first:?}");
    assert!(matches!(ended_first[0].end, Some(End::Plateau | End::TimeLimit)), "{ended_first:?}");
    assert!(ended_first[0].gain_db > 0.05 && ended_first[0].steps > 40, "{ended_first:?}");
    assert!(uploads(&first) >= 1);
    assert_eq!(trainer.state(), State::Resting);

    let second = live(&mut trainer, 120..240, 1);
    let jumps: Vec<_> = begun(&second).into_iter().filter(|record| is_jump(record.reason)).collect();
    let [Record { from_s, .. }] = jumps[..] else { panic!("{second:?}") };
    assert!((60.0..61.5).contains(from_s), "{second:?}");
    assert!(!ended(&second).is_empty(), "{second:?}");

    assert_eq!(trainer.trainings() as usize, begun_first.len() + begun(&second).len());
    assert_eq!(trainer.records().count() as u64, trainer.trainings());
    let spent: f64 = trainer.records().map(|record| record.seconds).sum();
    assert!((trainer.seconds() - spent).abs() < 1e-9);
    assert_eq!(trainer.looks().len(), 240);
}

#[test]
fn a_scene_that_goes_on_is_learnt_on_when_as_much_again_was_seen() {
    let mut trainer = adaptive_from(stock::package(Preset::Nano));
    // The camera hardly moves.
    let events = live_on(&mut trainer, 0..300, |n| pair(n % 4, 0));
    let (begun, ended) = (begun(&events), ended(&events));
    assert!((2..8).contains(&begun.len()) && ended.len() == begun.len(), "{begun:?}");
    assert!(begun[1..].iter().all(|record| record.reason == Reason::More), "{begun:?}");
    let mut seconds = 0.0;
    for (rested, resumed) in ended.iter().zip(&begun[1..]) {
        seconds += rested.seconds;
        let (to_s, from_s) = (rested.to_s.unwrap(), resumed.from_s);
        assert!(from_s > 2.0 * to_s - 1.0 && seconds < 0.31 * from_s, "{to_s} s and {from_s} s: {ended:?}");
    }
    let sequels = &ended[1..];
    assert!(sequels.iter().all(|record| record.before_db > 10.0 && record.goal_db.is_none()), "{ended:?}");
    let in_vain = |record: &&Record| record.gain_db < settings().worth_uploading_db;
    assert!(sequels.iter().filter(|record| in_vain(record)).count() <= 1, "{ended:?}");
    assert_eq!(trainer.samples().len(), 1, "what goes on says nothing of how trainings begin");
}

#[test]
fn brief_scenes_are_learnt_together_until_one_lasts() {
    let mut trainer = adaptive();
    let mut events = Vec::new();
    for piece in 0..6 {
        events.extend(live(&mut trainer, 6 * piece..6 * piece + 6, piece % 2));
    }
    assert!(begun(&events).iter().all(|record| !is_jump(record.reason)), "{events:?}");
    assert!(ended(&events).iter().all(|record| record.end != Some(End::Overtaken)), "{events:?}");
    let lasting = live(&mut trainer, 36..80, 0);
    let jumps: Vec<f64> = begun(&lasting)
        .into_iter()
        .filter(|record| is_jump(record.reason))
        .map(|record| record.from_s)
        .collect();
    assert!(jumps.len() == 1 && (23.0..24.5).contains(&jumps[0]), "cut at 18 s: {lasting:?}");
}

fn learnt_on_scene_0(config: FEdsrConfig) -> Package {
    let mut pool = PairPool::new(8, 2);
    (0..8).for_each(|n| pool.push(&pair(n, 0)).unwrap());
    let mut trainer = Trainer::new(TrainerSettings::new(config, Device::Cpu, 3), None).unwrap();
    for _ in 0..250 {
        trainer.step(&pool).unwrap();
    }
    trainer.package(TrainingSummary::default()).unwrap()
}

#[test]
fn a_scene_that_comes_back_is_remembered() {
    let mut trainer = adaptive();
    live(&mut trainer, 0..40, 1);
    let sharpener = learnt_on_scene_0(trainer.config);
    trainer.scenes.remember(Some(Signature::of(&pair(40, 0).lr)), sharpener.clone());
    let back = live(&mut trainer, 40..60, 0);
    let records = begun(&back);
    assert!(records.first().is_some_and(|record| record.remembered), "{back:?}");
    let at = |wanted: fn(&Event) -> bool| back.iter().position(wanted).unwrap();
    assert!(
        at(|event| matches!(event, Event::Upload(_))) < at(|event| matches!(event, Event::Began(_))),
        "the server gets it before anything is learnt"
    );
    let offered =
        back.iter().find_map(|event| if let Event::Upload(package) = event { Some(package) } else { None });
    assert_eq!(offered, Some(&sharpener));
}

#[test]
fn a_montage_shows_what_is_remembered_and_takes_no_credit_for_it() {
    let mut trainer = adaptive();
    live(&mut trainer, 0..12, 1);
    live(&mut trainer, 12..18, 0);
    let sharpener = learnt_on_scene_0(trainer.config);
    trainer.scenes.remember(Some(Signature::of(&pair(40, 0).lr)), sharpener.clone());
    live(&mut trainer, 18..24, 1);
    assert!(trainer.is_training(), "one training goes on over all pieces");
    let back = live(&mut trainer, 24..30, 0);
    let is_offered = |event: &Event| matches!(event, Event::Upload(package) if *package == sharpener);
    assert!(back.iter().any(is_offered), "{back:?}");
    assert!(trainer.is_training() && ended(&back).is_empty() && begun(&back).is_empty(), "{back:?}");
    let gained = trainer.records().last().unwrap().gain_db;
    assert!(gained < 0.3, "{gained} dB over the network that was remembered");
    assert_eq!(trainer.samples(), []);
}

#[test]
fn once_is_once() {
    let mut trainer = trainer(Box::new(Fixed::Once), None);
    let mut events = live(&mut trainer, 0..120, 0);
    events.extend(live(&mut trainer, 120..180, 1));
    assert_eq!((begun(&events).len(), ended(&events).len()), (1, 1));
}

#[test]
fn always_is_always() {
    let mut trainer = trainer(Box::new(Fixed::Always), None);
    let mut events = live(&mut trainer, 0..120, 0);
    events.extend(live(&mut trainer, 120..180, 1));
    assert_eq!((begun(&events).len(), ended(&events).len()), (1, 0));
    assert_eq!(begun(&events)[0].reason, Reason::Always);
    assert!(trainer.is_training());
    trainer.finish();
    assert_eq!(ended(&trainer.events().collect::<Vec<_>>())[0].end, Some(End::Stopped));
}

#[test]
fn a_machine_that_is_too_slow_only_looks() {
    let mut trainer = adaptive();
    live(&mut trainer, 0..10, 0);
    trainer.give_up();
    assert_eq!(trainer.state(), State::TooSlow);
    let events = live(&mut trainer, 10..60, 1);
    assert!(begun(&events).is_empty() && !trainer.is_training());
    assert_eq!(trainer.looks().len(), 60);
}

#[test]
fn pairs_of_another_factor_are_left_out() {
    let mut trainer = adaptive();
    for n in 0..9 {
        let Pair { lr, .. } = pair(n, 0);
        trainer.take(Pair { hr: lr.clone(), lr }).unwrap();
    }
    assert_eq!(trainer.state(), State::Waiting);
    assert!(trainer.looks().len() == 0);
}

#[test]
fn a_server_that_has_lost_the_network_gets_it_again() {
    let mut trainer = adaptive();
    live(&mut trainer, 0..120, 0);
    assert_eq!(trainer.state(), State::Resting);
    trainer.set_server(None);
    assert!(uploads(&live(&mut trainer, 120..124, 0)) >= 1);
}

#[test]
fn what_was_trained_does_not_stay_below_the_stock_network() {
    let stock = stock::package(Preset::Nano).unwrap();
    let mut trainer = adaptive_from(Some(stock.clone()));
    trainer.give_up();
    live(&mut trainer, 0..20, 0);

    // What no camera does: the same scene, and a network that has become bad.
    let metadata = Metadata { config: stock.config(), parent: None, training: None };
    let loud = stock.weights().iter().map(|tensor| tensor.iter().map(|weight| 1.5 * weight).collect());
    let loud = Package::write(&metadata, &loud.collect::<Vec<Vec<f32>>>()).unwrap();
    trainer.candidates.best = Some(loud.clone());
    trainer.set_server(Some(loud));
    let events = live(&mut trainer, 20..30, 0);
    assert_eq!(uploads(&events), 1);
    assert_eq!(trainer.best().map(Package::fingerprint), Some(stock.fingerprint()));
}
