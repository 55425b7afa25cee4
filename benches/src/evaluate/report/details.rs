//! Every figure of every row, folded away.

use std::fmt::{Error, Write as _};

use super::super::rows::{Row, Rows};
use super::{figure, head, line};

const COLUMNS: [&str; 13] = [
    "clip",
    "kbit/s",
    "taken",
    "way",
    "pooled",
    "mean",
    "5 %",
    "SSIM",
    "VMAF",
    "steadiness",
    "way out",
    "sending",
    "serving",
];

pub(super) fn everything(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    writeln!(
        text,
        "## Everything\nPooled: PSNR-Y of all errors together. Mean: of the pictures' PSNR-Y. 5 %: what one in twenty pictures does not reach. \
         Steadiness: PSNR of the change from picture to picture; what flickers is low.\n\n<details>\n<summary>All figures</summary>\n"
    )?;
    head(text, &COLUMNS)?;
    for Row { clip, wanted, bitrate, method, score, vmaf, way_out, sending, serving, .. } in rows.0 {
        line(
            text,
            [
                clip.clone(),
                (wanted / 1000).to_string(),
                figure(Some(bitrate / 1e3), 0),
                method.clone(),
                figure(Some(score.pooled), 2),
                figure(Some(score.psnr), 2),
                figure(Some(score.worst), 2),
                figure(Some(score.ssim), 4),
                figure(*vmaf, 2),
                figure(Some(score.steadiness), 2),
                figure(*way_out, 3),
                figure(Some(*sending), 2),
                figure(*serving, 2),
            ],
        )?;
    }
    writeln!(text, "\n</details>")
}
