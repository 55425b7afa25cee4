//! From the publisher's picture to the playlist: how long until a part that holds the picture can be asked for?
//!
//! Pushes synthetic pictures at real speed over RTMP and follows a rendition's playlist with blocking reloads, as a
//! low-latency player does. For every part that appears, the time since its newest and since its oldest picture was written to the
//! socket is noted. The pictures' own capture and encoding lie before that, the player's buffer behind it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
use harness::server::KEY;
use harness::{Server, hls};
use measure::percentile;
use media::ffmpeg::{Coder, Encoder, EncoderSettings, Preset, RateControl};
use media::flv::Muxer;
use media::{FrameRate, MediaTime, Picture, Size, Unit};
use rtmp::{Publisher, RtmpUrl};

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

/// When each picture was written to the socket, by its time on the publisher's clock.
type Sent = Arc<Mutex<BTreeMap<MediaTime, Instant>>>;

const RATE: FrameRate = FrameRate { num: 24, den: 1 };

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    let arguments = Arguments::parse();
    let server = Server::with(&format!("profile = \"{}\"", arguments.profile), "");
    let sent = Sent::default();
    let publisher = {
        let (sent, url, size) = (Arc::clone(&sent), server.rtmp_app(), arguments.size);
        let seconds = arguments.seconds + 10; // the playlist needs a segment or two before it can be followed
        std::thread::Builder::new()
            .name("publisher".into())
            .spawn(move || publish(&url, size, seconds, &sent))?
    };
    println!("# {} at 24/s, profile {}; {}", arguments.size, arguments.profile, measure::machine());
    println!(
        "{:>10} {:>8} {:>12} {:>12} {:>12} {:>12}",
        "rendition", "parts", "newest_p50", "newest_p95", "oldest_p50", "oldest_p95"
    );
    let followers: Vec<_> = ["source", "enhanced"]
        .map(|rendition| {
            let (sent, end) = (Arc::clone(&sent), Duration::from_secs(u64::from(arguments.seconds)));
            let url = server.demo().rendition_url(rendition);
            server.demo().wait_playable(rendition);
            (rendition, std::thread::spawn(move || follow(&url, end, &sent)))
        })
        .into();
    for (rendition, follower) in followers {
        let (mut newest, mut oldest) =
            follower.join().map_err(|_| anyhow::anyhow!("the follower panicked"))??;
        let ms = |values: &mut [f64], p| format!("{:.0} ms", percentile(values, p) * 1e3);
        println!(
            "{rendition:>10} {:>8} {:>12} {:>12} {:>12} {:>12}",
            newest.len(),
            ms(&mut newest, 0.5),
            ms(&mut newest, 0.95),
            ms(&mut oldest, 0.5),
            ms(&mut oldest, 0.95),
        );
    }
    drop(server);
    // The server is gone, so the publisher ends with an error; what it sent is what counts.
    let _ = publisher.join();
    Ok(())
}

/// Pushes moving stripes at real speed until the time is over or the server is gone.
fn publish(url: &str, size: Size, seconds: u32, sent: &Sent) -> Result<()> {
    let mut encoder = Encoder::new(&EncoderSettings {
        size,
        frame_rate: RATE,
        rate: RateControl::Bitrate(600_000),
        coder: Coder::X264(Preset::Veryfast),
        look_ahead: None,
        key_interval: Some(MediaTime::from_millis(2000)),
        threads: 1,
        colour: media::Colour::default(),
        aspect: media::PixelAspect::SQUARE,
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let url: RtmpUrl = url.parse()?;
    let mut publisher = runtime.block_on(Publisher::connect(&url, &KEY.into(), Duration::from_secs(5)))?;
    let mut muxer = Muxer::new();
    runtime.block_on(publisher.send(&muxer.tag(&Unit::VideoConfig(encoder.config()))))?;
    let start = Instant::now();
    for index in 0..i64::from(seconds * RATE.num) {
        let pts = RATE.frame_duration() * index;
        std::thread::sleep((start + pts.to_duration()).saturating_duration_since(Instant::now()));
        encoder.push(&stripes(size, index as usize, pts), false)?;
        while let Some(packet) = encoder.pull()? {
            runtime.block_on(publisher.send(&muxer.tag(&Unit::Packet(packet))))?;
        }
        sent.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.insert(pts, Instant::now());
    }
    Ok(())
}

fn stripes(size: Size, shift: usize, pts: MediaTime) -> Picture {
    let mut picture = Picture::new(size);
    for component in media::Component::ALL {
        let plane = picture.plane_mut(component);
        for (row, samples) in plane.data.chunks_mut(plane.stride).enumerate() {
            samples
                .iter_mut()
                .enumerate()
                .for_each(|(x, sample)| *sample = ((x + row + 3 * shift) % 200) as u8);
        }
    }
    picture.set_pts(pts);
    picture
}

/// Follows a playlist with blocking reloads. Answers, for each part, the age of its newest and of its oldest picture in seconds.
fn follow(url: &str, time: Duration, sent: &Sent) -> Result<(Vec<f64>, Vec<f64>)> {
    let agent = harness::server::agent();
    let read = |query: &str| agent.get(format!("{url}{query}")).call()?.body_mut().read_to_string();
    let (mut newest, mut oldest) = (Vec::new(), Vec::new());
    let (start, mut seen) = (Instant::now(), 0.0);
    let mut text = read("")?;
    while start.elapsed() < time {
        let segments = hls::segments(&text);
        let last = segments.last().context("no segment")?.number;
        let open = open_parts(&text);
        text = read(&format!("?_HLS_msn={}&_HLS_part={}", last + 1, open.len()))?;
        let now = Instant::now();
        // The timeline starts with the first picture; the window forgets, so the end is counted on from the first read.
        let end = end_of(&text);
        let fresh = end - seen;
        if seen > 0.0 && fresh > 0.0 {
            let sent = sent.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
            let half = RATE.frame_duration().as_secs_f64() / 2.0;
            let at =
                |seconds: f64| sent.range(MediaTime::from_secs_f64(seconds)..).next().map(|(_, sent)| *sent);
            if let (Some(first), Some(last)) = (at(seen - half), at(end - 3.0 * half)) {
                oldest.push(now.duration_since(first).as_secs_f64());
                newest.push(now.duration_since(last).as_secs_f64());
            }
        }
        seen = end;
    }
    Ok((newest, oldest))
}

/// Durations of the parts behind the last complete segment.
fn open_parts(text: &str) -> Vec<f64> {
    let open = text.rsplit("#EXTINF:").next().unwrap_or("");
    let parts = open.lines().filter(|line| line.starts_with("#EXT-X-PART:"));
    parts.filter_map(|line| line.split("DURATION=").nth(1)?.split(',').next()?.parse().ok()).collect()
}

/// End of the newest part on the publisher's clock: what has slid out of the window was as long as `segments` of two seconds.
fn end_of(text: &str) -> f64 {
    let segments = hls::segments(text);
    let before = segments.first().map_or(0, |segment| segment.number.saturating_sub(1));
    let window: f64 = segments.iter().map(|segment| segment.duration).sum();
    before as f64 * 2.0 + window + open_parts(text).iter().sum::<f64>()
}
