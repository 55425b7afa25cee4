//! Who speaks for whom, and who may give orders.

use std::net::{IpAddr, SocketAddr};

use api::names::StreamKey;
use axum::http::HeaderMap;
use ipnet::IpNet;

/// Hops that are looked at; a longer list is somebody's game.
const MOST_HOPS: usize = 16;

/// `trusted_proxies` and `admin_key` of `[http]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessSettings {
    pub trusted_proxies: Vec<IpNet>,
    /// The key of orders to the server itself; without one there are none.
    pub admin_key: Option<StreamKey>,
}

impl AccessSettings {
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Whom a request comes from: the peer, or, if that is a trusted proxy, whom it speaks for. Of several proxies behind each other,
    /// each names the one before it, so the list is read from its end, as far as it can be trusted.
    pub(super) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let mut client = peer;
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        for hop in hops.take(MOST_HOPS) {
            if !self.trusts(client.ip()) {
                break;
            }
            // What is no address was not written by a proxy that can be trusted.
            let Some(next) = address(hop.trim()) else { break };
            client = next;
        }
        client
    }
}

/// An address, with or without a port and brackets.
fn address(text: &str) -> Option<SocketAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let without_port = || Some(SocketAddr::new(bare.parse().ok()?, 0));
    text.parse().ok().or_else(without_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let settings = AccessSettings { trusted_proxies, admin_key: None };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        settings.client(SocketAddr::new(peer.parse().unwrap(), 5000), &headers).ip().to_string()
    }

    #[test]
    fn a_trusted_proxy_speaks_for_others_and_nobody_else_does() {
        assert_eq!(client("127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("198.51.100.1", &["203.0.113.7"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("::ffff:127.0.0.1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]:4000"]), "2001:db8::1");
    }

    #[test]
    fn what_a_client_says_of_itself_is_not_believed() {
        assert_eq!(client("127.0.0.1", &["1.2.3.4, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("127.0.0.1", &["1.2.3.4", "203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("127.0.0.1", &["203.0.113.7, 10.1.1.1"]), "203.0.113.7", "through two proxies");
        assert_eq!(client("127.0.0.1", &["203.0.113.7, who knows"]), "127.0.0.1");
    }
}
