//! Quality over bitrate, one small diagram per clip, in one SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::report::distinct;
use super::{BICUBIC, DIRECT, Row};

const CELL: (u32, u32) = (420, 320);
const COLUMNS: usize = 3;

/// Draws all methods.
pub fn draw(rows: &[Row], file: &Path) -> Result<()> {
    let clips = distinct(rows.iter().map(|row| row.clip.as_str()));
    let lines = clips.len().div_ceil(COLUMNS);
    let size = (CELL.0 * COLUMNS as u32, CELL.1 * lines as u32);
    let area = SVGBackend::new(file, size).into_drawing_area();
    let failed = |error: &dyn std::fmt::Display| anyhow!("cannot draw {}: {error}", file.display());
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    for (cell, clip) in area.split_evenly((lines, COLUMNS)).iter().zip(clips) {
        let of_clip: Vec<&Row> = rows.iter().filter(|row| row.clip == clip).collect();
        diagram(cell, clip, &of_clip).map_err(|error| failed(&error))?;
    }
    area.present().map_err(|error| failed(&error))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Failure<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

fn diagram<'a>(area: &Area<'a>, clip: &str, rows: &[&Row]) -> Result<(), Failure<'a>> {
    let (left, right) = range(rows.iter().map(|row| row.bitrate / 1e3));
    let (low, high) = range(rows.iter().map(|row| row.score.psnr));
    let mut chart = ChartBuilder::on(area)
        .caption(clip, ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(30)
        .y_label_area_size(56)
        .build_cartesian_2d(left * 0.5..right * 1.1, low - 0.3..high + 0.3)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_labels(6)
        .x_desc("kbit/s")
        .y_desc("PSNR-Y, dB")
        .draw()?;
    for (index, method) in distinct(rows.iter().map(|row| row.method.as_str())).into_iter().enumerate() {
        let points: Vec<(f64, f64)> = rows
            .iter()
            .filter(|row| row.method == method)
            .map(|row| (row.bitrate / 1e3, row.score.psnr))
            .collect();
        let colour = match method {
            DIRECT => BLACK,
            BICUBIC => RGBColor(170, 170, 170),
            _ => Palette99::pick(index).to_rgba().into_rgb(),
        };
        let series = LineSeries::new(points, colour.stroke_width(2)).point_size(3);
        chart
            .draw_series(series)?
            .label(method)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .draw()
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

trait IntoRgb {
    fn into_rgb(self) -> RGBColor;
}

impl IntoRgb for RGBAColor {
    fn into_rgb(self) -> RGBColor {
        RGBColor(self.0, self.1, self.2)
    }
}
