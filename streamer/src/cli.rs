//! What can be typed. [`crate::config`] says what it means.

use std::path::PathBuf;
use std::time::Duration;

use api::Bitrate;
use api::names::StreamName;
use clap::{Args, Parser, Subcommand};
use media::Size;
use models::Preset;
use nets::device::DeviceChoice;

use crate::coder::{CodecChoice, Effort, Latency};
use crate::config::PolicyChoice;
use crate::config::quantity::{seconds, size};

const EXIT_CODES: &str = "\
Exit codes:
  0  done: the source ended, the time was up, or the program was asked to stop; the last line says what reached the server
  1  failed: nothing reached the server, or a file, the network or the machine did not do its part; the last line says what to do
  2  refused: the command has to change (arguments, key, name); the last line says how
  130, 143  ended at once by a second SIGINT or SIGTERM";

/// Sends low-resolution video and, beside it, the network that it trains on what it is showing.
#[derive(Debug, Parser)]
#[command(name = "streamer", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// How log lines are written, to standard error
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "text|json"
    )]
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    // For people.
    #[default]
    Text,
    // One object per line, for programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Stream a source in low resolution, train on it, upload what was learnt
    #[command(after_help = EXIT_CODES)]
    Push(PushArgs),
    /// Train a network on a recording, without a server
    Train(TrainArgs),
    /// Give a server a trained network
    Upload {
        /// Trained network
        #[arg(value_name = "MODEL.safetensors")]
        model: PathBuf,
        /// The server's HTTP address
        #[arg(long, value_name = "URL")]
        server: String,
        /// Public name of the stream
        #[arg(long)]
        name: StreamName,
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Show what this machine can code in, and what that costs
    Codecs {
        /// Size of the sent video
        #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "480x270", value_parser = size)]
        size: Size,
        /// Pictures a second
        #[arg(long, value_name = "RATE", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=240))]
        rate: u32,
    },
    /// Show what a model file holds
    Inspect {
        /// Trained network
        #[arg(value_name = "MODEL.safetensors")]
        model: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct PushArgs {
    /// A media file, `rtmp://127.0.0.1:1936/live` (listens there: let OBS push to it), or `test:`
    pub source: String,
    /// Where to send the video: the server's RTMP address
    #[arg(long, value_name = "rtmp://HOST/live")]
    pub to: String,
    #[command(flatten)]
    pub key: KeyArgs,
    /// The server's HTTP address, for training and uploads [default: http://HOST:8080, HOST as in --to]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Public name that the key stands for on the server
    #[arg(long, default_value = "live")]
    pub name: StreamName,
    /// Size of the sent video, both sides even; pictures of another shape stand between black bars [default: half of the source
    /// in its own shape, 480x270 or 270x480 at most]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub size: Option<Size>,
    /// Bitrate of the sent video
    #[arg(long, default_value = "600k")]
    pub bitrate: Bitrate,
    #[command(flatten)]
    pub coding: CodingArgs,
    /// Send the video only
    #[arg(long)]
    pub no_train: bool,
    /// Bitrate that uploads stay below [default: a tenth of --bitrate]
    #[arg(long, value_name = "BITRATE")]
    pub upload_rate: Option<Bitrate>,
    /// Least time between two uploads of one training
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub upload_every: Duration,
    /// When to train
    #[arg(long, value_enum, default_value_t)]
    pub train: PolicyChoice,
    /// Where to train: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder for what earlier trainings teach about later ones [default: $XDG_STATE_HOME/sharpcast]
    #[arg(long, value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// Play a file again and again
    #[arg(long = "loop")]
    pub looping: bool,
    /// Stop by itself after this time
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub duration: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Recording in high resolution
    pub video: PathBuf,
    /// Where to write the trained network
    #[arg(long, value_name = "MODEL.safetensors")]
    pub out: PathBuf,
    /// Size of the network: nano, mini, small, base or large
    #[arg(long, default_value = "small")]
    pub preset: Preset,
    /// Upscaling factor
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=4))]
    pub scale: u8,
    /// How long to train
    #[arg(long, default_value = "60", value_parser = seconds)]
    pub seconds: Duration,
    /// Threads to train on; more than one pays only on a machine that does nothing else
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// Size of the low-resolution video [default: the recording's divided by --scale]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub size: Option<Size>,
    /// Bitrate of the low-resolution video that the network will have to enhance
    #[arg(long, default_value = "600k")]
    pub bitrate: Bitrate,
    #[command(flatten)]
    pub coding: CodingArgs,
}

/// How the sent video is coded.
#[derive(Debug, Clone, Copy, Args)]
pub struct CodingArgs {
    /// What to code in; auto takes the best that --effort allows: AV1 as a rule, H.264 with --latency low
    #[arg(long, value_enum, default_value_t, hide_possible_values = true, value_name = "auto|h264|hevc|av1")]
    pub codec: CodecChoice,
    /// Share of this machine's cores that coding may take
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub effort: Effort,
    /// low: pictures leave at once; normal: a second later, and 1 to 2 dB better at the same bits
    #[arg(long, value_enum, default_value_t, hide_possible_values = true, value_name = "low|normal")]
    pub latency: Latency,
}

/// The secret, in one of three ways; a file and the environment keep it out of the process list.
#[derive(Args)]
pub struct KeyArgs {
    /// Stream key (others on this machine can see it: prefer --key-file or the environment)
    #[arg(long, env = "SHARPCAST_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// File whose first line is the stream key
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub key_file: Option<PathBuf>,
}

// By hand: a derived one would show the key.
impl std::fmt::Debug for KeyArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyArgs").field("key_file", &self.key_file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn help_as_users_see_it() {
        for name in ["push", "train", "upload", "codecs", "inspect"] {
            let mut command = Cli::command();
            command.build();
            let help = command.find_subcommand_mut(name).unwrap().render_help().to_string();
            insta::assert_snapshot!(format!("help-{name}"), help);
        }
        insta::assert_snapshot!("help", Cli::command().render_help().to_string());
    }

    #[test]
    fn the_key_stays_out_of_debug_output() {
        let cli =
            Cli::try_parse_from(["streamer", "push", "a.mp4", "--to", "rtmp://h/live", "--key", "s3cret"])
                .unwrap();
        assert!(!format!("{cli:?}").contains("s3cret"));
    }

    #[test]
    fn wrong_arguments_say_what_is_right() {
        let push = ["streamer", "push", "a.mp4", "--to", "rtmp://h/live", "--key", "k"];
        for wrong in [
            ["--bitrate", "fast"],
            ["--size", "480"],
            ["--size", "481x270"],
            ["--duration", "-3"],
            ["--name", "a/b"],
            ["--codec", "vp9"],
            ["--effort", "2"],
        ] {
            let error = Cli::try_parse_from(push.iter().chain(&wrong)).unwrap_err();
            insta::assert_snapshot!(
                format!("wrong-{}-{}", &wrong[0][2..], wrong[1].replace('/', "-")),
                error.to_string()
            );
        }
    }
}
