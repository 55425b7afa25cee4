//! Takes one publisher and keeps what it sends behind the handshake, for `tests/captured/`.
//!
//! ```sh
//! cargo run --release -p sharpcast-rtmp --example record -- 127.0.0.1:1935 ffmpeg.rtmp
//! ```

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{env, fs, io};

use rtmp::{Event, Limits, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// C0, C1 and C2.
const HANDSHAKE: usize = 1 + 2 * 1536;

/// A connection that keeps a copy of what is read from it.
struct Recorder<'a> {
    stream: TcpStream,
    record: &'a mut Vec<u8>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, file] = &arguments[..] else { return Err("usage: record ADDRESS FILE".into()) };
    let (stream, _) = TcpListener::bind(address).await?.accept().await?;
    let mut record = Vec::new();
    let recorder = Recorder { stream, record: &mut record };
    let mut connection = ServerConnection::accept(recorder, Limits::default()).await?;
    while let Some(event) = connection.next_event().await? {
        println!("{event:?}");
        if matches!(event, Event::PublishRequested { .. }) {
            connection.accept_publish().await?;
        }
    }
    drop(connection);
    fs::write(file, record.get(HANDSHAKE..).unwrap_or_default())?;
    Ok(())
}

impl AsyncRead for Recorder<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.record.extend_from_slice(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorder<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
