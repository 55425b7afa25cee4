//! Quality over bitrate for every clip, in SVG.

mod curves;

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::OBS;
use super::rows::Rows;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failure<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

/// Draws PSNR-Y over bitrate, one small diagram per clip, all methods in each.
pub fn curves(rows: Rows<'_>, file: &Path) -> Result<()> {
    curves::draw(rows, file).map_err(|error| anyhow!("cannot draw {}: {error}", file.display()))
}

/// All of them readable on white.
const COLOURS: [RGBColor; 7] = [
    RGBColor(31, 119, 180),
    RGBColor(44, 160, 44),
    RGBColor(255, 127, 14),
    RGBColor(148, 103, 189),
    RGBColor(214, 39, 40),
    RGBColor(23, 190, 207),
    RGBColor(140, 86, 75),
];

/// A method has the same colour in every figure.
fn colour(method: &str, index: usize) -> RGBColor {
    match method {
        OBS => BLACK,
        _ => COLOURS[index % COLOURS.len()],
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}
