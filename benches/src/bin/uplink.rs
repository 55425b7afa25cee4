//! Do uploads disturb the video? A real streamer and a real server with a thin uplink between them, three times:
//! without training, with training and the default upload rate, and with uploads as fast as they go.
//!
//! For every picture that arrives at the server's side of the link: how late is it, compared with the picture that was
//! fastest? `late` is all of it, the streamer's own delays on a busy machine included; `in link` is the waiting before the
//! bottleneck and on it. Keyframes wait in all runs; `added` is what the same picture waited longer in the link than in the
//! first run.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use harness::Server;
use harness::ffmpeg::probe;
use harness::process::{Process, program};
use harness::server::KEY;
use measure::percentile;
use measure::uplink::{Arrival, Link, Proxy};

#[derive(Parser)]
#[command(about = "Delay of pictures on a thin uplink, with and without uploads beside them")]
struct Arguments {
    /// Seconds of each run
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What to stream
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../.deps/footage/trailer.mp4"))]
    source: String,
    /// Size of the sent video
    #[arg(long, default_value = "480x270")]
    size: String,
    /// Bits a second of the sent video
    #[arg(long, default_value_t = 600_000)]
    bitrate: u64,
    /// Bits a second of the uplink [default: 1.25 times video and sound]
    #[arg(long)]
    link: Option<u64>,
    /// Bytes that may wait before the uplink; home routers hold tens to hundreds of kilobytes
    #[arg(long, default_value_t = 65_536)]
    queue: usize,
    /// Net that is trained and uploaded: nano, mini, small ...
    #[arg(long, default_value = "small")]
    profile: String,
    /// Least seconds between two uploads
    #[arg(long, default_value_t = 5)]
    upload_every: u64,
}

/// Pictures of a run's beginning are left out: connecting, and what waited meanwhile.
const SETTLING: Duration = Duration::from_secs(5);

/// The three runs: what they are called, and what the streamer is told.
const RUNS: [(&str, &[&str]); 3] = [
    ("no training", &["--no-train"]),
    ("uploads at a tenth", &[]),
    ("uploads unpaced", &["--upload-rate", "100M"]),
];

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let sound = sound(&arguments.source);
    let bits_per_second = arguments.link.unwrap_or((arguments.bitrate + sound) * 5 / 4);
    let link = Link { bits_per_second, queue: arguments.queue };
    println!(
        "# {} at {} kbit/s and sound at {} kbit/s over {} kbit/s, queue {} KiB, net {}, {} s each",
        arguments.size,
        arguments.bitrate / 1000,
        sound / 1000,
        bits_per_second / 1000,
        arguments.queue / 1024,
        arguments.profile,
        arguments.seconds
    );
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("# {}; load before: {}", measure::machine(), load.trim());
    println!(
        "{:>20} {:>8} {:>22} {:>22} {:>22} {:>7} {:>8} {:>6} {:>6}",
        "ms: p50 p95 max", "pictures", "late", "in link", "added", "uploads", "kB", "link", "unsent"
    );
    let mut reference = None;
    for (name, options) in RUNS {
        let pictures = run(&arguments, link, name, options, reference.as_ref())?;
        reference.get_or_insert(pictures);
    }
    Ok(())
}

/// How long pictures were in the link, in milliseconds, by their time.
type Pictures = BTreeMap<Duration, f64>;

/// One run; prints its line.
fn run(
    arguments: &Arguments,
    link: Link,
    name: &str,
    options: &[&str],
    reference: Option<&Pictures>,
) -> Result<Pictures> {
    let server = Server::with(&format!("profile = \"{}\"\ntemporal = \"off\"", arguments.profile), "");
    let http = server.http();
    let http = http.strip_prefix("http://").context("the harness speaks HTTP")?;
    let proxy = Proxy::start(link, server.rtmp_address(), http)?;
    let mut streamer = Process::start("streamer", &mut streamer(arguments, &proxy, options));
    let ended = streamer.wait(Duration::from_secs(arguments.seconds + 30));
    ensure!(ended.success(), "{name}: {}", streamer.stderr());
    let said = streamer.stdout();
    let last = said.lines().last().unwrap_or_default();
    let field = |key: &str| {
        let value = last.split(' ').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        value.and_then(|value| value.parse::<u64>().ok()).unwrap_or(0)
    };
    let arrivals = settled(&proxy.arrivals());
    let pictures: Pictures = arrivals.iter().map(|arrival| (arrival.time, ms(arrival.in_link))).collect();
    let added = pictures.iter().filter_map(|(time, waited)| Some(waited - reference?.get(time)?));
    let used = proxy.bytes() as f64 * 8.0 / (link.bits_per_second as f64 * arguments.seconds as f64);
    println!(
        "{name:>20} {:>8} {:>22} {:>22} {:>22} {:>7} {:>8.1} {:>5.0}% {:>6}",
        arrivals.len(),
        quantiles(lateness(&arrivals)),
        quantiles(pictures.values().copied().collect()),
        quantiles(added.collect()),
        field("uploads"),
        field("upload_bytes") as f64 / 1e3,
        used * 100.0,
        field("unsent"),
    );
    Ok(pictures)
}

fn streamer(arguments: &Arguments, proxy: &Proxy, options: &[&str]) -> Command {
    let mut command = Command::new(program("streamer"));
    command.args(["push", &arguments.source, "--loop", "--name", "demo", "--size", &arguments.size]);
    command.args(["--to", &format!("rtmp://{}/live", proxy.rtmp())]);
    command.args(["--server", &format!("http://{}", proxy.http())]);
    command.args(["--bitrate", &arguments.bitrate.to_string(), "--duration", &arguments.seconds.to_string()]);
    command.args(["--upload-every", &arguments.upload_every.to_string()]).args(options);
    command.env("SHARPCAST_KEY", KEY);
    command
}

fn settled(arrivals: &[Arrival]) -> Vec<Arrival> {
    let settled = arrivals.first().map(|first| first.at + SETTLING);
    arrivals.iter().filter(|arrival| Some(arrival.at) > settled).copied().collect()
}

/// How much later each picture came than the fastest one, in milliseconds.
fn lateness(arrivals: &[Arrival]) -> Vec<f64> {
    let Some(first) = arrivals.first() else { return Vec::new() };
    let delay = |arrival: &Arrival| ms(arrival.at - first.at) - ms(arrival.time);
    let fastest = arrivals.iter().map(delay).fold(f64::INFINITY, f64::min);
    arrivals.iter().map(|arrival| delay(arrival) - fastest).collect()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn quantiles(mut values: Vec<f64>) -> String {
    if values.is_empty() {
        return "-".to_owned();
    }
    [0.5, 0.95, 1.0].map(|p| format!("{:>7.0}", percentile(&mut values, p))).concat()
}

/// Bits a second of the source's sound, which goes out as it is; 0 if it has none.
fn sound(source: &str) -> u64 {
    let found = probe(source, &["-select_streams", "a:0", "-show_entries", "stream=bit_rate"]);
    found.pointer("/streams/0/bit_rate").and_then(|rate| rate.as_str()?.parse().ok()).unwrap_or(0)
}
