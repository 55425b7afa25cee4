//! `streamer train`: the same pairs and the same trainer as beside a stream, but from a recording and without a server.

mod report;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use learn::{Error, Material, Settings, Trainer, TrainerSettings, cosine, stock_package};
use media::ffmpeg::{FileReader, Media};
use media::files;
use media::{MediaTime, Size};
use models::Package;
use models::package::TrainingSummary;
use nets::{Device, Precision};

use crate::cli::TrainArgs;
use crate::coder::{Coding, Key, Transcoder, TranscoderSettings};
use crate::config::codable;
use crate::failure::Failure;
use crate::framing::shape;
use crate::pairs::{Coded, PairMaker, Wanted};
use crate::status::Screen;
use report::Point;

/// Pairs that are kept, spread over the whole recording: 120 MB for 480x270.
const PAIRS: usize = 100;
/// At least this far apart, however short the recording.
const LEAST_SPACING: MediaTime = MediaTime::from_millis(200);
/// Length that is assumed for a recording that does not tell its own.
const USUAL_LENGTH: MediaTime = MediaTime::from_millis(60_000);
/// How often the network is judged, at most.
const JUDGE_EVERY: Duration = Duration::from_secs(1);
const POINTS: u32 = 60;
/// The same work gives the same network, as far as the time allows.
const SEED: u64 = 1;

/// Trains and writes the network, and beside it how that went.
pub(super) fn run(args: &TrainArgs, screen: &mut Screen) -> Result<String, Failure> {
    nets::torch::configure_threads(args.threads);
    let (package, points) = train(args, screen).map_err(Failure::Failed)?;
    write(&args.out, package.bytes()).map_err(Failure::Failed)?;
    let last = points.last().copied().unwrap_or_default();
    write(&args.out.with_extension("md"), report::markdown(args, &package, &points).as_bytes())
        .map_err(Failure::Failed)?;
    let chart = report::chart(&points).map_err(Failure::Failed)?;
    write(&args.out.with_extension("svg"), chart.as_bytes()).map_err(Failure::Failed)?;
    println!("plain_db={:.2} net_db={:.2} gain_db={:.2}", last.lanczos, last.psnr, last.gain());
    let out = args.out.display();
    Ok(if last.gain() > 0.0 {
        format!("wrote {out}; how it went is in {}", args.out.with_extension("md").display())
    } else {
        format!("wrote {out}, but plain upsampling is better: train for longer with --seconds")
    })
}

fn train(args: &TrainArgs, screen: &Screen) -> anyhow::Result<(Package, Vec<Point>)> {
    let config = args.preset.config(args.scale)?;
    let start = stock_package(config);
    let settings = TrainerSettings::starting_from(start.as_ref(), config, Device::Cpu, SEED);
    // A recording has no newest pairs: all of them count alike.
    let taking = Settings { pool: PAIRS, recency: 1.0, ..Settings::default() };
    let mut material = Material::new(args.scale, &taking);
    collect(args, &mut material, screen)?;
    let video = args.video.display();
    ensure!(
        material.can_learn(),
        "{video} gives too few pictures to learn from; give a recording of some seconds"
    );
    ensure!(material.can_judge(), "{video} gives nothing to judge by; give a longer recording");
    let mut trainer = Trainer::new(settings, start.as_ref())?;
    let began = Instant::now();
    let limit = args.seconds;
    let bar = screen.progress(limit.as_secs());
    let mut shown = began;
    let mut loss = 0.0;
    let mut points = vec![judge(&trainer, &mut material, began.elapsed(), loss)?];
    loop {
        loss = trainer.step(material.pool())?;
        let elapsed = began.elapsed();
        let ends = elapsed >= limit;
        if ends || shown.elapsed() >= JUDGE_EVERY.max(limit / POINTS) {
            let point = judge(&trainer, &mut material, elapsed, loss)?;
            points.push(point);
            shown = Instant::now();
            bar.set_message(format!("training: {} steps, {:+.2} dB", point.steps, point.gain()));
        }
        if ends {
            break;
        }
        // By time, not by steps: how many there will be depends on the machine.
        let progress = elapsed.as_secs_f64() / limit.as_secs_f64();
        trainer.set_learning_rate(settings.learning_rate * cosine(progress));
        bar.set_position(elapsed.as_secs());
    }
    bar.finish_and_clear();
    let last = points.last().copied().unwrap_or_default();
    let package = trainer.package(TrainingSummary {
        pairs: material.pool().pushed(),
        steps: trainer.steps(),
        seconds: began.elapsed().as_secs_f64(),
        psnr_before: last.lanczos,
        psnr_after: last.psnr,
    })?;
    Ok((package, points))
}

fn judge(trainer: &Trainer, material: &mut Material, elapsed: Duration, loss: f64) -> Result<Point, Error> {
    let package = trainer.package(TrainingSummary::default())?;
    let mut net = trainer.backend().upscaler(&package, Precision::Auto)?;
    let psnr = material.judge(package.fingerprint(), &mut *net)?;
    Ok(Point {
        seconds: elapsed.as_secs_f64(),
        steps: trainer.steps(),
        loss,
        lanczos: material.lanczos_db(),
        psnr,
    })
}

/// Codes the recording as a stream would be, and takes pairs from all of it.
fn collect(args: &TrainArgs, material: &mut Material, screen: &Screen) -> anyhow::Result<()> {
    let mut reader = FileReader::open(&args.video)?;
    let length = reader.duration().unwrap_or(USUAL_LENGTH);
    let wanted = Wanted { scale: args.scale, spacing: (length / PAIRS as i64).max(LEAST_SPACING) };
    let mut maker = PairMaker::new(wanted);
    let bar = screen.progress(length.to_duration().as_secs());
    bar.set_message("reading the recording");
    let mut transcoder = None;
    while let Some(media) = reader.next()? {
        let Media::Picture(picture) = media else { continue };
        bar.set_position(picture.pts().to_duration().as_secs());
        if transcoder.is_none() {
            let rate = reader.frame_rate();
            let size = match args.size {
                Some(size) => size,
                None => divided(shape(&picture), u32::from(args.scale))?,
            };
            let coding = Coding::from(args.coding);
            let begun = Transcoder::new(TranscoderSettings {
                size,
                bitrate: args.bitrate,
                frame_rate: rate,
                colour: picture.colour(),
                latency: coding.latency,
                chosen: coding.choose(size, rate)?,
            })?;
            maker.push(Coded::Config(begun.config()))?;
            transcoder = Some(begun);
        }
        let Some(transcoder) = &mut transcoder else { continue };
        if transcoder.push(&picture, Key::Interval)? {
            maker.push(Coded::Original(picture))?;
            take(transcoder, &mut maker, material)?;
        }
    }
    if let Some(transcoder) = &mut transcoder {
        transcoder.finish();
        take(transcoder, &mut maker, material)?;
    }
    maker.finish()?.iter().try_for_each(|pair| material.take(pair))?;
    bar.finish_and_clear();
    Ok(())
}

/// Takes the pairs of what is coded.
fn take(transcoder: &mut Transcoder, maker: &mut PairMaker, material: &mut Material) -> anyhow::Result<()> {
    while let Some(packet) = transcoder.pull()? {
        maker.push(Coded::Packet(packet))?.iter().try_for_each(|pair| material.take(pair))?;
    }
    Ok(())
}

/// The largest even size that fits `scale` times into `hr`.
fn divided(hr: Size, scale: u32) -> anyhow::Result<Size> {
    let even = |side: u32| side / scale / 2 * 2;
    codable(Size { width: even(hr.width), height: even(hr.height) })
        .context("give a smaller --scale or --size")
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    files::replace(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
