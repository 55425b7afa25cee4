//! The sharpcast server: takes a thin RTMP stream, sharpens it with a small neural network that is trained
//! while the stream runs, and hands out both as HLS.
//!
//! ```text
//! ingest -> streams -> lane (calls inference), sound -> out        http reads all of them
//! ```
//!
//! | module | its one job |
//! |---|---|
//! | [`ingest`] | accept RTMP connections, decide who may publish or play, turn tags into units |
//! | [`apps`] | applications: rules and hooks that decide who may publish and play |
//! | [`hooks`] | HTTP callbacks: other programs are asked and told |
//! | [`clients`] | who is connected over RTMP |
//! | [`streams`] | the registry of streams: timelines, sessions, grace periods, bounded queues |
//! | [`lane`] | one lane per stream: decode, upsample, encode; decides what it can afford |
//! | [`sound`] | sound that browsers do not play becomes sound that they play |
//! | [`inference`] | the nets: who runs them, how a new one is proven and handed over |
//! | [`out`] | where renditions go: HLS (parts, segments and playlists, in memory), RTMP players |
//! | [`http`] | playback, control API, pages, metrics |
//! | [`nginx`] | an nginx.conf in the place of our own configuration |
//! | [`problems`] | what is wrong with a stream, for those who can mend it |
//! | [`abuse`] | how much strangers may do from one address |
//! | [`tls`] | a certificate from files, and the handshake in front of RTMP and HTTP |
//! | [`reload`] | SIGHUP: what of a new configuration can be applied, is |
//! | [`supervisor`] | what the service manager hears: ready, reloading, alive, ending |
//! | [`server`] | composition: starts everything and ends it in a written order |

pub mod abuse;
pub mod apps;
pub mod cli;
pub mod clients;
pub mod config;
pub mod hooks;
pub mod http;
pub mod inference;
pub mod ingest;
pub mod lane;
pub mod manual;
pub mod nginx;
pub mod out;
pub mod problems;
pub mod reload;
pub mod server;
pub mod sound;
pub mod streams;
pub mod supervisor;
pub mod telemetry;
pub mod tls;
