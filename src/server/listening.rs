//! The ports: who listens where, and what a connection begins with.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::{Config, ListenSettings};
use crate::tls::{Handshake, Tls};

/// A port, and the handshake that connections to it begin with.
type Port = (TcpListener, Option<Handshake>);

/// All ports, the plain ones first.
pub(super) struct Listening {
    pub(super) rtmp: Vec<Port>,
    pub(super) http: Vec<Port>,
}

/// Where programs find them.
pub(super) struct Addresses {
    pub(super) rtmp: SocketAddr,
    pub(super) http: SocketAddr,
    rtmps: Option<SocketAddr>,
    https: Option<SocketAddr>,
}

impl Listening {
    pub(super) async fn bind(config: &Config, tls: Option<&Arc<Tls>>) -> anyhow::Result<Self> {
        let rtmps = tls.map(|tls| tls.handshake(&[]));
        let https = tls.map(|tls| tls.handshake(&["h2", "http/1.1"]));
        let mut rtmp = ports(&config.rtmp, "RTMP", "--rtmp", rtmps).await?;
        for address in &config.rtmp_also {
            rtmp.push((bind(*address, "RTMP", "--rtmp").await?, None));
        }
        Ok(Self { rtmp, http: ports(&config.http, "HTTP", "--http", https).await? })
    }

    pub(super) fn addresses(&self) -> anyhow::Result<Addresses> {
        let find = |ports: &[Port], secure: bool| {
            let port = ports.iter().find(|(_, tls)| tls.is_some() == secure);
            port.map(|(listener, _)| listener.local_addr()).transpose().map_err(anyhow::Error::from)
        };
        let plain = |ports: &[Port]| find(ports, false)?.context("no plain port");
        Ok(Addresses {
            rtmp: plain(&self.rtmp)?,
            http: plain(&self.http)?,
            rtmps: find(&self.rtmp, true)?,
            https: find(&self.http, true)?,
        })
    }
}

/// `rtmp=ADDRESS http=ADDRESS`, and behind them those over TLS.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rtmp={} http={}", self.rtmp, self.http)?;
        for (name, address) in [("rtmps", self.rtmps), ("https", self.https)] {
            if let Some(address) = address {
                write!(f, " {name}={address}")?;
            }
        }
        Ok(())
    }
}

async fn ports(
    settings: &ListenSettings,
    what: &str,
    option: &str,
    tls: Option<Handshake>,
) -> anyhow::Result<Vec<Port>> {
    let mut ports = vec![(bind(settings.listen, what, option).await?, None)];
    if let Some(address) = settings.listen_tls {
        ports.push((bind(address, what, "`listen_tls`").await?, tls));
    }
    Ok(ports)
}

async fn bind(address: SocketAddr, what: &str, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen for {what} on {address}; choose another address with {option}")
    })
}
