//! RTMP, both ends, for publishing and playing.
//!
//! | what | specification |
//! |---|---|
//! | handshake, chunks, messages, commands | Adobe, *RTMP Specification 1.0* (2012) |
//! | values in commands | Adobe, *AMF0 File Format* |
//! | `fourCcList`, `capsEx` in `connect` | Veovera, *Enhanced RTMP v2* |
//! | digest handshake | as Flash Media Server does it (through `rml_rtmp`) |
//!
//! What is spoken:
//!
//! | | as a server | as a client |
//! |---|---|---|
//! | `connect` | answered at once, or when its owner has decided; refused with `_error`, which may say where else to go (`ex.redirect`) | with what an [`Introduction`] says instead of the usual |
//! | codecs of Enhanced RTMP | told to who tells its own; [`Capabilities`] of the peer in [`Event::Connected`] | told; [`Publisher::capabilities`] |
//! | `createStream`, `deleteStream`, `closeStream` | several streams, one in use | one |
//! | `releaseStream`, `FCPublish`, `FCUnpublish` | answered | said, whatever the answer |
//! | `publish` | `StreamBegin`, `NetStream.Publish.Start`, or [`Rejection`] | [`Publisher`] |
//! | `play` | `StreamBegin`, `NetStream.Play.Start`, `\|RtmpSampleAccess`, or [`PlayRejection`]; what is live has no start, duration and reset | [`Player`] |
//! | `FCSubscribe`, `getStreamLength`, `SetBufferLength` | answered, with no length; the buffer is the player's | `SetBufferLength` |
//! | `pause`, `pauseRaw`, `receiveAudio`, `receiveVideo` | obeyed; pictures go on with a keyframe | |
//! | end of what is played | `StreamEof`, `NetStream.Play.UnpublishNotify`, `NetStream.Play.Stop` | each of the three |
//! | players that stay without a publisher | `StreamEof` and `StreamBegin`, and what [`Notices`] ask for | |
//! | aggregates, AMF0 commands and data marked as AMF3 | read | read |
//!
//! Where nginx-rtmp gets an `rtmp://` address from a hook (3xx), it redirects no peer: it lets it publish or play, and relays
//! to or from that address itself. So may an owner, with a [`Publisher`] or a [`Player`]; to send the peer there instead is
//! [`ConnectRejection::Elsewhere`].
//!
//! A server that lets everybody publish to the application `live`:
//!
//! ```no_run
//! use rtmp::{Event, Limits, Rejection, ServerConnection};
//!
//! async fn serve(socket: tokio::net::TcpStream) -> Result<(), rtmp::Error> {
//!     let mut connection = ServerConnection::accept(socket, Limits::default()).await?;
//!     while let Some(event) = connection.next_event().await? {
//!         match event {
//!             Event::PublishRequested { app, .. } if app == "live" => connection.accept_publish().await?,
//!             Event::PublishRequested { .. } => return connection.reject_publish(&Rejection::NotAllowed).await,
//!             Event::Tag(tag) => println!("{:?} at {} ms, {} bytes", tag.kind, tag.timestamp, tag.body.len()),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The core takes bytes and gives events and bytes; it has no sockets, no clock and no tasks:
//! [`ServerSession`] and [`ClientSession`] over [`chunk`], [`message`] and [`amf0`]. All that a peer can make the
//! core hold or do is bounded by [`Limits`]. The [`driver`] adds tokio, timeouts and pings:
//! [`ServerConnection`], [`Publisher`] and [`Player`]. A tag for many players is cut into chunks once ([`Chunked`]); each
//! session refers to the same bytes, and the driver hands them to the system together with what else waits.
//!
//! Nothing here knows streams, names or keys; of our crates it has FLV
//! tags alone.

pub mod amf0;
pub mod capabilities;
pub mod chunk;
pub mod client;
pub mod driver;
pub mod event;
pub mod handshake;
pub mod limits;
pub mod message;
pub mod notices;
pub mod refusals;
pub mod rejection;
pub mod server;
pub mod url;

mod acknowledge;
mod error;
mod outgoing;

pub use capabilities::Capabilities;
pub use chunk::Chunked;
pub use client::ClientSession;
pub use driver::{Player, Publisher, ServerConnection, Traffic};
pub use error::Error;
pub use event::{Event, Introduction};
pub use limits::Limits;
pub use notices::{Notices, RecordNotice};
pub use refusals::Refusals;
pub use rejection::{ConnectRejection, PlayRejection, Rejection};
pub use server::ServerSession;
pub use url::RtmpUrl;
