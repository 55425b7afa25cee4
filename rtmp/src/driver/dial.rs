//! Connecting to a server.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::RtmpUrl;

/// Bytes that the system may hold for us. Left to itself it takes megabytes, which at the rates of a thin stream hide
/// a minute of congestion; this is enough for 10 Mbit/s over 100 ms.
pub(super) const SEND_BUFFER: u32 = 128 << 10;

/// Connects to the first address that answers.
pub(super) async fn open(url: &RtmpUrl) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in lookup_host((url.host(), url.port())).await? {
        match open_address(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn open_address(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    let stream = socket.connect(address).await?;
    // Tags are written whole, so waiting for more to send would only add latency.
    stream.set_nodelay(true)?;
    Ok(stream)
}
