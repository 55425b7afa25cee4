//! The `rtmp {}` block, with what inner blocks inherit from outer ones, and what of `http {}` belongs to it.

mod access;
mod http;
mod read;
mod settings;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::conf::Directive;

pub use access::{Access, Action, Rule};
pub use settings::Settings;
pub use values::{Relay, Variant};

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

/// `location PATH { ... }` within `http { server { listen ...; } }`; what a server says itself is its location `/`.
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

#[cfg(test)]
mod tests;
