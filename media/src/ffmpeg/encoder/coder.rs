//! The programs and chips that code pictures, and how FFmpeg's wrappers of each are told what is wanted.

use std::fmt;

use ffmpeg_next::Dictionary;
use ffmpeg_next::format::Pixel;

use super::settings::{EncoderSettings, RateControl};
use crate::codec::VideoCodec;

/// Pictures that x264 and x265 look ahead at most.
const MAX_AHEAD: u32 = 250;
/// Pictures from one keyframe to the next where none is asked for; SVT-AV1 would put one every few seconds.
const ALL_BUT_NEVER: u32 = 1 << 20;

/// What codes the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coder {
    /// H.264.
    X264(Preset),
    /// H.265.
    X265(Preset),
    /// AV1, by SVT-AV1's preset: 0 is the slowest, 13 the fastest.
    SvtAv1(u8),
    /// A chip.
    Hardware(&'static Hardware),
}

/// How much work an encoder may take for each bit that it saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    Ultrafast,
    Superfast,
    Veryfast,
    Faster,
    Fast,
    Medium,
    Slow,
}

/// A coder made of hardware, as far as FFmpeg knows one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Hardware {
    /// FFmpeg's name for it.
    pub name: &'static str,
    pub codec: VideoCodec,
    /// It wants chroma interleaved.
    interleaved: bool,
    /// What is said to it, and what in addition where a picture has to come out at once.
    options: &'static [(&'static str, &'static str)],
    low_latency: &'static [(&'static str, &'static str)],
}

const NVENC: Hardware = Hardware {
    name: "h264_nvenc",
    codec: VideoCodec::Avc,
    interleaved: false,
    options: &[("preset", "p5"), ("rc", "cbr"), ("forced-idr", "1"), ("no-scenecut", "1")],
    low_latency: &[("tune", "ull"), ("zerolatency", "1"), ("delay", "0")],
};
const QSV: Hardware = Hardware {
    name: "h264_qsv",
    codec: VideoCodec::Avc,
    interleaved: true,
    options: &[("preset", "slow"), ("forced_idr", "1")],
    low_latency: &[("async_depth", "1")],
};
const AMF: Hardware = Hardware {
    name: "h264_amf",
    codec: VideoCodec::Avc,
    interleaved: true,
    options: &[("quality", "quality"), ("rc", "cbr")],
    low_latency: &[("usage", "ultralowlatency")],
};

impl Hardware {
    /// All that can be tried, those that code best first.
    pub const ALL: &'static [Self] = &[
        Self { name: "av1_nvenc", codec: VideoCodec::Av1, ..NVENC },
        Self { name: "av1_qsv", codec: VideoCodec::Av1, ..QSV },
        Self { name: "av1_amf", codec: VideoCodec::Av1, ..AMF },
        Self { name: "hevc_nvenc", codec: VideoCodec::Hevc, ..NVENC },
        Self { name: "hevc_qsv", codec: VideoCodec::Hevc, ..QSV },
        Self { name: "hevc_amf", codec: VideoCodec::Hevc, ..AMF },
        NVENC,
        QSV,
        AMF,
    ];

    /// Whether this FFmpeg has been built with it. That says nothing of the machine.
    pub fn is_known(&self) -> bool {
        ffmpeg_next::encoder::find_by_name(self.name).is_some()
    }
}

impl Preset {
    /// As x264 and x265 know it.
    const fn name(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Faster => "faster",
            Self::Fast => "fast",
            Self::Medium => "medium",
            Self::Slow => "slow",
        }
    }
}

impl Coder {
    pub const fn codec(self) -> VideoCodec {
        match self {
            Self::X264(_) => VideoCodec::Avc,
            Self::X265(_) => VideoCodec::Hevc,
            Self::SvtAv1(_) => VideoCodec::Av1,
            Self::Hardware(hardware) => hardware.codec,
        }
    }

    /// Whether a keyframe comes where one is asked for, and not only where the interval has it.
    pub const fn forces_keys(self) -> bool {
        !matches!(self, Self::SvtAv1(_))
    }

    /// FFmpeg's name for it.
    pub(super) const fn ffmpeg_name(self) -> &'static str {
        match self {
            Self::X264(_) => "libx264",
            Self::X265(_) => "libx265",
            Self::SvtAv1(_) => "libsvtav1",
            Self::Hardware(hardware) => hardware.name,
        }
    }

    /// How it wants its pictures.
    pub(super) const fn format(self) -> Pixel {
        match self {
            Self::Hardware(Hardware { interleaved: true, .. }) => Pixel::NV12,
            _ => Pixel::YUV420P,
        }
    }

    /// Whether it takes a highest rate from the codec's context. SVT-AV1 takes a rate that is never exceeded for constant
    /// bitrate, which it has without look-ahead only; with it, it stays below the average over some seconds.
    pub(super) const fn has_rate_limit(self) -> bool {
        !matches!(self, Self::SvtAv1(_))
    }

    /// The distance between keyframes for the codec's context. x264 and x265 are told among their own parameters.
    pub(super) fn context_interval(self, settings: &EncoderSettings) -> Option<u32> {
        match self {
            Self::X264(_) | Self::X265(_) => None,
            Self::SvtAv1(_) | Self::Hardware(_) => {
                Some(settings.pictures_between_keys().unwrap_or(ALL_BUT_NEVER))
            }
        }
    }

    /// The options of FFmpeg's wrapper.
    pub(super) fn options(self, settings: &EncoderSettings) -> Dictionary<'static> {
        let mut options = Dictionary::new();
        if let RateControl::Quality { crf, .. } = settings.rate {
            options.set("crf", &crf.to_string());
        }
        match self {
            Self::X264(preset) => {
                options.set("threads", &settings.threads.to_string());
                let own = ["infinite", ":sync-lookahead=0"];
                let parameters = x26_parameters(&mut options, preset, settings, own);
                options.set("x264-params", &parameters);
            }
            Self::X265(preset) => {
                let threads = settings.threads.max(1);
                let own = format!(":open-gop=0:frame-threads=1:pools={threads}:log-level=error");
                let parameters = x26_parameters(&mut options, preset, settings, ["-1", &own]);
                options.set("x265-params", &parameters);
            }
            Self::SvtAv1(preset) => {
                options.set("preset", &preset.to_string());
                let threads = settings.threads.max(1);
                // Each picture predicted from earlier ones only, at a constant bitrate.
                let at_once = if settings.look_ahead.is_none() { ":pred-struct=1:rc=2" } else { "" };
                options.set("svtav1-params", &format!("scd=0:lp={threads}{at_once}"));
            }
            Self::Hardware(hardware) => {
                let at_once = hardware.low_latency.iter().filter(|_| settings.look_ahead.is_none());
                for (name, value) in hardware.options.iter().chain(at_once) {
                    options.set(name, value);
                }
            }
        }
        options
    }
}

/// What x264 and x265 have in common: sets the options, and answers the parameters. `never` stands for no keyframes in
/// between, `own` is what only one of them knows.
fn x26_parameters(
    options: &mut Dictionary<'_>,
    preset: Preset,
    settings: &EncoderSettings,
    [never, own]: [&str; 2],
) -> String {
    options.set("preset", preset.name());
    // A forced keyframe is one that decoding can start at, and not only an I-picture.
    options.set("forced-idr", "1");
    let order = if let Some(ahead) = settings.look_ahead {
        format!("bframes=3:rc-lookahead={}", settings.pictures(ahead).min(MAX_AHEAD))
    } else {
        // A picture that is pushed comes out at once.
        options.set("tune", "zerolatency");
        "bframes=0".to_owned()
    };
    let keys = match settings.pictures_between_keys() {
        Some(pictures) => format!("keyint={pictures}:min-keyint={pictures}"),
        None => format!("keyint={never}"),
    };
    // Without scene cuts: keyframes where nobody asked for them would cut renditions at different instants.
    format!("scenecut=0:{order}:{keys}{own}")
}

impl fmt::Display for Coder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X264(preset) => write!(f, "x264 {}", preset.name()),
            Self::X265(preset) => write!(f, "x265 {}", preset.name()),
            Self::SvtAv1(preset) => write!(f, "SVT-AV1 preset {preset}"),
            Self::Hardware(hardware) => f.write_str(hardware.name),
        }
    }
}
