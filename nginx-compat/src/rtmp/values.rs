//! What single directives say.

use std::net::IpAddr;

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
