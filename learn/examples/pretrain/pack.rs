//! Clips made small enough to travel to a machine with a GPU.
//!
//! A pack is a folder of clips like any other, so whatever trains on clips trains on a pack, and holds the same sources out.
//! It holds originals only, at the size of training and coded nearly losslessly; the low-resolution stream is made from them
//! where the training runs, as it would be from the clips. So every pair is exact: its original is the very picture that its
//! low-resolution one was made from. Patches would be exact as well, but 60 MB of them would show under 100 pictures in one
//! coding (650 kB each, of both resolutions); clips at crf 10 (6 to 8 kB a picture) show thousands in every coding, and in
//! order, as TCSR needs them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use media::Picture;
use media::picture::Component;

use crate::clips::{self, Clip};
use crate::files;
use crate::footage::{self, RATE};
use crate::progress::Progress;

/// Share of what fits by calculation that is tried next, because clips are not alike from end to end.
const CAREFUL: f64 = 0.95;
/// Bytes that the list of clips may take.
const LIST: u64 = 16 << 10;

/// Make a pack of clips.
#[derive(clap::Args)]
pub(crate) struct Pack {
    /// Folders of clips.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// The folder to make; it must not be there yet.
    #[arg(long)]
    out: PathBuf,
    /// Size of the pack at most, in millions of bytes.
    #[arg(long, default_value_t = 60)]
    megabytes: u64,
    /// x264's constant rate factor: 0 is lossless.
    #[arg(long, default_value_t = 10)]
    crf: u8,
}

/// Shares the bytes among the clips: what a small clip leaves, larger ones take. A clip that is too large is cut at its end.
pub(crate) fn pack(arguments: &Pack) -> Result<()> {
    let Pack { out, crf, .. } = arguments;
    let mut clips = clips::find(&arguments.data)?;
    ensure!(!clips.is_empty(), "there are no clips in {:?}", arguments.data);
    fs::create_dir(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut left = (arguments.megabytes * 1_000_000).saturating_sub(LIST);
    let mut list = format!("# Clips, at crf {crf}\n| clip | pictures | of | bytes |\n|---|---|---|---|\n");
    let sizes = clips.iter().map(|clip| fs::metadata(&clip.path)).collect::<Result<Vec<_>, _>>()?;
    let sizes: Vec<u64> = sizes.iter().map(fs::Metadata::len).collect();
    let mut order: Vec<_> = sizes.into_iter().zip(clips.drain(..)).collect();
    order.sort();
    let bar = Progress::new("packing", order.len() as u64, 0);
    for (index, (_, clip)) in order.iter().enumerate() {
        bar.now(&clip.name);
        let share = left / (order.len() - index) as u64;
        let originals = footage::originals(clip)?;
        let packed = shortened(clip, &originals, share, arguments)?;
        left -= packed.bytes;
        writeln!(list, "| {} | {} | {} | {} |", clip.name, packed.pictures, originals.len(), packed.bytes)?;
        bar.step();
    }
    drop(bar);
    print!("{list}");
    files::write(&out.join("CLIPS.md"), list.as_bytes())
}

struct Packed {
    pictures: usize,
    bytes: u64,
}

/// Codes as many of the first pictures as fit.
fn shortened(clip: &Clip, originals: &[Picture], most: u64, pack: &Pack) -> Result<Packed> {
    let path = pack.out.join(format!("{}.mp4", clip.name));
    let mut pictures = originals.len();
    loop {
        ensure!(pictures > 0, "{} does not fit into {most} bytes; allow more, or a higher crf", clip.name);
        code(&originals[..pictures], &path, pack.crf)
            .with_context(|| format!("cannot code {}", clip.name))?;
        let bytes = fs::metadata(&path)?.len();
        if bytes <= most {
            return Ok(Packed { pictures, bytes });
        }
        pictures = (pictures as f64 * CAREFUL * most as f64 / bytes as f64) as usize;
    }
}

/// Codes pictures with the ffmpeg program: our own encoder is made for live streams, without the tools
/// that take fewer bytes.
fn code(pictures: &[Picture], path: &Path, crf: u8) -> Result<()> {
    let size = pictures[0].size();
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p"])
        .args(["-s", &size.to_string(), "-r", &RATE.as_f64().to_string(), "-i", "-"])
        .args([
            "-threads",
            "1",
            "-c:v",
            "libx264",
            "-preset",
            "medium",
            "-crf",
            &crf.to_string(),
            "-bitexact",
            "-y",
        ])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start ffmpeg; make setup installs it")?;
    let fed = feed(&mut ffmpeg, pictures);
    let status = ffmpeg.wait()?;
    ensure!(status.success(), "ffmpeg ended with {status}");
    fed.context("ffmpeg took no more pictures")
}

fn feed(ffmpeg: &mut Child, pictures: &[Picture]) -> std::io::Result<()> {
    // Dropped at the end, which tells ffmpeg that no picture follows.
    let mut input = ffmpeg.stdin.take().expect("its input is a pipe");
    for picture in pictures {
        for component in Component::ALL {
            picture.plane(component).rows().try_for_each(|row| input.write_all(row))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use media::Size;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_clip_is_cut_until_it_fits() {
        const MOST: u64 = 100_000;
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let originals: Vec<Picture> = (0..24).map(|_| noise(&mut random)).collect();
        let folder = tempfile::tempdir().unwrap();
        let clip = Clip { name: "noise".to_owned(), path: folder.path().join("noise.mp4") };
        let out = folder.path().to_owned();
        let pack = Pack { data: Vec::new(), out, megabytes: 60, crf: 10 };
        let packed = shortened(&clip, &originals, MOST, &pack).unwrap();
        assert!(packed.bytes <= MOST && (3..24).contains(&packed.pictures), "{}", packed.pictures);
        let read = footage::originals(&clip).unwrap();
        assert_eq!(read.len(), packed.pictures);
        assert!(media::quality::psnr_luma(&read[0], &originals[0]) > 30.0);
        assert!(shortened(&clip, &originals, 100, &pack).is_err());
    }

    fn noise(random: &mut ChaCha8Rng) -> Picture {
        let mut picture = Picture::new(Size { width: 128, height: 96 });
        for component in Component::ALL {
            picture.plane_mut(component).rows_mut().for_each(|row| random.fill(row));
        }
        picture
    }
}
