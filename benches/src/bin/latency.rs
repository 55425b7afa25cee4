//! From the publisher's picture to the playlist: how long until a part that holds the picture can be asked for?
//!
//! Pushes synthetic pictures at real speed over RTMP and follows a rendition's playlist with blocking reloads, as a
//! low-latency player does. For every part that appears, the time since its newest and since its oldest picture was written to the
//! socket is noted. The pictures' own capture and encoding lie before that, the player's buffer behind it.

use anyhow::{Context as _, Result};
use clap::Parser;
use harness::server::KEY;
use harness::{Server, hls};
use measure::percentile;
use media::ffmpeg::{Encoder, EncoderSettings, KeyFrames, PictureType, Preset, RateControl};
use media::flv::Muxer;
use media::{FrameRate, MediaTime, Picture, Size, Unit};
use protocol::rtmp::{Publisher, RtmpUrl};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Parser)]
#[command(about = "Publisher's picture to playlist, p50 and p95")]
struct Arguments {
    /// Seconds to measure
    #[arg(long, default_value_t = 40)]
    seconds: u32,
    /// Size of the pushed pictures
    #[arg(long, default_value = "480x270")]
    size: Size,
    /// Net: nano, mini, small ... or auto
    #[arg(long, default_value = "auto")]
    profile: String,
}
