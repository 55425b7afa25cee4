//! Connecting to a server, over TLS if its address says so.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use crate::RtmpUrl;

/// Bytes that the system may hold for us. Left to itself it takes megabytes, which at the rates of a thin stream hide
/// a minute of congestion; this is enough for 10 Mbit/s over 100 ms.
pub(super) const SEND_BUFFER: u32 = 128 << 10;

/// A connection to a server, plain or over TLS.
pub type Dialled = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Connects to the first address that answers.
pub(super) async fn open(url: &RtmpUrl) -> io::Result<Dialled> {
    let stream = open_host(url).await?;
    if !url.is_secure() {
        return Ok(Either::Left(stream));
    }
    let name = ServerName::try_from(url.host().to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(trusting_the_system()?).connect(name, stream).await?;
    Ok(Either::Right(Box::new(stream)))
}

async fn open_host(url: &RtmpUrl) -> io::Result<TcpStream> {
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

/// Whom the system trusts, or the file that `SSL_CERT_FILE` names. Read for each connection: there are few, and what is trusted may
/// change while a streamer runs.
fn trusting_the_system() -> io::Result<Arc<ClientConfig>> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(|| "none is installed".to_owned(), ToString::to_string);
        let what = format!(
            "no certificate authority is known, so nobody can be trusted ({why}); install ca-certificates"
        );
        return Err(io::Error::new(io::ErrorKind::NotFound, what));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}
