//! The sharpcast server: takes a thin RTMP stream, sharpens it with a small neural network that is trained
//! while the stream runs, and hands out both as HLS.
//!
//! How data flows is how the modules follow one another:
//!
//! ```text
//! ingest -> hub -> pipeline -> enhance -> hls -> http
//! ```
//!
//! | module | its one job |
//! |---|---|
//! | [`ingest`] | accept RTMP connections, decide who may publish, turn tags into units |
//! | [`hub`] | the registry of streams: timelines, sessions, grace periods, bounded queues |
//! | [`pipeline`] | one lane per stream: decode, upsample, encode; decides what it can afford |
//! | [`enhance`] | the nets: who runs them, how a new one is proven and handed over |
//! | [`hls`] | parts, segments and playlists, in memory |
//! | [`http`] | playback, control API, pages, metrics |
//! | [`server`] | composition: starts everything and ends it in a written order |

pub mod cli;
pub mod config;
pub mod enhance;
pub mod hls;
pub mod http;
pub mod hub;
pub mod ingest;
pub mod pipeline;
pub mod server;
pub mod shutdown;
pub mod telemetry;
