//! TLS in front of RTMP and HTTP: a certificate from files, read again when they change, and the handshake.
//!
//! Connections that there are keep the certificate they began with; the next ones get the new one. Files that cannot be read, or do
//! not belong together, change nothing: the old certificate stays, and the log says why.

mod certificate;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::Invalid;
use api::shutdown::Shutdown;
use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use certificate::{Certificate, Stamp};

pub use certificate::TlsSettings;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// A certificate that ends sooner is warned of, once a day.
const SOON: Duration = Duration::from_secs(14 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// The certificate that is shown to whoever connects.
#[derive(Debug)]
pub struct Tls {
    settings: TlsSettings,
    provider: Arc<CryptoProvider>,
    current: RwLock<Certificate>,
}

impl Tls {
    pub fn read(settings: TlsSettings) -> Result<Arc<Self>, Invalid> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let first = Certificate::read(&settings, &provider)?;
        Ok(Arc::new(Self { settings, provider, current: RwLock::new(first) }))
    }

    /// What connections of a listener begin with. `protocols` are offered by ALPN.
    pub fn handshake(self: &Arc<Self>, protocols: &[&str]) -> Handshake {
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("the provider knows TLS 1.2 and 1.3");
        let resolver: Arc<dyn ResolvesServerCert> = Arc::new(Shown(Arc::clone(self)));
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Handshake(TlsAcceptor::from(Arc::new(config)))
    }

    /// When the certificate ends.
    pub fn ends(&self) -> SystemTime {
        self.current.read().ends
    }

    /// Looks at the files until the server ends.
    pub async fn keep_fresh(self: Arc<Self>, shutdown: Shutdown) {
        let mut seen = self.current.read().stamp.clone();
        let mut warned = None::<SystemTime>;
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                () = sleep(LOOK) => {}
            }
            self.look(&mut seen);
            let now = SystemTime::now();
            let left = self.ends().duration_since(now).unwrap_or_default();
            let lately = warned.is_some_and(|at| now.duration_since(at).is_ok_and(|since| since < DAY));
            if left < SOON && !lately {
                warned = Some(now);
                let file = self.settings.certificate.display();
                tracing::warn!(
                    days = left.as_secs() / 86_400,
                    "the certificate in {file} ends soon; renew it"
                );
            }
        }
    }

    /// Reads the files if they are others than those that were seen last.
    fn look(&self, seen: &mut Stamp) {
        let stamp = Stamp::of(&self.settings);
        if stamp == *seen {
            return;
        }
        *seen = stamp;
        match Certificate::read(&self.settings, &self.provider) {
            Ok(new) => {
                *self.current.write() = new;
                tracing::info!("the new certificate is shown from now on");
            }
            // Of two files that are being replaced, one may be there first; the other one is seen the next time.
            Err(error) => tracing::warn!("the old certificate stays: {error}"),
        }
    }
}

/// Hands out what is current.
#[derive(Debug)]
struct Shown(Arc<Tls>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.current.read().key))
    }
}

/// The beginning of a connection over TLS. Cheap to clone.
#[derive(Clone)]
pub struct Handshake(TlsAcceptor);

impl Handshake {
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the peer did not finish the TLS handshake");
        timeout(HANDSHAKE, self.0.accept(stream)).await.map_err(late)?
    }
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handshake")
    }
}
