//! Loss, learning rate and gain over steps, one above the other, in one SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::curve::Point;

const SIZE: (u32, u32) = (720, 720);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Failure<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

/// One curve.
struct Series {
    name: &'static str,
    colour: RGBColor,
    value: fn(&Point) -> f64,
}

const SERIES: [Series; 3] = [
    Series { name: "gain on held-out sources, dB", colour: RGBColor(0, 110, 60), value: |point| point.gain },
    Series { name: "loss", colour: RGBColor(170, 30, 30), value: |point| point.loss },
    Series { name: "learning rate", colour: RGBColor(60, 60, 160), value: |point| point.rate },
];

/// Draws the curves.
pub(super) fn draw(points: &[Point], file: &Path) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| anyhow!("cannot draw {}: {error}", file.display());
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    for (cell, series) in area.split_evenly((SERIES.len(), 1)).iter().zip(SERIES) {
        diagram(cell, &series, points).map_err(|error| failed(&error))?;
    }
    area.present().map_err(|error| failed(&error))
}

fn diagram<'a>(area: &Area<'a>, series: &Series, points: &[Point]) -> Result<(), Failure<'a>> {
    let values = || points.iter().map(series.value);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    // A curve of one point, or a flat one, still has an extent.
    let margin = (0.05 * (high - low)).max(1e-6);
    let last = points.last().map_or(1, |point| point.step.max(1));
    let mut chart = ChartBuilder::on(area)
        .caption(series.name, ("sans-serif", 16))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(24)
        .y_label_area_size(64)
        .build_cartesian_2d(0..last, low - margin..high + margin)?;
    chart.configure_mesh().light_line_style(WHITE).x_labels(8).y_labels(6).draw()?;
    let line = points.iter().map(|point| (point.step, (series.value)(point)));
    chart.draw_series(LineSeries::new(line, series.colour.stroke_width(2)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_few_points_are_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("curves.svg");
        let point = |step| Point { step, loss: -9.0, rate: 1e-3, gain: 0.5 };
        for points in [vec![point(7)], vec![point(1), point(2)]] {
            draw(&points, &file).unwrap();
            assert!(std::fs::read_to_string(&file).unwrap().contains("learning rate"));
        }
    }
}
