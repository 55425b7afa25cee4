//! The sessions on tokio: sockets, timeouts, pings.
//!
//! Everything here is cancel-safe: a dropped future loses no bytes, so the methods may stand in `select!`. Any
//! `AsyncRead + AsyncWrite` will do in place of a `TcpStream`.

mod connection;
mod publisher;
mod transport;

pub use connection::ServerConnection;
pub use publisher::Publisher;
