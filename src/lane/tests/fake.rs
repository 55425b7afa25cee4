//! What tests of a lane's parts share: coded pictures, counts, an output that notes what it gets, and all that a lane
//! works with.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::control::ModelOrigin;
use api::names::StreamName;
use media::VideoConfig;
use media::ffmpeg::Encoder;
use media::packet::{Packet, Unit};
use media::picture::{Colour, FrameRate, Picture, PixelAspect, Size};
use media::synthetic::TestPictures;
use media::time::MediaTime;
use models::{FEdsrConfig, Fingerprint, Preset};
use nets::{Backend as _, NetError, Precision, Upscaler};
use parking_lot::Mutex;

use crate::inference::fake::{Behaviour, FakeBackend, package};
use crate::inference::{Engine, Identity, Library, Net, Profile, StreamModel};
use crate::lane::frame::{Frame, UpscaledBy};
use crate::lane::parts::{LaneParts, Shared};
use crate::lane::queue::{LaneInput, lane_queue};
use crate::lane::stats::LaneStats;
use crate::out::{Arrival, EncodeSettings, Output, Rendition, Sink, SinkError, Sinks};
use crate::problems::Problems;

pub(in crate::lane) const SMALL: Size = Size { width: 32, height: 32 };
pub(in crate::lane) const RATE: FrameRate = FrameRate { num: 25, den: 1 };

/// Notes the units of one rendition: packets by number, keyframes with a `K`.
#[derive(Debug, Default)]
pub(in crate::lane) struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    pub(in crate::lane) fn seen(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

impl Sink for Recorder {
    fn unit(&self, _: Rendition, unit: &Unit, _: Arrival) -> Result<(), SinkError> {
        self.0.lock().push(match unit {
            Unit::VideoConfig(config) => config.size().to_string(),
            Unit::Packet(packet) => format!("{}{}", if packet.key { "K" } else { "p" }, number(packet.pts)),
            Unit::AudioConfig(_) => "sound".to_owned(),
        });
        Ok(())
    }

    fn discontinuity(&self) -> Result<(), SinkError> {
        Ok(())
    }

    fn finish(&self) -> Result<(), SinkError> {
        Ok(())
    }
}

pub(in crate::lane) fn stats() -> Arc<LaneStats> {
    let name: StreamName = "demo".parse().expect("a good name");
    Arc::new(LaneStats::new(name.clone(), Problems::new(name)))
}

pub(in crate::lane) fn output(sink: Arc<dyn Sink>) -> Output {
    Sinks::new("demo".parse().expect("a good name"), vec![sink]).output(Rendition::enhanced(2))
}

/// Which picture is shown at this time.
pub(in crate::lane) fn number(pts: MediaTime) -> i64 {
    (pts.as_millis() + 20) / 40
}

/// A frame as the front gives it on.
pub(in crate::lane) fn frame(number: i64, size: Size) -> Frame {
    let mut picture = Picture::new(size);
    picture.luma_mut().data.fill(100);
    picture.set_pts(MediaTime::from_millis(40 * number));
    Frame {
        dts: picture.pts(),
        picture,
        bytes: 1000,
        rate: RATE,
        spent: Duration::ZERO,
        upscaled: UpscaledBy::LanczosNoNet,
        chosen: None,
        refined: None,
    }
}

/// Pictures from number `from` on, coded; the first one is a keyframe.
pub(in crate::lane) fn coded(size: Size, from: i64, count: i64) -> (Arc<VideoConfig>, Vec<Packet>) {
    let settings = EncodeSettings::default().encoder(size, RATE, Colour::default(), PixelAspect::SQUARE);
    let mut encoder = Encoder::new(&settings).expect("x264 is there");
    let pictures = TestPictures::new(size, RATE);
    let mut packets = Vec::new();
    for number in from..from + count {
        let mut picture = pictures.picture(number as u32);
        picture.set_colour(Colour::default());
        picture.set_key(number == from);
        encoder.push(&picture, picture.key()).expect("a good picture");
        packets.extend(encoder.pull().expect("a good picture"));
    }
    (encoder.config(), packets)
}

/// A lane's parts with the threads behind them. Its library builds nothing: nets come from the test.
pub(in crate::lane) struct Bench {
    pub(in crate::lane) parts: LaneParts,
    library: Library,
    engine: Engine,
}

impl Bench {
    pub(in crate::lane) fn new(sink: Arc<dyn Sink>) -> Self {
        let engine = FakeBackend::default().engine();
        let library = Library::start(engine.handle(), None, 2).expect("the system has a thread");
        let model = StreamModel::new("demo".parse().expect("a good name"), Profile::Plain);
        let shared = Shared {
            engine: engine.handle(),
            library: library.handle(),
            second_stage: None,
            encode: EncodeSettings::default(),
            max_size: Size { width: 256, height: 256 },
            scale: 2,
        };
        let parts = LaneParts {
            shared,
            queue: Arc::new(lane_queue()),
            stats: stats(),
            output: output(sink),
            model: Arc::new(model),
        };
        Self { parts, library, engine }
    }

    /// The lane's next picture is this net's.
    pub(in crate::lane) fn hand_over(&self, upscaler: Box<dyn Upscaler>) {
        let config = Preset::Nano.config(2).expect("a preset");
        let identity = Identity {
            version: 1,
            fingerprint: "0".repeat(64),
            config,
            origin: ModelOrigin::Trained,
            gain_db: None,
        };
        let net = Net { upscaler, identity: Arc::new(identity), arrived: Instant::now() };
        assert!(self.parts.model.live.hand_over(net).is_none());
    }

    /// A net that does this.
    pub(in crate::lane) fn hand_over_fake(&self, behaviour: Behaviour) {
        let backend = FakeBackend::new(behaviour);
        self.hand_over(
            backend.upscaler(&package(Preset::Nano, 2, None), Precision::Auto).expect("it is a fake"),
        );
    }

    /// Received pictures, counted as a session counts them.
    pub(in crate::lane) fn feed(&self, packets: Vec<Packet>) {
        for packet in packets {
            self.parts.stats.received(packet.dts);
            self.parts.stats.overflowed(self.parts.queue.push(LaneInput::Picture(packet)));
        }
    }

    pub(in crate::lane) fn join(self) {
        drop(self.parts);
        self.library.join();
        self.engine.join();
    }
}

/// A net that is nothing but what it does with a picture.
pub(in crate::lane) struct Upscaling<F>(pub(in crate::lane) F);

impl<F> fmt::Debug for Upscaling<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upscaling")
    }
}

impl<F: FnMut(&Picture, Picture) -> Result<Picture, NetError> + Send> Upscaler for Upscaling<F> {
    fn config(&self) -> FEdsrConfig {
        FEdsrConfig::new(8, 1, 2).unwrap()
    }

    fn fingerprint(&self) -> Fingerprint {
        unreachable!("a lane knows its nets by their identities")
    }

    fn precision(&self) -> Precision {
        Precision::F32
    }

    fn warm_up(&mut self, _: Size) -> Result<(), NetError> {
        Ok(())
    }

    fn upscale(&mut self, lr: &Picture, lanczos: Picture) -> Result<Picture, NetError> {
        self.0(lr, lanczos)
    }
}
