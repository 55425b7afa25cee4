//! How FFmpeg's wrappers of each coder are told what is wanted.

use ffmpeg_next::Dictionary;

use super::coder::{Coder, Preset};
use super::settings::{EncoderSettings, RateControl};

/// Pictures that x264 and x265 look ahead at most.
const MAX_AHEAD: u32 = 250;
/// Pictures from one keyframe to the next where none is asked for; SVT-AV1 would put one every few seconds.
const ALL_BUT_NEVER: u32 = 1 << 20;

/// The distance between keyframes for the codec's context. x264 and x265 are told among their own parameters.
pub(super) fn context_interval(settings: &EncoderSettings) -> Option<u32> {
    match settings.coder {
        Coder::X264(_) | Coder::X265(_) => None,
        Coder::SvtAv1(_) | Coder::Hardware(_) => {
            Some(settings.pictures_between_keys().unwrap_or(ALL_BUT_NEVER))
        }
    }
}

/// The options of FFmpeg's wrapper.
pub(super) fn options(settings: &EncoderSettings) -> Dictionary<'static> {
    let mut options = Dictionary::new();
    if let RateControl::Quality { crf, .. } = settings.rate {
        options.set("crf", &crf.to_string());
    }
    match settings.coder {
        Coder::X264(preset) => {
            options.set("threads", &settings.threads.to_string());
            // Constant quality is asked for where a picture is to be kept as it is, and not as it looks best.
            let kept = matches!(settings.rate, RateControl::Quality { .. });
            let own = if kept { ":sync-lookahead=0:psy=0:aq-mode=0" } else { ":sync-lookahead=0" };
            let parameters = x26_parameters(&mut options, preset, settings, ["infinite", own]);
            options.set("x264-params", &parameters);
        }
        Coder::X265(preset) => {
            let threads = settings.threads.max(1);
            let own = format!(":open-gop=0:frame-threads=1:pools={threads}:log-level=error");
            let parameters = x26_parameters(&mut options, preset, settings, ["-1", &own]);
            options.set("x265-params", &parameters);
        }
        Coder::SvtAv1(preset) => {
            options.set("preset", &preset.to_string());
            let threads = settings.threads.max(1);
            // Each picture predicted from earlier ones only, at a constant bitrate.
            let at_once = if settings.look_ahead.is_none() { ":pred-struct=1:rc=2" } else { "" };
            options.set("svtav1-params", &format!("scd=0:lp={threads}{at_once}"));
        }
        Coder::Hardware(hardware) => {
            let at_once = hardware.low_latency.iter().filter(|_| settings.look_ahead.is_none());
            for (name, value) in hardware.options.iter().chain(at_once) {
                options.set(name, value);
            }
        }
    }
    options
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
