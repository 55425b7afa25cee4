//! The `rtmp {}` block, with what inner blocks inherit from outer ones, and what of `http {}` belongs to it.

mod read;
mod settings;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::conf::Directive;

pub use settings::Settings;

/// A configuration.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    pub servers: Vec<Server>,
    /// Locations of `http {}` that show statistics, take orders, or hand out a folder.
    pub locations: Vec<HttpLocation>,
    /// Every directive of nginx-rtmp that occurs, as it stands there.
    pub used: Vec<Directive>,
    /// Every other one: nginx's own business.
    pub other: Vec<Directive>,
}

#[derive(Debug, Clone)]
pub struct Server {
    pub listen: Vec<SocketAddr>,
    pub settings: Settings,
    pub applications: Vec<Application>,
}

#[derive(Debug, Clone)]
pub struct Application {
    pub name: String,
    pub settings: Settings,
    /// Named recorders, in their order.
    pub recorders: Vec<Recorder>,
}

#[derive(Debug, Clone)]
pub struct Recorder {
    pub name: String,
    pub settings: Settings,
}

/// `location PATH { ... }` within `http { server { listen ...; } }`.
#[derive(Debug, Clone, Default)]
pub struct HttpLocation {
    pub listen: Vec<SocketAddr>,
    pub path: String,
    pub stat: bool,
    pub stylesheet: Option<String>,
    /// Which kinds of orders are taken: `record`, `drop`, `redirect`.
    pub control: Vec<String>,
    /// The folder whose files it hands out.
    pub folder: Option<Folder>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// The location's path stands behind it.
    Root(PathBuf),
    /// The location's path is replaced by it.
    Alias(PathBuf),
}

/// A rule of `allow` or `deny`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub allows: bool,
    pub publish: bool,
    pub play: bool,
    /// `all`, or none.
    pub from: Option<(IpAddr, u8)>,
}

/// `push` or `pull`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relay {
    pub url: String,
    pub name: Option<String>,
    pub app: Option<String>,
    pub tc_url: Option<String>,
    pub page_url: Option<String>,
    pub swf_url: Option<String>,
    pub flash_version: Option<String>,
    pub play_path: Option<String>,
    /// Begins with the server, not with the first player.
    pub is_static: bool,
}

/// One entry of `hls_variant`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub suffix: String,
    /// What stands behind `EXT-X-STREAM-INF:`.
    pub arguments: Vec<String>,
}

#[cfg(test)]
mod tests;
