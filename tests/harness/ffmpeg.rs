//! FFmpeg's programs as publisher, as HLS client and as judge.

use std::process::{Command, Output};

use serde_json::Value;

use crate::process::Process;

/// What a publisher sends.
pub struct Publish<'a> {
    /// `WxH`, or none for sound only.
    pub size: Option<&'a str>,
    /// Filters and encoder options for the pictures, beside the usual ones.
    pub video_options: &'a [&'a str],
    /// With a tone.
    pub sound: bool,
    /// How the tone is coded, beside as AAC.
    pub sound_options: &'a [&'a str],
    /// Pictures a second.
    pub rate: u32,
    /// Pictures between keyframes.
    pub gop: u32,
    /// B-frames in a row.
    pub b_frames: u32,
    /// Seconds, then it ends by itself.
    pub seconds: u32,
}

impl Default for Publish<'_> {
    fn default() -> Self {
        let sound_options = &["-b:a", "96k"];
        Self {
            size: Some("480x270"),
            video_options: &[],
            sound: true,
            sound_options,
            rate: 24,
            gop: 48,
            b_frames: 0,
            seconds: 60,
        }
    }
}

impl Publish<'_> {
    /// Starts pushing a moving test picture and a tone at real speed.
    pub fn to(&self, url: &str) -> Process {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-loglevel", "warning", "-re"]);
        if let Some(size) = self.size {
            command.args(["-f", "lavfi", "-i", &format!("testsrc2=size={size}:rate={}", self.rate)]);
        }
        if self.sound {
            // `-re` holds for the input that follows it only.
            command.args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=4:sample_rate=48000"]);
        }
        if self.size.is_some() {
            let (gop, b_frames) = (self.gop.to_string(), self.b_frames.to_string());
            command.args(["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "1"]);
            command.args(["-b:v", "600k", "-maxrate", "600k", "-bufsize", "600k"]);
            command.args(["-g", &gop, "-keyint_min", &gop, "-sc_threshold", "0", "-bf", &b_frames]);
            command.args(self.video_options);
        }
        if self.sound {
            command.args(["-c:a", "aac"]).args(self.sound_options);
        }
        command.args(["-t", &self.seconds.to_string(), "-f", "flv", url]);
        Process::start("ffmpeg publisher", &mut command)
    }
}

/// Runs ffmpeg to its end.
pub fn ffmpeg(arguments: &[&str]) -> Output {
    Command::new("ffmpeg").args(["-hide_banner", "-nostdin", "-y"]).args(arguments).output().unwrap()
}

/// What ffprobe says as JSON.
pub fn probe(input: &str, arguments: &[&str]) -> Value {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json"])
        .args(arguments)
        .arg(input)
        .output()
        .unwrap();
    assert!(output.status.success(), "ffprobe {input}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Reads `seconds` of a live playlist into an MP4 file, without touching the packets.
pub fn record(url: &str, seconds: u32, file: &str) -> Output {
    let output = ffmpeg(&[
        "-loglevel",
        "warning",
        "-live_start_index",
        "-3",
        "-i",
        url,
        "-t",
        &seconds.to_string(),
        "-c",
        "copy",
        file,
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Decodes everything and gives what the decoder complains about; empty if all is well.
pub fn complaints(input: &str) -> String {
    let output = ffmpeg(&["-loglevel", "error", "-i", input, "-f", "null", "-"]);
    String::from_utf8_lossy(&output.stderr).into_owned()
}
