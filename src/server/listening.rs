//! The ports: who listens where, and what a connection begins with.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::{Config, ListenSettings};
use crate::ingest::IngestSettings;
use crate::tls::{Handshake, Tls};

/// A port, and what connections to it begin with.
pub(super) struct Port {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Handshake>,
}

/// All ports, the plain ones first.
pub(super) struct Listening {
    pub(super) rtmp: Vec<(Port, IngestSettings)>,
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
        let usual = ports(&config.rtmp, "RTMP", "--rtmp", rtmps).await?;
        let mut rtmp: Vec<_> = usual.into_iter().map(|port| (port, config.ingest.clone())).collect();
        for (address, settings) in &config.rtmp_also {
            let port = Port { listener: bind(*address, "RTMP", "--rtmp").await?, tls: None };
            rtmp.push((port, settings.clone()));
        }
        Ok(Self { rtmp, http: ports(&config.http, "HTTP", "--http", https).await? })
    }

    pub(super) fn addresses(&self) -> anyhow::Result<Addresses> {
        let rtmp: Vec<&Port> = self.rtmp.iter().map(|(port, _)| port).collect();
        let http: Vec<&Port> = self.http.iter().collect();
        let find = |ports: &[&Port], secure: bool| {
            let port = ports.iter().find(|port| port.tls.is_some() == secure);
            port.map(|port| port.listener.local_addr()).transpose().map_err(anyhow::Error::from)
        };
        let plain = |ports: &[&Port]| find(ports, false)?.context("no plain port");
        Ok(Addresses {
            rtmp: plain(&rtmp)?,
            http: plain(&http)?,
            rtmps: find(&rtmp, true)?,
            https: find(&http, true)?,
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
    let mut ports = vec![Port { listener: bind(settings.listen, what, option).await?, tls: None }];
    if let Some(address) = settings.listen_tls {
        ports.push(Port { listener: bind(address, what, "`listen_tls`").await?, tls });
    }
    Ok(ports)
}

async fn bind(address: SocketAddr, what: &str, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen for {what} on {address}; choose another address with {option}")
    })
}
