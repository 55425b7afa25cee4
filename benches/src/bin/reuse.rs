//! How much of the net's time is saved where only what has changed is computed again, and what that costs the picture.
//!
//! Clips are brought to the size of a thin stream, coded as streamers code them, decoded, and upscaled twice: computing everything, and
//! computing what has changed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
use media::ffmpeg::{
    Coder, Decoder, Encoder, EncoderSettings, FileReader, Filter, Media, Preset as Speed, RateControl, Scaler,
};
use media::{MediaTime, Picture, Size};
use models::Preset;
use models::stock;
use nets::native::Native;
use nets::{Backend as _, Precision};

#[derive(Parser)]
#[command(about = "Time of the net with and without reuse of what has not changed")]
struct Arguments {
    /// Folder of clips
    #[arg(long)]
    data: PathBuf,
    #[arg(long, default_value = "480x270")]
    size: Size,
    /// Bits a second of the thin stream
    #[arg(long, default_value_t = 400_000)]
    bitrate: u32,
    #[arg(long, default_value = "small")]
    preset: Preset,
    /// How far a pixel may be from what it was made of, in code values
    #[arg(long, default_value_t = 0)]
    tolerance: u8,
    /// Pictures of each clip
    #[arg(long, default_value_t = 240)]
    pictures: usize,
}

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    let arguments = Arguments::parse();
    let mut clips: Vec<_> = std::fs::read_dir(&arguments.data)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    clips.retain(|clip| clip.extension().is_some_and(|extension| extension == "mp4"));
    clips.sort();
    println!(
        "# {} at {} bit/s, {}, tolerance {}; {}",
        arguments.size,
        arguments.bitrate,
        arguments.preset.name(),
        arguments.tolerance,
        measure::machine()
    );
    println!("{:>34} {:>10} {:>10} {:>7} {:>12}", "clip", "all, ms", "reuse, ms", "ratio", "differs, dB");
    let mut ratios = Vec::new();
    for clip in clips {
        let pictures = thin(&clip, &arguments).with_context(|| clip.display().to_string())?;
        let mut all = upscale(&pictures, &arguments, None)?;
        let reused = upscale(&pictures, &arguments, Some(arguments.tolerance))?;
        let differs = psnr(&all.1, &reused.1);
        all.0 /= pictures.len() as u32;
        let time = reused.0 / pictures.len() as u32;
        let ratio = time.as_secs_f64() / all.0.as_secs_f64();
        ratios.push(ratio);
        let name = clip.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        println!("{name:>34} {:>10.2} {:>10.2} {ratio:>7.2} {differs:>12.1}", ms(all.0), ms(time));
    }
    println!(
        "{:>34} {:>10} {:>10} {:>7.2}",
        "mean",
        "",
        "",
        ratios.iter().sum::<f64>() / ratios.len() as f64
    );
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What the server decodes.
fn thin(clip: &std::path::Path, arguments: &Arguments) -> Result<Vec<Picture>> {
    let mut file = FileReader::open(clip)?;
    let mut encoder = Encoder::new(&EncoderSettings {
        size: arguments.size,
        frame_rate: file.frame_rate(),
        rate: RateControl::Bitrate(arguments.bitrate),
        coder: Coder::X264(Speed::Veryfast),
        look_ahead: Some(MediaTime::from_millis(1000)),
        key_interval: Some(MediaTime::from_millis(2000)),
        threads: 1,
        colour: media::Colour::default(),
        aspect: media::PixelAspect::SQUARE,
    })?;
    let mut decoder = Decoder::new(&encoder.config())?;
    let mut scaler = Scaler::new(Filter::Bicubic);
    let mut pictures = Vec::new();
    let mut count = 0;
    while count < arguments.pictures {
        let Some(media) = file.next()? else { break };
        let Media::Picture(picture) = media else { continue };
        encoder.push(&scaler.scale(&picture, arguments.size)?, false)?;
        count += 1;
        decode(&mut encoder, &mut decoder, &mut pictures)?;
    }
    encoder.finish();
    decode(&mut encoder, &mut decoder, &mut pictures)?;
    decoder.finish();
    while let Some(picture) = decoder.pull()? {
        pictures.push(picture);
    }
    Ok(pictures)
}

fn decode(encoder: &mut Encoder, decoder: &mut Decoder, pictures: &mut Vec<Picture>) -> Result<()> {
    while let Some(packet) = encoder.pull()? {
        decoder.push(&packet)?;
        while let Some(picture) = decoder.pull()? {
            pictures.push(picture);
        }
    }
    Ok(())
}

/// The net's time for all pictures, and what it made of every tenth.
fn upscale(
    pictures: &[Picture],
    arguments: &Arguments,
    reuse: Option<u8>,
) -> Result<(Duration, Vec<Picture>)> {
    let package = stock::package(arguments.preset).context("there are stock weights of this preset")?;
    let mut net = Native::new(None, reuse).upscaler(&package, Precision::Int8)?;
    let mut scaler = Scaler::new(Filter::Lanczos);
    let mut spent = Duration::ZERO;
    let mut kept = Vec::new();
    for (number, picture) in pictures.iter().enumerate() {
        let plain = scaler.scale(picture, picture.size().scaled(2))?;
        let start = Instant::now();
        let large = net.upscale(picture, plain)?;
        spent += start.elapsed();
        if number % 10 == 9 {
            kept.push(large);
        }
    }
    Ok((spent, kept))
}

fn psnr(one: &[Picture], other: &[Picture]) -> f64 {
    let mut squares = 0.0;
    let mut count = 0_usize;
    for (one, other) in one.iter().zip(other) {
        for (one, other) in one.luma().rows().zip(other.luma().rows()) {
            squares += one
                .iter()
                .zip(other)
                .map(|(one, other)| f64::from(one.abs_diff(*other)).powi(2))
                .sum::<f64>();
            count += one.len();
        }
    }
    10.0 * (255.0_f64.powi(2) * count as f64 / squares).log10()
}
