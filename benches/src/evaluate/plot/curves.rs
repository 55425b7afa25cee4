//! Quality over bitrate, one small diagram per clip, in one SVG.

use std::path::Path;

use plotters::prelude::*;

use super::{Area, Failure, Rows, colour, range};

const CELL: (u32, u32) = (420, 320);
const COLUMNS: usize = 3;

pub(super) fn draw<'a>(rows: Rows<'_>, file: &'a Path) -> Result<(), Failure<'a>> {
    let clips = rows.clips();
    let lines = clips.len().div_ceil(COLUMNS);
    let size = (CELL.0 * COLUMNS as u32, CELL.1 * lines as u32);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    for (cell, clip) in area.split_evenly((lines, COLUMNS)).iter().zip(clips) {
        diagram(cell, clip, rows)?;
    }
    area.present()
}

fn diagram<'a>(area: &Area<'a>, clip: &str, rows: Rows<'_>) -> Result<(), Failure<'a>> {
    let of_clip = || rows.0.iter().filter(|row| row.clip == clip);
    let (left, right) = range(of_clip().map(|row| row.bitrate / 1e3));
    let (low, high) = range(of_clip().map(|row| row.score.pooled));
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
        .x_label_formatter(&|kilobits| format!("{kilobits:.0}"))
        .x_desc("kbit/s")
        .y_desc("PSNR-Y, dB")
        .draw()?;
    for (index, method) in rows.methods().into_iter().enumerate() {
        let points = rows.curve(clip, method).into_iter().map(|(rate, quality)| (rate / 1e3, quality));
        let colour = colour(method, index);
        let series = LineSeries::new(points, colour.stroke_width(2)).point_size(3);
        chart
            .draw_series(series)?
            .label(method)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .draw()
}
