//! Figures in SVG: quality over bitrate for every clip, and what a network's gain costs in time.

mod cost;
mod curves;

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::rows::Rows;
use super::{BICUBIC, DIRECT};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failure<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

/// Draws PSNR-Y over bitrate, one small diagram per clip, all methods in each.
pub fn curves(rows: Rows<'_>, file: &Path) -> Result<()> {
    curves::draw(rows, file).map_err(|error| anyhow!("cannot draw {}: {error}", file.display()))
}

/// Draws the mean gain over plain up-sampling against the mean time of a picture, one point per network.
pub fn cost(rows: Rows<'_>, file: &Path) -> Result<()> {
    cost::draw(rows, file).map_err(|error| anyhow!("cannot draw {}: {error}", file.display()))
}

/// A method has the same colour in every figure.
fn colour(method: &str, index: usize) -> RGBColor {
    match method {
        DIRECT => BLACK,
        BICUBIC => RGBColor(170, 170, 170),
        _ => {
            let (red, green, blue) = Palette99::pick(index).rgb();
            RGBColor(red, green, blue)
        }
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}
