//! Where a session's units go: the [`sink`] seam, what is handed out ([`rendition`]), how an upscaled one is coded
//! ([`encode`]), and the sinks, each in its module.
//!
//! Nothing here knows streams, lanes, nets or HTTP.

pub mod broadcast;
mod cmaf;
#[cfg(test)]
mod coded;
pub mod dash;
pub mod encode;
pub mod files;
pub mod hls;
pub mod record;
pub mod relay;
pub mod rendition;
pub mod sink;
mod sweep;
mod whole;

pub use encode::EncodeSettings;
pub use rendition::{Kind, Rendition, RenditionId};
pub use sink::{Arrival, Output, Sink, SinkError, Sinks};
