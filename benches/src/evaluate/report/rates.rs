//! Quality as bits: up to where a way pays, and how many bits it saves.

use std::fmt::{Error, Write as _};

use super::super::OBS;
use super::super::bd_rate::{Point, bd_rate};
use super::super::crossover::{Crossover, crossover};
use super::super::rows::Rows;
use super::{NONE, difference, head, line};

pub(super) fn crossovers(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    let bitrates = rows.bitrates();
    let (Some(lowest), Some(highest)) = (bitrates.iter().min(), bitrates.iter().max()) else {
        return Ok(());
    };
    writeln!(
        text,
        "## Crossover\nThe bitrate in kbit/s from which {OBS} is better: with less, each way pays.\n"
    )?;
    by_clip(text, rows, |way, clip| match crossover(way, &rows.curve(clip, OBS)) {
        None => NONE.to_owned(),
        Some(Crossover::Below) => format!("below {}", lowest / 1000),
        Some(Crossover::At(rate)) => format!("{:.0}", rate / 1e3),
        Some(Crossover::Above) => format!("above {}", highest / 1000),
    })
}

pub(super) fn against_obs(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    writeln!(
        text,
        "## BD-rate\nPercent of bits that each way needs beyond {OBS}, over the qualities that both reach; negative: it saves bits. `{NONE}`: \
         no quality in common, or fewer than three bitrates.\n"
    )?;
    by_clip(text, rows, |curve, clip| difference(bd_rate(&rows.curve(clip, OBS), curve), 0))
}

/// A table of clips and ways, with what is to be said of each curve.
fn by_clip(text: &mut String, rows: Rows<'_>, cell: impl Fn(&[Point], &str) -> String) -> Result<(), Error> {
    let others = rows.others();
    head(text, &[&["clip"], others.as_slice()].concat())?;
    for clip in rows.clips() {
        let cells = others.iter().map(|method| cell(&rows.curve(clip, method), clip));
        line(text, std::iter::once(clip.to_owned()).chain(cells))?;
    }
    writeln!(text)
}
