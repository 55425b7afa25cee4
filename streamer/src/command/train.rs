//! `streamer train`: the same pairs and the same trainer as beside a stream, but from a recording and without a server.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use media::{
    MediaTime, Picture, Size,
    ffmpeg::{FileReader, Media},
};
use models::{Package, device, train::Evaluation};

use crate::{
    cli::TrainArgs,
    config::VideoSize,
    failure::Failure,
    pairs::{Coded, PairMaker},
    status::Screen,
    trainer::{Course, stock_package},
    transcode::{Key, LrSettings, Transcoder},
};

/// Pairs that are kept, spread over the whole recording: 120 MB for 480x270.
const PAIRS: usize = 100;
/// At least this far apart, however short the recording.
const LEAST_SPACING: MediaTime = MediaTime::from_millis(200);
/// Length that is assumed for a recording that does not tell its own.
const USUAL_LENGTH: MediaTime = MediaTime::from_millis(60_000);
/// How often the figures are shown and the learning rate is lowered.
const SHOW_EVERY: Duration = Duration::from_secs(1);
/// The same work gives the same network, as far as the time allows.
const SEED: u64 = 1;

/// Trains and writes the network.
pub(super) fn run(args: &TrainArgs, screen: &mut Screen) -> Result<String, Failure> {
    device::configure_threads(args.threads);
    let (package, found) = train(args, screen).map_err(Failure::Failed)?;
    write(args, &package).map_err(Failure::Failed)?;
    println!("plain_db={:.2} net_db={:.2} gain_db={:.2}", found.psnr_plain, found.psnr_net, found.gain);
    let out = args.out.display();
    Ok(if found.gain > 0.0 {
        format!("wrote {out}; look at it with: streamer inspect {out}")
    } else {
        format!("wrote {out}, but plain up-sampling is better: train for longer with --seconds")
    })
}

fn train(args: &TrainArgs, screen: &Screen) -> anyhow::Result<(Package, Evaluation)> {
    let config = args.preset.config(args.scale)?;
    let mut course = Course::new(config, stock_package(config), PAIRS, SEED)?;
    collect(args, &mut course, screen)?;
    ensure!(
        course.can_learn(),
        "{} gives too few pictures to learn from; give a recording of some seconds",
        args.video.display()
    );
    let (began, limit) = (Instant::now(), args.seconds.duration());
    let bar = screen.progress(limit.as_secs());
    let (mut steps, mut shown) = (0_u64, began);
    while began.elapsed() < limit || steps == 0 {
        let loss = course.step()?;
        steps += 1;
        if shown.elapsed() >= SHOW_EVERY {
            shown = Instant::now();
            let progress = began.elapsed().as_secs_f64() / limit.as_secs_f64();
            course.slow_down(models::train::cosine(progress));
            bar.set_position(began.elapsed().as_secs());
            bar.set_message(format!("training: {steps} steps, loss {loss:.2e}"));
        }
    }
    bar.finish_and_clear();
    ensure!(
        course.can_be_judged(),
        "{} gives nothing to judge by; give a longer recording",
        args.video.display()
    );
    let found = course.judge()?;
    Ok((course.package(found)?, found))
}

/// Codes the recording as a stream would be, and takes pairs from all of it.
fn collect(args: &TrainArgs, course: &mut Course, screen: &Screen) -> anyhow::Result<()> {
    let mut reader = FileReader::open(&args.video)?;
    let size = match args.size {
        Some(size) => size,
        None => divided(reader.size(), u32::from(args.scale))?,
    };
    let length = reader.duration().unwrap_or(USUAL_LENGTH);
    let mut maker = PairMaker::new((length / PAIRS as i64).max(LEAST_SPACING));
    maker.set_scale(Some(args.scale));
    let bar = screen.progress(length.to_duration().as_secs());
    bar.set_message("reading the recording");
    let mut transcoder = None;
    while let Some(media) = reader.next()? {
        let Media::Picture(picture) = media else { continue };
        bar.set_position(picture.pts().to_duration().as_secs());
        if transcoder.is_none() {
            let begun = begin(args, size, &reader, &picture)?;
            maker.push(Coded::Config(begun.config()))?;
            transcoder = Some(begun);
        }
        let Some(transcoder) = &mut transcoder else { continue };
        let Some(packet) = transcoder.transcode(&picture, Key::Interval)? else { continue };
        if let Some(pair) = maker.push(Coded::Picture(packet, picture))? {
            course.take(&pair)?;
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn begin(
    args: &TrainArgs,
    size: VideoSize,
    reader: &FileReader,
    first: &Picture,
) -> anyhow::Result<Transcoder> {
    let settings =
        LrSettings { size, bitrate: args.bitrate, frame_rate: reader.frame_rate(), colour: first.colour() };
    Ok(Transcoder::new(settings)?)
}

/// The largest even size that fits `scale` times into `hr`.
fn divided(hr: Size, scale: u32) -> anyhow::Result<VideoSize> {
    let even = |side: u32| side / scale / 2 * 2;
    VideoSize::new(Size { width: even(hr.width), height: even(hr.height) })
        .context("give a smaller --scale or --size")
}

/// Writes beside the place and moves there: a file of that name is always whole.
fn write(args: &TrainArgs, package: &Package) -> anyhow::Result<()> {
    let context = || format!("cannot write {}", args.out.display());
    let beside = args.out.with_extension("part");
    fs::write(&beside, package.bytes()).with_context(context)?;
    fs::rename(&beside, &args.out).with_context(context)
}
