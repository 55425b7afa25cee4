//! Tables in Markdown: for people who decide, then everything.

use std::fmt::{Error, Write as _};

use models::quality::Mean;

use super::bd_rate::bd_rate;
use super::{BICUBIC, DIRECT, PLAIN, Row};

/// The report without its heading.
pub fn markdown(rows: &[Row]) -> Result<String, Error> {
    let mut text = String::new();
    gains(&mut text, rows)?;
    rates(&mut text, rows)?;
    everything(&mut text, rows)?;
    Ok(text)
}

/// Values in the order in which they come first.
pub(super) fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

fn psnr(rows: &[Row], clip: &str, wanted: u32, method: &str) -> Option<f64> {
    let found = rows.iter().find(|row| row.clip == clip && row.wanted == wanted && row.method == method);
    found.map(|row| row.score.psnr)
}

fn methods(rows: &[Row]) -> Vec<&str> {
    distinct(rows.iter().map(|row| row.method.as_str()))
}

fn clips(rows: &[Row]) -> Vec<&str> {
    distinct(rows.iter().map(|row| row.clip.as_str()))
}

fn gains(text: &mut String, rows: &[Row]) -> Result<(), Error> {
    let shown: Vec<&str> =
        methods(rows).into_iter().filter(|method| ![PLAIN, BICUBIC].contains(method)).collect();
    for wanted in distinct(rows.iter().map(|row| row.wanted)) {
        writeln!(
            text,
            "## At {} kbit/s\nMean PSNR-Y in dB; in parentheses what it adds to {PLAIN}.\n",
            wanted / 1000
        )?;
        writeln!(text, "| clip | {BICUBIC} | {PLAIN} | {} |", shown.join(" | "))?;
        writeln!(text, "|---|---|---|{}", "---|".repeat(shown.len()))?;
        let mut means = vec![Mean::default(); shown.len()];
        for clip in clips(rows) {
            let of = |method| psnr(rows, clip, wanted, method).unwrap_or_default();
            let plain = of(PLAIN);
            write!(text, "| {clip} | {:.2} | {plain:.2} |", of(BICUBIC))?;
            for (method, mean) in shown.iter().zip(&mut means) {
                mean.add(of(method) - plain);
                write!(text, " {:.2} ({:+.2}) |", of(method), of(method) - plain)?;
            }
            writeln!(text)?;
        }
        let means: Vec<String> = means.iter().map(|mean| format!("**{:+.2}**", mean.mean())).collect();
        writeln!(text, "| **mean gain** | | | {} |\n", means.join(" | "))?;
    }
    Ok(())
}

fn rates(text: &mut String, rows: &[Row]) -> Result<(), Error> {
    let shown: Vec<&str> = methods(rows).into_iter().filter(|method| *method != DIRECT).collect();
    writeln!(
        text,
        "## BD-rate\nPercent of bits that direct coding of the large picture needs beyond the thin stream with each method, over the \
         qualities that both reach; positive: the method saves bits. `-`: no quality in common.\n"
    )?;
    writeln!(text, "| clip | {} |\n|---|{}", shown.join(" | "), "---|".repeat(shown.len()))?;
    for clip in clips(rows) {
        let curve = |method: &str| -> Vec<(f64, f64)> {
            let of_method = rows.iter().filter(|row| row.clip == clip && row.method == method);
            of_method.map(|row| (row.bitrate, row.score.psnr)).collect()
        };
        let direct = curve(DIRECT);
        let cells = shown.iter().map(|method| {
            bd_rate(&curve(method), &direct)
                .map_or_else(|| "-".to_owned(), |percent| format!("{percent:+.0}"))
        });
        writeln!(text, "| {clip} | {} |", cells.collect::<Vec<_>>().join(" | "))?;
    }
    writeln!(text)
}

fn everything(text: &mut String, rows: &[Row]) -> Result<(), Error> {
    writeln!(
        text,
        "## Everything\nPooled: PSNR of all errors together. 5 %: what one in twenty pictures does not reach. Steadiness: PSNR of the \
         change from picture to picture; what flickers is low.\n"
    )?;
    writeln!(text, "| clip | kbit/s | method | PSNR-Y | pooled | 5 % | SSIM | steadiness | ms a picture |")?;
    writeln!(text, "|---|---|---|---|---|---|---|---|---|")?;
    for Row { clip, bitrate, method, score, time, .. } in rows {
        let time = time.map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e3));
        writeln!(
            text,
            "| {clip} | {:.0} | {method} | {:.2} | {:.2} | {:.2} | {:.4} | {:.2} | {time} |",
            bitrate / 1e3,
            score.psnr,
            score.pooled,
            score.worst,
            score.ssim,
            score.steadiness
        )?;
    }
    Ok(())
}
