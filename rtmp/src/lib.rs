//! RTMP, both ends, for publishing.
//!
//! | what | specification |
//! |---|---|
//! | handshake, chunks, messages, commands | Adobe, *RTMP Specification 1.0* (2012) |
//! | values in commands | Adobe, *AMF0 File Format* |
//! | `fourCcList`, `capsEx` in `connect` | Veovera, *Enhanced RTMP v2* |
//! | digest handshake | as Flash Media Server does it (through `rml_rtmp`) |
//!
//! The core takes bytes and gives events and bytes; it has no sockets, no clock and no tasks:
//! [`ServerSession`] and [`ClientSession`] over [`chunk`], [`message`] and [`amf0`]. All that a peer can make the
//! core hold or do is bounded by [`Limits`]. The [`driver`] adds tokio, timeouts and pings:
//! [`ServerConnection`] and [`Publisher`].
//!
//! Playing is not here: viewers come over HTTP.

pub mod amf0;
pub mod chunk;
pub mod client;
pub mod driver;
pub mod event;
pub mod handshake;
pub mod limits;
pub mod message;
pub mod server;
pub mod url;

mod acknowledge;
mod error;

pub use client::{ClientEvent, ClientSession};
pub use driver::{ConnectionError, PublishError, Publisher, ServerConnection};
pub use error::RtmpError;
pub use event::{Event, Rejection};
pub use limits::{Limits, Timeouts};
pub use server::ServerSession;
pub use url::{InvalidRtmpUrl, RtmpUrl};
