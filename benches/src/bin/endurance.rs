//! An hour of streaming, accelerated: does the server's memory grow once its window is full?
//!
//! FFmpeg pushes a looped clip at several times real speed (`-readrate`), so the enhanced lane is overloaded on purpose and
//! shows its pacing as well. Prints resident memory against media time and, at the end, the growth over the last half.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
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
    let mut push = Command::new("ffmpeg");
    push.args(["-hide_banner", "-loglevel", "error", "-stream_loop", "-1"]);
    push.args(["-readrate", &arguments.speed.to_string(), "-i"]).arg(&clip);
    push.args(["-t", &(arguments.minutes * 60).to_string(), "-c", "copy", "-f", "flv", &server.rtmp(KEY)]);
    let mut publisher = Process::start("ffmpeg", &mut push);

    println!(
        "# {} minutes of media at {} times real speed; {}",
        arguments.minutes,
        arguments.speed,
        measure::machine()
    );
    println!(
        "{:>9} {:>9} {:>10} {:>9} {:>9} {:>9}",
        "media_min", "wall_s", "rss_MiB", "f_edsr", "plain", "skipped"
    );
    let (start, mut samples, demo) = (Instant::now(), Vec::new(), server.demo());
    while publisher.running() {
        std::thread::sleep(Duration::from_secs(10));
        let media = demo.number("/video/newest_s") - 10.0;
        let rss = resident(server.process.id())?;
        samples.push(rss);
        println!(
            "{:>9.1} {:>9.0} {rss:>10.1} {:>9} {:>9} {:>9}",
            media / 60.0,
            start.elapsed().as_secs_f64(),
            demo.number("/enhance/f_edsr"),
            demo.number("/enhance/plain"),
            demo.number("/enhance/skipped"),
        );
    }
    let half = &samples[samples.len() / 2..];
    let (first, last) = (half.first().copied().unwrap_or(0.0), half.last().copied().unwrap_or(0.0));
    println!("# growth over the last half: {:+.1} MiB (from {first:.1} to {last:.1})", last - first);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Resident memory of a process in MiB.
fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("the process is gone")?;
    let kib: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kib / 1024.0)
}
