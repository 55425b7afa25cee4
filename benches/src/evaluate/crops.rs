//! For looking: the same piece of a picture as every method shows it, side by side in one PNG, magnified without smoothing.
//!
//! The piece is chosen by rule, not by eye: of the picture in the middle of the clip, where plain upsampling is most wrong.

mod canvas;
mod colour;
mod region;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use media::{Picture, Size};

use super::coders::ThinCoder;
use super::footage::Clip;
use super::method::Method;
use super::{BICUBIC, OBS};
use canvas::{Canvas, LABEL_HEIGHT};
use colour::Conversion;
use region::Region;

/// Size of the piece.
const CROP: Size = Size { width: 240, height: 136 };
/// Pixels on each side that show one pixel.
const MAGNIFIED: u32 = 2;
const COLUMNS: u32 = 3;
/// Between two pieces.
const GAP: u32 = 4;

/// One piece with its name.
struct Shown {
    name: String,
    picture: Picture,
}

/// Writes the crops of a clip at a bitrate of the thin stream, in bit/s, to a file in a folder; says which.
pub fn write(
    clip: &Clip,
    by: &ThinCoder,
    bitrate: u32,
    methods: &mut [Box<dyn Method>],
    folder: &Path,
) -> Result<PathBuf> {
    let middle = clip.pictures.len() / 2;
    let original = clip.pictures.get(middle).context("a clip has pictures")?;
    let thin = clip.code(by, clip.half()?, bitrate)?;
    let direct = clip.code_as_obs(bitrate)?;
    let mut shown = Vec::new();
    for method in methods.iter_mut().filter(|method| method.name() != BICUBIC) {
        let enlarged = method.enlarge(&thin.pictures, middle..middle + 1)?;
        let picture = enlarged.into_iter().next().context("a method makes what is wanted")?;
        shown.push(Shown { name: method.name().to_owned(), picture });
    }
    let plain = shown.first().context("there is a method")?;
    let region = Region::of_largest_error(&plain.picture, original, CROP);
    shown.push(Shown { name: OBS.to_owned(), picture: direct.pictures[middle].clone() });

    let title = format!(
        "{} by {}, picture {middle} at {:.0} kbit/s, {} at ({}, {})",
        clip.name,
        by.name,
        thin.bitrate / 1e3,
        region.size,
        region.x,
        region.y
    );
    let path = folder.join(format!("{}.png", clip.name));
    sheet(&title, &shown, original, region)
        .save(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn sheet(title: &str, shown: &[Shown], original: &Picture, region: Region) -> Canvas {
    let tile = region.size.scaled(MAGNIFIED);
    let (across, down) = (tile.width + GAP, LABEL_HEIGHT + tile.height + GAP);
    let lines = (shown.len() as u32 + 1).div_ceil(COLUMNS);
    let mut canvas = Canvas::new(Size { width: across * COLUMNS - GAP, height: LABEL_HEIGHT + down * lines });
    canvas.label(title, (0, 0), across * COLUMNS);
    // All are coded with the original's colours, whatever a decoder says.
    let conversion = Conversion::new(original.colour());
    let compared = shown.iter().map(|Shown { name, picture }| {
        (format!("{name}  {:.2} dB", region.error(picture, original).psnr()), picture)
    });
    for (place, (label, picture)) in (0..).zip(compared.chain([("truth".to_owned(), original)])) {
        let (left, top) = (place % COLUMNS * across, LABEL_HEIGHT + place / COLUMNS * down);
        canvas.label(&label, (left, top), tile.width);
        canvas.tile((left, top + LABEL_HEIGHT), tile, |x, y| {
            conversion.rgb(picture, region.x + x / MAGNIFIED, region.y + y / MAGNIFIED)
        });
    }
    canvas
}
