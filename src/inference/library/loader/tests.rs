//! The loader with a backend that is told what to do.

use std::sync::atomic::Ordering;

use media::picture::FrameRate;
use tokio::sync::oneshot;

use super::*;
use crate::inference::Engine;
use crate::inference::fake::{Behaviour, FakeBackend, package};

struct Bench {
    loader: Loader,
    engine: Engine,
    backend: FakeBackend,
}

impl Bench {
    fn new(behaviour: Behaviour) -> Self {
        let backend = FakeBackend::new(behaviour);
        let engine = backend.clone().engine();
        let millis = [(Preset::Nano, 4), (Preset::Mini, 8), (Preset::Small, 12), (Preset::Base, 60)];
        let costs = Costs {
            cores: 1,
            base: Duration::from_millis(3),
            nets: millis.map(|(preset, millis)| (preset, Duration::from_millis(millis))).to_vec(),
        };
        let costs = Measured::Costs(Arc::new(costs));
        let loader = Loader { engine: engine.handle(), machine: Arc::default(), costs, scale: 2 };
        Self { loader, engine, backend }
    }

    fn built(&self) -> usize {
        self.backend.built.load(Ordering::Relaxed)
    }

    fn upload(&self, model: &Arc<StreamModel>, package: &Package) -> Result<ModelReport, PackageRejection> {
        let (reply, mut report) = oneshot::channel();
        let package = PackageUpload::Whole(package.bytes().clone());
        let request = Request::Upload { model: Arc::clone(model), package, arrived: Instant::now(), reply };
        assert!(self.loader.serve(request).is_continue());
        report.try_recv().expect("uploads are answered")
    }

    fn prepare(&self, model: &Arc<StreamModel>) {
        model.session_began();
        model.demanded(DEMAND);
        let request = Request::Prepare { model: Arc::clone(model), demand: DEMAND };
        assert!(self.loader.serve(request).is_continue());
    }
}

const DEMAND: Demand =
    Demand { size: Size { width: 480, height: 270 }, frame_rate: FrameRate { num: 30, den: 1 } };

fn stream(profile: Profile) -> Arc<StreamModel> {
    Arc::new(StreamModel::new("demo".parse().unwrap(), profile))
}

fn waiting(model: &StreamModel) -> Arc<Identity> {
    model.live.take().expect("a net waits for the lane").identity
}

#[test]
fn a_good_package_is_accepted_and_handed_over_once() {
    let bench = Bench::new(Behaviour::Nothing);
    let model = stream(Profile::Fixed(Preset::Small));
    let trained = package(Preset::Nano, 2, Some(0.5));
    let report = bench.upload(&model, &trained).unwrap();
    assert_eq!((report.version, report.outcome), (1, Outcome::Ready));
    let identity = waiting(&model);
    assert_eq!((identity.version, identity.gain_db), (1, Some(0.5)));
    let again = bench.upload(&model, &trained).unwrap();
    assert_eq!((again.version, again.outcome), (1, Outcome::Unchanged));
    assert!(model.live.take().is_none(), "the lane has it already");
    assert_eq!(bench.built(), 1);
    model.session_began();
    model.demanded(DEMAND);
    let next = bench.upload(&model, &package(Preset::Nano, 2, Some(0.6))).unwrap();
    assert_eq!((next.version, next.outcome), (2, Outcome::Live));
    bench.engine.join();
}

#[test]
fn what_is_wrong_with_a_package_is_found_before_a_net_is_built() {
    let bench = Bench::new(Behaviour::Nothing);
    let model = stream(Profile::Fixed(Preset::Small));
    let rejected = |package| bench.upload(&model, &package).unwrap_err();
    assert!(matches!(
        rejected(package(Preset::Nano, 3, Some(0.5))),
        PackageRejection::Scale { sent: 3, expected: 2 }
    ));
    assert!(matches!(rejected(package(Preset::Base, 2, Some(0.5))), PackageRejection::TooHeavy { .. }));
    assert!(matches!(rejected(package(Preset::Nano, 2, Some(-0.5))), PackageRejection::NoGain { .. }));
    let plain = bench.upload(&stream(Profile::Plain), &package(Preset::Nano, 2, Some(0.5)));
    assert!(matches!(plain, Err(PackageRejection::NoNets)));
    assert_eq!(bench.built(), 0);
    assert!(model.accepted.newest().is_none() && !model.live.is_waiting());
    bench.engine.join();
}

#[test]
fn a_net_that_does_harm_or_fails_is_rejected_and_the_net_in_use_stays() {
    let good = Bench::new(Behaviour::Nothing);
    let model = stream(Profile::Fixed(Preset::Small));
    good.upload(&model, &package(Preset::Nano, 2, Some(0.5))).unwrap();
    let before = waiting(&model);
    let next = package(Preset::Nano, 2, Some(0.6));
    for (behaviour, expected) in [
        (Behaviour::Brighten(200), "beyond recognition"),
        (Behaviour::Brighten(25), "does not show what was received"),
        (Behaviour::Fail, "cannot enhance a picture"),
        (Behaviour::CannotBuild, "told to fail"),
        (Behaviour::Panic, "could not be tried"),
    ] {
        let bad = Bench::new(behaviour);
        let rejection = bad.upload(&model, &next).unwrap_err();
        assert!(rejection.to_string().contains(expected), "{behaviour:?}: {rejection}");
        assert!(!model.live.is_waiting());
        assert_eq!(model.accepted.newest().unwrap().0, before);
        bad.engine.join();
    }
    assert_eq!(good.upload(&model, &next).unwrap().version, 2, "nothing was counted meanwhile");
    good.engine.join();
}

#[test]
fn a_lane_gets_stock_weights_and_keeps_trained_ones() {
    let bench = Bench::new(Behaviour::Nothing);
    let model = stream(Profile::Auto);
    bench.prepare(&model);
    assert_eq!(model.accepted.preset(), Some(Preset::Small));
    let stock = waiting(&model);
    assert_eq!((stock.version, stock.origin), (0, ModelOrigin::Stock));
    assert_eq!(Preset::of(stock.config), Some(Preset::Small));
    bench.prepare(&model);
    assert!(!model.live.is_waiting(), "the same net is not built twice");
    bench.upload(&model, &package(Preset::Nano, 2, Some(0.5))).unwrap();
    assert_eq!(waiting(&model).version, 1);
    bench.prepare(&model);
    assert!(!model.live.is_waiting(), "trained nets stay");
    let plain = stream(Profile::Plain);
    bench.prepare(&plain);
    assert!(!plain.live.is_waiting() && plain.accepted.preset().is_none());
    bench.engine.join();
}

#[test]
fn a_lost_net_is_built_again_unless_a_newer_one_waits() {
    let bench = Bench::new(Behaviour::Nothing);
    let model = stream(Profile::Auto);
    let restore = || bench.loader.serve(Request::Restore { model: Arc::clone(&model) });
    assert!(restore().is_continue());
    assert!(!model.live.is_waiting(), "there was none");
    bench.upload(&model, &package(Preset::Nano, 2, Some(0.5))).unwrap();
    assert!(restore().is_continue());
    assert_eq!(bench.built(), 1, "one waits");
    let lost = waiting(&model);
    assert!(restore().is_continue());
    assert_eq!(waiting(&model), lost);
    model.out_of_use(&lost);
    assert!(restore().is_continue());
    assert!(!model.live.is_waiting(), "one that was given up does not come back");
    bench.engine.join();
}

#[test]
fn lanes_that_come_and_go_change_the_nets_of_others() {
    let bench = Bench::new(Behaviour::Nothing);
    let preset = |model: &StreamModel| model.accepted.preset();
    let first = stream(Profile::Auto);
    bench.prepare(&first);
    bench.upload(&first, &package(Preset::Nano, 2, Some(0.5))).unwrap();
    bench.upload(&first, &package(Preset::Small, 2, Some(0.6))).unwrap();
    assert_eq!(waiting(&first).version, 2);
    let others = [(); 3].map(|()| stream(Profile::Auto));
    bench.prepare(&others[0]);
    assert_eq!((preset(&first), preset(&others[0])), (Some(Preset::Small), Some(Preset::Mini)));
    assert!(!first.live.is_waiting(), "the trained net fits beside the other");
    bench.prepare(&others[1]);
    assert_eq!(preset(&others[0]), Some(Preset::Nano));
    bench.prepare(&others[2]);
    assert_eq!(preset(&first), Some(Preset::Mini), "the sum no longer fits");
    assert_eq!(waiting(&first).version, 1, "back to the trained net that is small enough");
    assert_eq!(bench.loader.machine.lanes(), 4);
    for gone in &others {
        drop(gone.session_ended());
    }
    assert!(bench.loader.serve(Request::Balance).is_continue());
    assert_eq!(bench.loader.machine.lanes(), 1);
    assert_eq!(preset(&first), Some(Preset::Small));
    bench.engine.join();
}
