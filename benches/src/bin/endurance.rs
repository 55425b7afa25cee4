//! An hour of streaming, accelerated: does the server's memory grow once its window is full?
//!
//! FFmpeg pushes a looped clip at several times real speed (`-readrate`), so the enhanced lane is overloaded on purpose and
//! shows its pacing as well. With `--footage` the streamer pushes that file instead, at real speed, and trains; its memory
//! is shown beside the server's. Prints resident memory against media time and, at the end, the growth over the last half.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
use harness::process::program;
use harness::server::KEY;
use harness::{Process, Server};

#[derive(Parser)]
#[command(about = "Does memory grow in an hour of streaming?")]
struct Arguments {
    /// Minutes of media to push
    #[arg(long, default_value_t = 60)]
    minutes: u32,
    /// Times real speed
    #[arg(long, default_value_t = 8)]
    speed: u32,
    /// File that the streamer plays again and again, at real speed, and trains on
    #[arg(long)]
    footage: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = std::env::temp_dir().join(format!("sharpcast-endurance-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let clip = folder.join("clip.flv");
    // Sixty seconds are enough to loop over: 24 pictures a second at 600 kbit/s.
    let made = harness::ffmpeg::ffmpeg(&[
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=480x270:rate=24",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=440:sample_rate=48000",
        "-t",
        "60",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-tune",
        "zerolatency",
        "-g",
        "48",
        "-b:v",
        "600k",
        "-c:a",
        "aac",
        clip.to_str().context("path")?,
    ]);
    anyhow::ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let server = Server::start();
    let mut push = match &arguments.footage {
        Some(footage) => streamer(&server, footage, arguments.minutes),
        None => ffmpeg(&server, &clip, &arguments),
    };
    let mut publisher = Process::start("publisher", &mut push);

    println!(
        "# {} minutes of media at {} times real speed; {}",
        arguments.minutes,
        if arguments.footage.is_some() { 1 } else { arguments.speed },
        measure::machine()
    );
    println!(
        "{:>9} {:>9} {:>10} {:>13} {:>9} {:>9} {:>9}",
        "media_min", "wall_s", "server_MiB", "publisher_MiB", "f_edsr", "plain", "skipped"
    );
    let (start, mut samples, demo) = (Instant::now(), Vec::new(), server.demo());
    while publisher.running() {
        std::thread::sleep(Duration::from_secs(10));
        let media = demo.number("/video/newest_s") - 10.0;
        let rss = resident(server.process.id())?;
        // It may end at any moment.
        let publisher_rss = resident(publisher.id()).unwrap_or(f64::NAN);
        samples.push([rss, publisher_rss]);
        println!(
            "{:>9.1} {:>9.0} {rss:>10.1} {publisher_rss:>13.1} {:>9} {:>9} {:>9}",
            media / 60.0,
            start.elapsed().as_secs_f64(),
            demo.number("/enhance/f_edsr"),
            demo.number("/enhance/plain"),
            demo.number("/enhance/skipped"),
        );
    }
    let half = &samples[samples.len() / 2..];
    for (index, name) in ["server", "publisher"].into_iter().enumerate() {
        let values: Vec<f64> =
            half.iter().map(|sample| sample[index]).filter(|rss| rss.is_finite()).collect();
        let first = values.first().copied().unwrap_or(0.0);
        let last = values.last().copied().unwrap_or(0.0);
        println!(
            "# {name}: growth over the last half {:+.1} MiB (from {first:.1} to {last:.1})",
            last - first
        );
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Pushes `clip` again and again, faster than it is.
fn ffmpeg(server: &Server, clip: &Path, arguments: &Arguments) -> Command {
    let mut push = Command::new("ffmpeg");
    push.args(["-hide_banner", "-loglevel", "error", "-stream_loop", "-1"]);
    push.args(["-readrate", &arguments.speed.to_string(), "-i"]).arg(clip);
    push.args(["-t", &(arguments.minutes * 60).to_string(), "-c", "copy", "-f", "flv", &server.rtmp(KEY)]);
    push
}

/// Streams `footage` again and again, and trains on it.
fn streamer(server: &Server, footage: &Path, minutes: u32) -> Command {
    let mut push = Command::new(program("streamer"));
    push.arg("push").arg(footage).args([
        "--to",
        &server.rtmp_app(),
        "--server",
        &server.http(),
        "--name",
        "demo",
    ]);
    push.args(["--loop", "--duration", &(minutes * 60).to_string()]).env("SHARPCAST_KEY", KEY);
    push
}

/// Resident memory of a process in MiB.
fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("the process is gone")?;
    let kib: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kib / 1024.0)
}
