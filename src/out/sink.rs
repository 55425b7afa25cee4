//! The seam between what makes units and what hands them out.
//!
//! A session feeds every unit to all of its sinks: source and sound as they come in, enhanced units from the lane's
//! thread. HLS is one sink; what records or relays a stream is another one.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use api::names::StreamName;
use media::packet::Unit;

use super::rendition::Rendition;

/// Takes the units of one session.
///
/// Calls come from several threads, but those for one rendition come in decode order, and a rendition's configuration
/// comes before its packets and again whenever it changes. A call never blocks: a sink that writes to a disk or a
/// socket does so behind a bounded queue of its own. An error concerns that one call; it is logged, and the sink is
/// called again with what follows.
pub trait Sink: fmt::Debug + Send + Sync {
    /// A rendition will come, perhaps seconds after the source: nets have to be ready first.
    fn expect(&self, _rendition: Rendition) {}

    /// The next unit of a rendition. `arrival`: when it came in, or when the lane had made it.
    fn unit(&self, rendition: Rendition, unit: &Unit, arrival: Arrival) -> Result<(), SinkError>;

    /// The pictures carry closed captions (CEA-608 in ATSC A/53 user data), in every video rendition. Said again, it
    /// changes nothing.
    fn captions(&self) {}

    /// The next units of source and sound do not continue the previous ones: another publisher, or a jump. Enhanced
    /// units from before it may still follow.
    fn discontinuity(&self) -> Result<(), SinkError>;

    /// Nothing follows. A lane that hangs may still send units; they are to be ignored.
    fn finish(&self) -> Result<(), SinkError>;
}

/// Why a sink could not do what it was asked for.
pub type SinkError = Box<dyn Error + Send + Sync>;

/// When a unit came in: by the clock that measures, and by the one that people read.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// For rates.
    pub instant: Instant,
    /// For wall-clock times.
    pub time: SystemTime,
}

impl Arrival {
    pub fn now() -> Self {
        Self { instant: Instant::now(), time: SystemTime::now() }
    }
}

/// All sinks of one session. What one of them cannot take is logged, and the others get it all the same.
#[derive(Debug, Clone)]
pub struct Sinks {
    stream: StreamName,
    all: Arc<[Arc<dyn Sink>]>,
}

impl Sinks {
    /// `stream` serves the log.
    pub fn new(stream: StreamName, all: Vec<Arc<dyn Sink>>) -> Self {
        Self { stream, all: all.into() }
    }

    /// See [`Sink::expect`].
    pub fn expect(&self, rendition: Rendition) {
        self.all.iter().for_each(|sink| sink.expect(rendition));
    }

    /// See [`Sink::unit`].
    pub fn unit(&self, rendition: Rendition, unit: &Unit, arrival: Arrival) {
        self.each(
            |sink| sink.unit(rendition, unit, arrival),
            |stream, error| {
                tracing::warn!(%stream, %rendition, %error, "a unit cannot be handed out");
            },
        );
    }

    /// See [`Sink::captions`].
    pub fn captions(&self) {
        self.all.iter().for_each(|sink| sink.captions());
    }

    /// See [`Sink::discontinuity`].
    pub fn discontinuity(&self) {
        self.each(
            |sink| sink.discontinuity(),
            |stream, error| {
                tracing::warn!(%stream, %error, "what came before the discontinuity cannot be handed out");
            },
        );
    }

    /// See [`Sink::finish`].
    pub fn finish(&self) {
        self.each(
            |sink| sink.finish(),
            |stream, error| {
                tracing::warn!(%stream, %error, "the end of the stream cannot be handed out");
            },
        );
    }

    /// The way of one rendition into all sinks, for the thread that makes it.
    pub fn output(&self, rendition: Rendition) -> Output {
        Output { rendition, sinks: self.clone() }
    }

    fn each(
        &self,
        call: impl Fn(&dyn Sink) -> Result<(), SinkError>,
        complain: impl Fn(&StreamName, SinkError),
    ) {
        for sink in &*self.all {
            if let Err(error) = call(&**sink) {
                complain(&self.stream, error);
            }
        }
    }
}

/// Where the units of one made rendition go.
#[derive(Debug, Clone)]
pub struct Output {
    rendition: Rendition,
    sinks: Sinks,
}

impl Output {
    pub fn rendition(&self) -> Rendition {
        self.rendition
    }

    /// Hands out the next unit, which was made just now.
    pub fn push(&self, unit: &Unit) {
        self.sinks.unit(self.rendition, unit, Arrival::now());
    }
}
