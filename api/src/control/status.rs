//! The state of streams as the API, the pages and the demo see it.

use serde::{Deserialize, Serialize};

use super::training::{TrainingReport, TrainingState};

/// One line of `GET /api/v1/streams`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamSummary {
    pub name: String,
    pub state: StreamState,
    pub watch: String,
    pub playlist: String,
    /// Size of the received video, if there is any.
    pub source: Option<String>,
    /// Size of the enhanced video, if there is any.
    pub enhanced: Option<String>,
    /// What the streamer's trainer does, if it said so.
    #[serde(default)]
    pub training: Option<TrainingState>,
}

/// Where a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamState {
    Idle,
    Live,
    /// The publisher is gone; its playlist waits for it through the grace period.
    Waiting,
}

/// `GET /api/v1/streams/NAME`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamStatus {
    pub name: String,
    pub state: StreamState,
    /// Seconds since the publisher came; none while nobody publishes.
    pub uptime_s: Option<f64>,
    /// Times that a publisher came or timestamps jumped within this playlist.
    pub discontinuities: u64,
    pub video: Option<VideoStatus>,
    pub audio: Option<AudioStatus>,
    pub enhance: Option<EnhanceStatus>,
    /// How the streamer's training stands, if it said so.
    #[serde(default)]
    pub training: Option<TrainingReport>,
    /// What is wrong and somebody can mend, in the order in which it came up; empty as a rule.
    #[serde(default)]
    pub problems: Vec<StreamProblem>,
}

/// Something of a stream that could not be used, or not as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamProblem {
    /// Stable name of the kind, such as `codec-not-supported`.
    pub kind: String,
    /// What was seen last, and what to do.
    pub text: String,
    /// How often it happened in this playlist.
    pub count: u64,
    /// When it came up, in UTC (RFC 3339).
    pub first: String,
    /// When it happened last.
    pub last: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoStatus {
    /// `avc1.64001e`
    pub codec: String,
    pub width: u32,
    pub height: u32,
    /// How wide a pixel is to its height (`16:11`); none where pixels are square.
    #[serde(default)]
    pub pixel_aspect: Option<String>,
    pub frames: u64,
    /// Pictures a second over the last seconds.
    pub frame_rate: f64,
    pub bitrate: u64,
    /// Newest decode time on the stream's timeline.
    pub newest_s: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioStatus {
    /// `mp4a.40.2`
    pub codec: String,
    pub sample_rate: u32,
    pub channels: u8,
    pub bitrate: u64,
}

/// The enhanced rendition: what the lane did with every picture that came in.
///
/// `frames_in == f_edsr + plain + skipped` plus the pictures that are inside the lane right now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnhanceStatus {
    pub width: u32,
    pub height: u32,
    pub frames_in: u64,
    /// Pictures that went through F-EDSR.
    pub f_edsr: u64,
    /// Pictures that went through TCSR as well.
    pub tcsr: u64,
    /// The second stage; none where it is turned off.
    pub temporal: Option<TemporalStatus>,
    /// Pictures that only the Lanczos filter upsampled.
    pub plain: u64,
    /// Of `plain`: because the machine could not keep up.
    pub plain_overload: u64,
    /// Of `plain`: because no net was in use, or it made pictures worse.
    pub plain_no_net: u64,
    /// Of `plain`: because the net failed on that picture.
    pub plain_failed: u64,
    /// Of `plain`: because the net gains nothing on this picture, as the streamer sees it.
    #[serde(default)]
    pub plain_no_gain: u64,
    /// What the server's encoder takes away; none before it was measured.
    #[serde(default)]
    pub way_out: Option<WayOutStatus>,
    /// Coded pictures that were not shown: damaged, or skipped up to the next keyframe under overload.
    pub skipped: u64,
    /// Pictures that came interlaced and were made progressive before anything else.
    #[serde(default)]
    pub deinterlaced: u64,
    /// Milliseconds a picture takes in the net, median of the last pictures.
    pub net_ms: f64,
    /// Milliseconds a picture takes in the whole lane (decode to encode), median of the last pictures.
    pub lane_ms: f64,
    /// Seconds of received video that the lane has not finished.
    pub backlog_s: f64,
    /// Device that runs the net (`cpu`, `cuda:0`).
    pub device: String,
    pub model: Option<ModelInUse>,
    /// Every swap since the stream began, oldest first, bounded to the last 64.
    pub history: Vec<SwapRecord>,
}

/// The way from the enhanced picture to the one that viewers decode. Gains in this status are those of the latter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WayOutStatus {
    /// The constant rate factor in use: lower is better and larger.
    pub quality: f64,
    /// PSNR of luma of what viewers decode against what went into the encoder.
    pub fidelity_db: f64,
    /// What the encoder takes of the enhanced picture's PSNR; none where no streamer says how good that is.
    pub loss_db: Option<f64>,
}

/// The second stage, TCSR: which pictures it refines is decided by what they cost and by what there is time for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemporalStatus {
    /// Pictures a second that can be afforded as things are; 0 while it is not known or nothing is left over.
    pub affordable: f64,
    /// Milliseconds that refining a picture takes, median of the last ones.
    pub ms: f64,
    /// Refined because they are keyframes.
    pub key: u64,
    /// Refined because much had changed since the one before.
    pub change: u64,
    /// Refined because there was time left.
    pub spare: u64,
    /// The last refined pictures, the oldest first.
    pub chosen: Vec<RefinedPicture>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefinedPicture {
    /// Presentation time.
    pub at_s: f64,
    pub reason: RefinedReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefinedReason {
    Key,
    /// Much had changed since the last refined picture.
    Change,
    Spare,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInUse {
    /// 0 for stock weights, then counts up.
    pub version: u64,
    pub fingerprint: String,
    /// `f-edsr small 16x4 x2`
    pub architecture: String,
    pub origin: ModelOrigin,
    /// Gain over Lanczos upsampling in dB that the trainer measured, if it said so.
    pub gain_db: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelOrigin {
    Stock,
    /// Uploaded by the streamer.
    Trained,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwapRecord {
    pub version: u64,
    pub fingerprint: String,
    pub origin: ModelOrigin,
    /// Presentation time of the first picture that it made.
    pub from_s: f64,
    /// Pictures that had come in before the swap.
    pub frames_in: u64,
    /// Gain over Lanczos upsampling in dB that the trainer measured, if it said so.
    pub gain_db: Option<f64>,
    /// Milliseconds from the package's arrival to its first picture.
    pub took_ms: f64,
}
