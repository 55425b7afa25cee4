//! Every figure of every row, folded away.

use std::fmt::{Error, Write as _};

use super::super::rows::{Row, Rows};
use super::{figure, head, line};

const COLUMNS: [&str; 10] =
    ["clip", "kbit/s", "method", "PSNR-Y", "pooled", "5 %", "SSIM", "VMAF", "steadiness", "ms a picture"];

pub(super) fn everything(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    writeln!(
        text,
        "## Everything\nPooled: PSNR of all errors together. 5 %: what one in twenty pictures does not reach. Steadiness: PSNR of the \
         change from picture to picture; what flickers is low.\n\n<details>\n<summary>All figures</summary>\n"
    )?;
    head(text, &COLUMNS)?;
    for Row { clip, bitrate, method, score, vmaf, time, .. } in rows.0 {
        line(
            text,
            [
                clip.clone(),
                figure(Some(bitrate / 1e3), 0),
                method.clone(),
                figure(Some(score.psnr), 2),
                figure(Some(score.pooled), 2),
                figure(Some(score.worst), 2),
                figure(Some(score.ssim), 4),
                figure(*vmaf, 2),
                figure(Some(score.steadiness), 2),
                figure(time.map(|time| time.as_secs_f64() * 1e3), 1),
            ],
        )?;
    }
    writeln!(text, "\n</details>")
}
