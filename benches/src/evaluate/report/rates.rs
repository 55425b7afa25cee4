//! Quality as bits: where direct coding overtakes the thin stream, and how many bits a method saves.

use std::fmt::{Error, Write as _};

use super::super::bd_rate::{Point, bd_rate};
use super::super::crossover::{Crossover, crossover};
use super::super::rows::Rows;
use super::super::{DIRECT, PLAIN};
use super::{NONE, difference, head, line};

pub(super) fn crossovers(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    let bitrates = rows.bitrates();
    let (Some(lowest), Some(highest)) = (bitrates.iter().min(), bitrates.iter().max()) else {
        return Ok(());
    };
    writeln!(
        text,
        "## Crossover\nThe bitrate in kbit/s from which direct coding of the large picture is better in PSNR-Y than the thin stream with \
         each method: with less, the thin stream pays.\n"
    )?;
    by_clip(text, rows, &rows.enlarging(), |thin, clip| match crossover(thin, &rows.curve(clip, DIRECT)) {
        None => NONE.to_owned(),
        Some(Crossover::Below) => format!("below {}", lowest / 1000),
        Some(Crossover::At(rate)) => format!("{:.0}", rate / 1e3),
        Some(Crossover::Above) => format!("above {}", highest / 1000),
    })
}

pub(super) fn against_direct(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    writeln!(
        text,
        "## BD-rate against direct coding\nPercent of bits that the thin stream with each method needs beyond direct coding of the large \
         picture, over the qualities that both reach; negative: the method saves bits. `{NONE}`: no quality in common, or fewer than three bitrates.\n"
    )?;
    let shown = rows.enlarging();
    by_clip(text, rows, &shown, |curve, clip| difference(bd_rate(&rows.curve(clip, DIRECT), curve), 0))
}

pub(super) fn against_plain(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    writeln!(
        text,
        "## BD-rate against {PLAIN}\nPercent of bits that the thin stream needs with a network beyond those it needs with {PLAIN}; \
         negative: the network saves bits.\n"
    )?;
    let shown = rows.nets();
    by_clip(text, rows, &shown, |curve, clip| difference(bd_rate(&rows.curve(clip, PLAIN), curve), 0))
}

/// A table of clips and methods, with what is to be said of each curve.
fn by_clip(
    text: &mut String,
    rows: Rows<'_>,
    methods: &[&str],
    cell: impl Fn(&[Point], &str) -> String,
) -> Result<(), Error> {
    head(text, &[&["clip"], methods].concat())?;
    for clip in rows.clips() {
        let cells = methods.iter().map(|method| cell(&rows.curve(clip, method), clip));
        line(text, std::iter::once(clip.to_owned()).chain(cells))?;
    }
    writeln!(text)
}
