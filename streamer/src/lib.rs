//! The streamer: sends low-resolution video and, beside it, the network that it trains on what it is showing.
//!
//! | module | job |
//! |---|---|
//! | [`cli`], [`config`] | what can be typed, and what it means |
//! | [`session`] | `streamer push` from the first picture to the last |
//! | [`source`] | pictures in high resolution: a file, a publisher such as OBS, generated ones |
//! | [`coder`] | from the source to the queue of coded units |
//! | [`framing`] | which size is sent, and where a picture stands in it |
//! | [`push`] | from that queue to the server, over RTMP |
//! | [`training`] | beside the video: [`pairs`], [`trainer`] |
//! | [`upload`] | what was learnt, and how it goes, to the server over HTTP |
//! | [`command`] | `train`, `upload`, `codecs`, `inspect` |
//! | [`status`] | what is shown while it runs |
//! | [`backoff`], [`clock`], [`failure`] | tools of the above |
//!
//! The video waits for nothing but its source; every queue has a bound, a rule for overflow and a counter.

pub mod backoff;
pub mod cli;
pub mod clock;
pub mod coder;
pub mod command;
pub mod config;
pub mod failure;
pub mod framing;
pub mod pairs;
pub mod push;
pub mod session;
pub mod source;
pub mod status;
pub mod trainer;
pub mod training;
pub mod upload;
