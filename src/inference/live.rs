//! What a stream's lane runs: the net that waits for it, the one in use, and what came into use when. The one answer to
//! "which net is live?".

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use api::control::{ModelInUse, SwapRecord};
use media::picture::{FrameRate, Picture, Size};
use media::time::MediaTime;
use models::{FEdsrConfig, Preset};
use nets::Upscaler;
use parking_lot::Mutex;

use super::accepted::Identity;

/// Swaps that are remembered; a trainer that uploads every five seconds fills it in five minutes.
const SWAPS: usize = 64;

/// A proven net, ready to work. Whoever has it, owns it.
#[derive(Debug)]
pub struct Net {
    /// Works on the engine's thread only.
    pub upscaler: Box<dyn Upscaler>,
    pub identity: Arc<Identity>,
    /// When its package arrived, for the swap record.
    pub arrived: Instant,
}

/// The pictures that a lane has to keep up with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// Size of a received picture.
    pub size: Size,
    pub frame_rate: FrameRate,
}

/// A lane's nets, and what it tells of its pictures.
#[derive(Debug, Default)]
pub struct Live(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The newest net that the lane has not taken yet.
    waiting: Option<Net>,
    in_use: Option<Arc<Identity>>,
    swaps: VecDeque<SwapRecord>,
    demand: Option<Demand>,
    sample: Option<Picture>,
    in_session: bool,
}

impl Live {
    /// Hands a net to the lane; answers the one that it has not taken, to be dropped by the caller.
    pub fn hand_over(&self, net: Net) -> Option<Net> {
        self.0.lock().waiting.replace(net)
    }

    /// The lane takes the newest net.
    pub fn take(&self) -> Option<Net> {
        self.0.lock().waiting.take()
    }

    /// Whether a net waits for the lane.
    pub fn is_waiting(&self) -> bool {
        self.0.lock().waiting.is_some()
    }

    /// The pictures that the lane has to keep up with, if there is a lane.
    pub fn demand(&self) -> Option<Demand> {
        self.0.lock().demand
    }

    pub(super) fn set_demand(&self, demand: Demand) {
        let mut state = self.0.lock();
        // A lane that finishes its last pictures must not come back as one that runs.
        if state.in_session {
            state.demand = Some(demand);
        }
    }

    /// A recent picture of the stream, for new nets to be proven on.
    pub fn sample(&self) -> Option<Picture> {
        self.0.lock().sample.clone()
    }

    pub(super) fn set_sample(&self, picture: Picture) {
        self.0.lock().sample = Some(picture);
    }

    /// The lane made the first picture with a net. Answers the record of the swap, unless the net was in use already.
    pub(super) fn came_into_use(&self, net: &Net, from: MediaTime, frames_in: u64) -> Option<SwapRecord> {
        let mut state = self.0.lock();
        let identity = &net.identity;
        let before = state.in_use.replace(Arc::clone(identity));
        // A net that was lost and built again is no swap.
        if before.as_ref() == Some(identity) {
            return None;
        }
        let swap = SwapRecord {
            version: identity.version,
            fingerprint: identity.fingerprint.clone(),
            origin: identity.origin,
            from_s: from.as_secs_f64(),
            frames_in,
            gain_db: identity.gain_db,
            took_ms: net.arrived.elapsed().as_secs_f64() * 1e3,
        };
        if state.swaps.len() == SWAPS {
            state.swaps.pop_front();
        }
        state.swaps.push_back(swap.clone());
        Some(swap)
    }

    pub(super) fn out_of_use(&self) {
        self.0.lock().in_use = None;
    }

    /// The net in use and the last swaps, oldest first, for the API.
    pub fn status(&self) -> (Option<ModelInUse>, Vec<SwapRecord>) {
        let state = self.0.lock();
        let in_use = state.in_use.as_ref().map(|identity| ModelInUse {
            version: identity.version,
            fingerprint: identity.fingerprint.clone(),
            architecture: describe(identity.config),
            origin: identity.origin,
            gain_db: identity.gain_db,
        });
        (in_use, state.swaps.iter().cloned().collect())
    }

    /// A new playlist begins: earlier swaps belong to an earlier timeline.
    pub(super) fn session_began(&self) {
        let mut state = self.0.lock();
        state.swaps.clear();
        state.in_session = true;
    }

    /// The playlist has ended; its swaps can still be looked at. Answers the net that waited.
    pub(super) fn session_ended(&self) -> Option<Net> {
        let mut state = self.0.lock();
        state.in_session = false;
        state.in_use = None;
        state.sample = None;
        state.demand = None;
        state.waiting.take()
    }
}

fn describe(config: FEdsrConfig) -> String {
    let preset = Preset::of(config).map_or_else(String::new, |preset| format!("{preset} "));
    format!("f-edsr {preset}{}x{} x{}", config.channels, config.blocks, config.scale)
}

#[cfg(test)]
mod tests {
    use models::{Package, stock};
    use nets::{Backend as _, Precision};

    use super::*;
    use crate::inference::accepted::Accepted;
    use crate::inference::fake::FakeBackend;

    fn net(accepted: &Accepted, package: &Package) -> Net {
        Net {
            upscaler: FakeBackend::default().upscaler(package, Precision::Auto).unwrap(),
            identity: accepted.add(package, api::control::ModelOrigin::Trained),
            arrived: Instant::now(),
        }
    }

    #[test]
    fn the_newest_net_is_taken_once() {
        let live = Live::default();
        let accepted = Accepted::default();
        let package = stock::package(Preset::Nano).unwrap();
        assert!(live.take().is_none());
        assert!(live.hand_over(net(&accepted, &package)).is_none());
        assert_eq!(live.hand_over(net(&accepted, &package)).unwrap().identity.version, 1);
        assert!(live.is_waiting());
        assert_eq!(live.take().unwrap().identity.version, 2);
        assert!(live.take().is_none());
    }

    #[test]
    fn only_the_last_swaps_are_kept_and_a_net_that_comes_back_is_none() {
        let live = Live::default();
        let accepted = Accepted::default();
        let package = stock::package(Preset::Nano).unwrap();
        for _ in 0..100 {
            let net = net(&accepted, &package);
            assert!(live.came_into_use(&net, MediaTime::ZERO, 0).is_some());
            assert!(live.came_into_use(&net, MediaTime::ZERO, 0).is_none());
        }
        let versions: Vec<u64> = live.status().1.iter().map(|swap| swap.version).collect();
        assert_eq!(versions, (37..=100).collect::<Vec<u64>>());
        assert_eq!(live.status().0.unwrap().version, 100);
        live.session_ended();
        assert!(live.status().0.is_none());
        live.session_began();
        assert!(live.status().1.is_empty());
    }

    #[test]
    fn nets_are_described_for_people() {
        assert_eq!(describe(Preset::Small.config(2).unwrap()), "f-edsr small 16x4 x2");
        assert_eq!(describe(FEdsrConfig::new(24, 3, 2).unwrap()), "f-edsr 24x3 x2");
    }
}
