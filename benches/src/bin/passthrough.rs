//! What passing streams through costs, beside nginx-rtmp: processor time of the server, with the same publishers and players before both.
//!
//! Publishers and players are tasks of this program. Each server runs alone, one after the other, and again in the other order.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use harness::process::{Process, program};
use media::ffmpeg::{Coder, Encoder, EncoderSettings, Preset, RateControl};
use media::flv::{Muxer, Tag};
use media::synthetic::{TestPictures, TestSound};
use media::{FrameRate, MediaTime, Size, Unit};
use rtmp::{Introduction, Player, Publisher, RtmpUrl};
use tokio::task::JoinSet;

#[derive(Parser)]
#[command(about = "Processor time of passing streams through, against nginx-rtmp")]
struct Arguments {
    /// Seconds to measure, for each server and load
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[arg(long, default_value_t = 40)]
    publishers: usize,
    /// Players over RTMP, spread over the streams
    #[arg(long, default_value_t = 100)]
    players: usize,
    /// Bits a second of each stream
    #[arg(long, default_value_t = 1_000_000)]
    bitrate: u32,
}

/// What a server is asked to do.
#[derive(Clone, Copy)]
struct Load {
    name: &'static str,
    players: bool,
    /// HLS on disk, by both.
    files: bool,
}

const LOADS: [Load; 4] = [
    Load { name: "publishers", players: false, files: false },
    Load { name: "and players", players: true, files: false },
    Load { name: "publishers, HLS files", players: false, files: true },
    Load { name: "and players, HLS files", players: true, files: true },
];

/// How long everything may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

const RATE: FrameRate = FrameRate { num: 25, den: 1 };

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    let arguments = Arguments::parse();
    let tags: Arc<[Tag]> = coded(arguments.bitrate)?.into();
    println!(
        "# {} publishers of {} bit/s, {} players; {}",
        arguments.publishers,
        arguments.bitrate,
        arguments.players,
        measure::machine()
    );
    println!("# processor time in milliseconds a second of the server's");
    println!("{:>24} {:>10} {:>10} {:>7} {:>18}", "", "nginx-rtmp", "sharpcast", "ratio", "resident, MiB");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for load in LOADS {
        let mut sums = [0.0; 2];
        let mut resident = [0.0; 2];
        for order in [[0, 1], [1, 0]] {
            for side in order {
                let cost = runtime.block_on(measure_one(side, load, &arguments, &tags))?;
                sums[side] += cost.processor;
                resident[side] = cost.resident;
            }
        }
        let [theirs, ours] = sums.map(|sum| sum / 2.0 * 1e3);
        let [their_memory, our_memory] = resident;
        println!(
            "{:>24} {theirs:>10.1} {ours:>10.1} {:>7.2} {their_memory:>8.0} {our_memory:>9.0}",
            load.name,
            ours / theirs
        );
    }
    Ok(())
}

/// What a server has cost.
struct Cost {
    /// Processor seconds a second.
    processor: f64,
    /// MiB at the end.
    resident: f64,
}

async fn measure_one(side: usize, load: Load, arguments: &Arguments, tags: &Arc<[Tag]>) -> Result<Cost> {
    let folder = tempfile::tempdir()?;
    let server = if side == 0 { nginx(folder.path(), load)? } else { sharpcast(folder.path(), load)? };
    let url: RtmpUrl = format!("rtmp://127.0.0.1:{}/live", server.port).parse()?;
    let mut tasks = JoinSet::new();
    for number in 0..arguments.publishers {
        tasks.spawn(publish(url.clone(), number, Arc::clone(tags)));
    }
    // Two keyframes, so that every player finds one.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let received = Arc::new(AtomicU64::new(0));
    if load.players {
        for number in 0..arguments.players {
            tasks.spawn(play(url.clone(), number % arguments.publishers, Arc::clone(&received)));
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let before = received.load(Ordering::Relaxed);
    let spent = processor_time(server.process.id())?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(arguments.seconds) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Some(ended) = tasks.try_join_next() {
            ended??;
            bail!("a publisher or player ended");
        }
    }
    let elapsed = start.elapsed().as_secs_f64();
    let spent = processor_time(server.process.id())? - spent;
    if load.players {
        let bits = (received.load(Ordering::Relaxed) - before) as f64 * 8.0 / elapsed;
        let wanted = arguments.players as f64 * f64::from(arguments.bitrate);
        anyhow::ensure!(bits > 0.8 * wanted, "players got {bits:.0} of {wanted:.0} bit/s");
    }
    Ok(Cost { processor: spent / elapsed, resident: resident(server.process.id())? })
}

/// The stream again and again, at real speed.
async fn publish(url: RtmpUrl, number: usize, tags: Arc<[Tag]>) -> Result<()> {
    let mut publisher = Publisher::connect(&url, &format!("s{number}").into(), PATIENCE).await?;
    let start = tokio::time::Instant::now();
    let length = tags.last().map_or(0, |tag| tag.timestamp) + 40;
    for round in 0.. {
        for tag in tags.iter().filter(|tag| round == 0 || tag.timestamp > 0 || is_picture(tag)) {
            let timestamp = tag.timestamp + round * length;
            tokio::time::sleep_until(start + Duration::from_millis(timestamp.into())).await;
            publisher.send(&Tag { timestamp, ..tag.clone() }).await?;
        }
    }
    Ok(())
}

/// A coded picture or sound, as opposed to a configuration.
fn is_picture(tag: &Tag) -> bool {
    tag.body.get(1) == Some(&1)
}

async fn play(url: RtmpUrl, number: usize, received: Arc<AtomicU64>) -> Result<()> {
    let mut player = Player::connect(&url, &format!("s{number}"), &Introduction::default(), PATIENCE).await?;
    while let Some(tag) = player.next_tag().await? {
        received.fetch_add(tag.body.len() as u64, Ordering::Relaxed);
    }
    bail!("the stream has ended")
}

struct Running {
    process: Process,
    port: u16,
}

fn nginx(folder: &Path, load: Load) -> Result<Running> {
    let port = free_port()?;
    let path = folder.display();
    let hls =
        if load.files { format!("hls on; hls_path {path}/hls; hls_fragment 2s;") } else { String::new() };
    let text = format!(
        "user root; daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;
        load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
        events {{ worker_connections 1024; }}
        rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; {hls} }} }} }}\n"
    );
    let file = prepare(folder, "nginx.conf", &text)?;
    let mut command = Command::new("/usr/sbin/nginx");
    let process = Process::start("nginx", command.arg("-c").arg(file));
    wait(process, port)
}

fn sharpcast(folder: &Path, load: Load) -> Result<Running> {
    let port = free_port()?;
    let hls = if load.files {
        format!("[application.hls_files]\nfolder = \"{}/hls\"\nfragment = \"2s\"\n", folder.display())
    } else {
        String::new()
    };
    let text = format!(
        "[rtmp]\nlisten = \"127.0.0.1:{port}\"\nmax_connections = 1000\n[http]\nlisten = \"127.0.0.1:0\"\n[enhance]\nenabled = false\n\
         [[application]]\nname = \"live\"\npublish = \"open\"\n{hls}"
    );
    let file = prepare(folder, "sharpcast.toml", &text)?;
    let mut command = Command::new(program("sharpcast"));
    let process = Process::start("sharpcast", command.args(["serve", "--config"]).arg(file));
    wait(process, port)
}

fn prepare(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(folder.join("hls"))?;
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    Ok(file)
}

/// nginx cannot be told to let the system choose a port.
fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn wait(process: Process, port: u16) -> Result<Running> {
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        anyhow::ensure!(start.elapsed() < PATIENCE, "it does not listen: {}", process.stderr());
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Running { process, port })
}

/// MiB that a process holds.
fn resident(process: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line =
        text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a line of /proc/PID/status")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes / 1024.0)
}

/// Seconds of all threads, in user and kernel.
fn processor_time(process: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = text.rsplit_once(") ").context("a line of /proc/PID/stat")?;
    let ticks: Vec<u64> = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    // USER_HZ is 100 on every Linux.
    Ok(ticks.iter().sum::<u64>() as f64 / 100.0)
}

/// Four seconds of pictures with a keyframe every two, and sound, as tags.
fn coded(bitrate: u32) -> Result<Vec<Tag>> {
    let size = Size { width: 640, height: 360 };
    let mut encoder = Encoder::new(&EncoderSettings {
        size,
        frame_rate: RATE,
        rate: RateControl::Bitrate(bitrate),
        coder: Coder::X264(Preset::Superfast),
        look_ahead: None,
        key_interval: Some(MediaTime::from_millis(2000)),
        threads: 1,
        colour: media::Colour::default(),
        aspect: media::PixelAspect::SQUARE,
    })?;
    let mut packets = Vec::new();
    for picture in TestPictures::new(size, RATE).iter().take(100) {
        encoder.push(&picture, false)?;
        while let Some(packet) = encoder.pull()? {
            packets.push(packet);
        }
    }
    let mut sound = TestSound::new(Some(440.0))?;
    anyhow::ensure!(packets.len() == 100, "the encoder holds pictures back");
    loop {
        let frame = sound.next_packet()?;
        if frame.dts >= MediaTime::from_millis(3960) {
            break;
        }
        packets.push(frame);
    }
    packets.sort_by_key(|packet| packet.dts);
    let mut muxer = Muxer::new();
    let mut tags =
        vec![muxer.tag(&Unit::VideoConfig(encoder.config())), muxer.tag(&Unit::AudioConfig(sound.config()))];
    tags.extend(packets.into_iter().map(|packet| muxer.tag(&Unit::Packet(packet))));
    Ok(tags)
}
