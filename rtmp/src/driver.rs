//! The sessions on tokio: sockets, timeouts, pings.
//!
//! Everything here is cancel-safe: a dropped future loses no bytes, so the methods may stand in `select!`. Any
//! `AsyncRead + AsyncWrite` will do in place of a `TcpStream`.

mod connection;
mod dial;
mod patience;
mod player;
mod publisher;
mod transport;

pub use connection::{ServerConnection, Traffic};
pub use dial::Dialled;
pub use player::Player;
pub use publisher::Publisher;
