//! PSNR-Y, the main figure: at every bitrate, then per clip over all of them.

use std::fmt::{Error, Write as _};

use media::quality::Mean;

use super::super::rows::Rows;
use super::super::{BICUBIC, DIRECT, PLAIN};
use super::{NONE, difference, figure, head, line};

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mean: Mean = values.collect();
    (mean.count() > 0).then(|| mean.mean())
}

pub(super) fn by_bitrate(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    let shown = [rows.nets(), vec![DIRECT]].concat();
    for wanted in rows.bitrates() {
        writeln!(
            text,
            "## At {} kbit/s\nMean PSNR-Y in dB; in parentheses what it adds to {PLAIN}.\n",
            wanted / 1000
        )?;
        head(text, &[&["clip", BICUBIC, PLAIN], shown.as_slice()].concat())?;
        for clip in rows.clips() {
            let plain = |method| figure(rows.get(clip, wanted, method).map(|row| row.score.psnr), 2);
            let gained = shown.iter().map(|method| {
                rows.get(clip, wanted, method).map_or_else(
                    || NONE.to_owned(),
                    |row| format!("{:.2} ({})", row.score.psnr, difference(rows.psnr_gain(row), 2)),
                )
            });
            line(text, [clip.to_owned(), plain(BICUBIC), plain(PLAIN)].into_iter().chain(gained))?;
        }
        let means = shown.iter().map(|method| {
            let at_bitrate = rows.of(method).filter(|row| row.wanted == wanted);
            format!("**{}**", difference(mean(at_bitrate.filter_map(|row| rows.psnr_gain(row))), 2))
        });
        let heading = ["**mean gain**", "", ""].map(str::to_owned);
        line(text, heading.into_iter().chain(means))?;
        writeln!(text)?;
    }
    Ok(())
}

pub(super) fn by_clip(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    let nets = rows.nets();
    writeln!(
        text,
        "## By kind of footage\nWhat each network adds to {PLAIN}, in dB of PSNR-Y, mean over the bitrates; in parentheses in VMAF.\n"
    )?;
    head(text, &[&["clip"], nets.as_slice()].concat())?;
    let gain = |clip: Option<&str>, method: &str| {
        let of_clip = || rows.of(method).filter(|row| clip.is_none_or(|clip| row.clip == clip));
        let decibels = mean(of_clip().filter_map(|row| rows.psnr_gain(row)));
        let points = mean(of_clip().filter_map(|row| rows.vmaf_gain(row)));
        format!("{} ({})", difference(decibels, 2), difference(points, 1))
    };
    for clip in rows.clips() {
        let cells = nets.iter().map(|method| gain(Some(clip), method));
        line(text, std::iter::once(clip.to_owned()).chain(cells))?;
    }
    let means = nets.iter().map(|method| format!("**{}**", gain(None, method)));
    line(text, std::iter::once("**mean**".to_owned()).chain(means))?;
    writeln!(text)
}
