//! What decides: means over the clips, and each clip against OBS alone.

use std::fmt::{Error, Write as _};

use super::super::OBS;
use super::super::rows::{Row, Rows};
use super::{NONE, difference, figure, head, line};

/// A line for each way, a column for each bitrate.
pub(super) fn means(text: &mut String, rows: Rows<'_>, earlier: Option<Rows<'_>>) -> Result<(), Error> {
    writeln!(
        text,
        "## In the mean over the clips\nPSNR-Y in dB of all errors of a clip together, of the picture that a viewer sees; in parentheses what \
         that is above {OBS} at the same bits{}.\n",
        if earlier.is_some() { ", and above the same in the earlier run" } else { "" }
    )?;
    let bitrates: Vec<String> =
        rows.bitrates().iter().map(|wanted| format!("{} kbit/s", wanted / 1000)).collect();
    head(text, &[vec!["sent, and made large by"], bitrates.iter().map(String::as_str).collect()].concat())?;
    for method in rows.methods() {
        let cells = rows.bitrates().into_iter().map(|wanted| {
            let Some(psnr) = rows.mean(method, wanted, |row| Some(row.score.pooled)) else {
                return NONE.to_owned();
            };
            let over = rows.mean(method, wanted, |row| rows.over_obs(row));
            let mut cell = format!("{psnr:.2}");
            if method != OBS {
                let _ = write!(cell, " ({})", difference(over, 2));
            }
            if let Some(earlier) =
                earlier.and_then(|rows| rows.mean(method, wanted, |row| Some(row.score.pooled)))
            {
                let _ = write!(cell, ", {:+.2}", psnr - earlier);
            }
            cell
        });
        line(text, std::iter::once(method.to_owned()).chain(cells))?;
    }
    writeln!(text)
}

/// What each way is above OBS alone, a table for each bitrate.
pub(super) fn by_clip(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    let others = rows.others();
    for wanted in rows.bitrates() {
        writeln!(
            text,
            "## At {} kbit/s\n{OBS} in dB of PSNR-Y; the others by what they are above it.\n",
            wanted / 1000
        )?;
        head(text, &[&["clip", OBS], others.as_slice()].concat())?;
        for clip in rows.clips() {
            let obs = rows.get(clip, wanted, OBS).map(|row| row.score.pooled);
            let cells = others.iter().map(|method| {
                let row = rows.get(clip, wanted, method);
                difference(row.and_then(|row| rows.over_obs(row)), 2)
            });
            line(text, [clip.to_owned(), figure(obs, 2)].into_iter().chain(cells))?;
        }
        writeln!(text)?;
    }
    Ok(())
}

/// What the server's encoder takes away, and what everything costs.
pub(super) fn costs(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    writeln!(
        text,
        "## What it costs\nWay out: dB that the server's encoder takes away, in the mean and at worst. Received: kbit/s that a viewer gets. \
         Sending, serving: processor seconds for each second of video, on one thread; serving is \
         decoding, making large and coding again. Taken: bits a second of what was asked for.\n"
    )?;
    head(
        text,
        &["sent, and made large by", "taken", "way out", "at worst", "received", "sending", "serving"],
    )?;
    for method in rows.methods() {
        let of = |figure: fn(&Row) -> Option<f64>| rows.of(method).filter_map(figure);
        let mean = |figure: fn(&Row) -> Option<f64>| {
            let count = of(figure).count();
            (count > 0).then(|| of(figure).sum::<f64>() / count as f64)
        };
        let worst = of(|row| row.way_out).reduce(f64::max);
        line(
            text,
            [
                method.to_owned(),
                format!("{} %", figure(mean(|row| Some(row.bitrate * 100.0 / f64::from(row.wanted))), 0)),
                figure(mean(|row| row.way_out), 2),
                figure(worst, 2),
                figure(mean(|row| Some(row.received / 1e3)), 0),
                figure(mean(|row| Some(row.sending)), 2),
                figure(mean(|row| row.serving), 2),
            ],
        )?;
    }
    writeln!(text)
}
