//! The proxy: two listening ports, one link.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use super::tap::Tap;
use super::{Arrival, Link, MTU, Schedule};

/// Packets that may wait, however small they are.
const PACKETS: usize = 4096;
/// What the proxy's own sockets hold back per connection; small, so that waiting is done in the link's queue.
const SOCKET_BUFFER: u32 = 8 << 10;

/// A running proxy; ends when dropped.
pub struct Proxy {
    rtmp: SocketAddr,
    http: SocketAddr,
    seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What came out of the link.
#[derive(Default)]
struct Seen {
    arrivals: Mutex<Vec<Arrival>>,
    bytes: AtomicU64,
}

/// One packet on its way.
struct Packet {
    bytes: Vec<u8>,
    entered: Instant,
    to: Arc<tokio::sync::Mutex<FarSide>>,
    _room: OwnedSemaphorePermit,
}

/// A connection's other half.
struct FarSide {
    write: OwnedWriteHalf,
    tap: Option<Tap>,
}

impl Proxy {
    /// Between a streamer and these addresses of a server.
    pub fn start(link: Link, rtmp: &str, http: &str) -> Result<Self> {
        let (rtmp, http): (SocketAddr, SocketAddr) = (rtmp.parse()?, http.parse()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (rtmp_listener, http_listener) =
            runtime.block_on(async { Ok::<_, anyhow::Error>((listen()?, listen()?)) })?;
        let (rtmp_address, http_address) = (rtmp_listener.local_addr()?, http_listener.local_addr()?);
        let seen = Arc::<Seen>::default();
        let (stop, stopped) = oneshot::channel();
        let seen_by_link = Arc::clone(&seen);
        let thread = std::thread::Builder::new().name("uplink".to_owned()).spawn(move || {
            runtime.block_on(async {
                let (queue, packets) = mpsc::channel(PACKETS);
                let way = Way { queue, room: Arc::new(Semaphore::new(link.queue)) };
                let mut tasks = JoinSet::new();
                tasks.spawn(carry(link, packets, seen_by_link));
                tasks.spawn(accept(rtmp_listener, rtmp, Tapped::Yes, way.clone()));
                tasks.spawn(accept(http_listener, http, Tapped::No, way));
                // An error is the sender's end, which means the same.
                let _ = stopped.await;
                tasks.shutdown().await;
            });
        })?;
        Ok(Self { rtmp: rtmp_address, http: http_address, seen, stop: Some(stop), thread: Some(thread) })
    }

    /// Where to publish.
    pub fn rtmp(&self) -> SocketAddr {
        self.rtmp
    }

    /// Where the control API is.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// All pictures that have arrived.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.seen.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Bytes that the link has carried.
    pub fn bytes(&self) -> u64 {
        self.seen.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("the proxy panicked; its figures are not worth anything");
        }
    }
}

/// Whether pictures are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tapped {
    Yes,
    No,
}

/// How packets get onto the link.
#[derive(Clone)]
struct Way {
    queue: mpsc::Sender<Packet>,
    room: Arc<Semaphore>,
}

fn listen() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(SOCKET_BUFFER)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    Ok(socket.listen(16)?)
}

async fn accept(listener: TcpListener, server: SocketAddr, tapped: Tapped, way: Way) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let way = way.clone();
        connections.spawn(async move {
            // How connections end is the programs' business.
            let _ = connect(client, server, tapped, way).await;
        });
    }
}

/// Both directions of one connection, until both have ended.
async fn connect(client: TcpStream, server: SocketAddr, tapped: Tapped, way: Way) -> Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_read, mut client_write) = client.into_split();
    let (mut server_read, server_write) = server.into_split();
    let tap = (tapped == Tapped::Yes).then(Tap::new);
    let far = Arc::new(tokio::sync::Mutex::new(FarSide { write: server_write, tap }));
    let down = async {
        let copied = tokio::io::copy(&mut server_read, &mut client_write).await;
        client_write.shutdown().await.and(copied.map(drop))
    };
    let (up, down) = tokio::join!(up(client_read, far, way), down);
    up.and(down.map_err(Into::into))
}

/// From the streamer onto the link; an empty packet is the end.
async fn up(mut client: OwnedReadHalf, to: Arc<tokio::sync::Mutex<FarSide>>, way: Way) -> Result<()> {
    let mut buffer = [0; MTU];
    loop {
        // An error of the streamer's side ends the server's side, too.
        let read = client.read(&mut buffer).await.unwrap_or(0);
        let entered = Instant::now();
        let room = Arc::clone(&way.room).acquire_many_owned(read as u32).await?;
        let packet = Packet { bytes: buffer[..read].to_vec(), entered, to: Arc::clone(&to), _room: room };
        way.queue.send(packet).await.ok().context("the link has ended")?;
        if read == 0 {
            return Ok(());
        }
    }
}

/// The link itself.
async fn carry(link: Link, mut packets: mpsc::Receiver<Packet>, seen: Arc<Seen>) {
    let mut schedule = Schedule::new(link, Instant::now());
    while let Some(packet) = packets.recv().await {
        sleep_until(schedule.next(packet.bytes.len(), packet.entered).into()).await;
        let mut far = packet.to.lock().await;
        if packet.bytes.is_empty() {
            // It may be closed already.
            let _ = far.write.shutdown().await;
            continue;
        }
        // A server that has hung up tells the streamer in the other direction.
        let _ = far.write.write_all(&packet.bytes).await;
        let now = Instant::now();
        seen.bytes.fetch_add(packet.bytes.len() as u64, Ordering::Relaxed);
        if let Some(tap) = &mut far.tap {
            match tap.read(&packet.bytes, now, now - packet.entered) {
                Ok(arrived) => {
                    seen.arrivals.lock().unwrap_or_else(PoisonError::into_inner).extend(arrived);
                }
                Err(error) => {
                    eprintln!("not RTMP on the RTMP port: {error}");
                    far.tap = None;
                }
            }
        }
    }
}
