//! Where a session's units go: the [`sink`] seam, what is handed out ([`rendition`]), and the sinks, each in its module.
//!
//! Nothing here knows streams, lanes, nets or HTTP.

pub mod hls;
pub mod rendition;
pub mod sink;

pub use rendition::{Kind, Rendition, RenditionId};
pub use sink::{Arrival, Output, Sink, SinkError, Sinks};
