//! What a network's gain costs: a point for every network, of its mean gain and its median time over all clips and bitrates.

use std::path::Path;

use media::quality::Mean;
use plotters::prelude::*;

use super::{Failure, Rows, colour, range};
use crate::percentile;

const SIZE: (u32, u32) = (560, 380);

struct Net<'a> {
    name: &'a str,
    colour: RGBColor,
    milliseconds: f64,
    gain: f64,
}

pub(super) fn draw<'a>(rows: Rows<'_>, file: &'a Path) -> Result<(), Failure<'a>> {
    let nets = nets(rows);
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (_, slowest) = range(nets.iter().map(|net| net.milliseconds).chain([1.0]));
    let (worst, best) = range(nets.iter().map(|net| net.gain).chain([0.0]));
    let room = (best - worst).max(0.1) * 0.15;
    let mut chart = ChartBuilder::on(&area)
        .caption("What a network adds to Lanczos, and what it costs", ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(34)
        .y_label_area_size(56)
        // Labels stand right of their points.
        .build_cartesian_2d(0.0..slowest * 1.25, worst.min(0.0)..best + room)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_label_formatter(&|milliseconds| format!("{milliseconds:.0}"))
        .x_desc("ms a picture")
        .y_desc("mean gain in PSNR-Y, dB")
        .draw()?;
    chart.draw_series(nets.iter().map(|net| {
        let label = Text::new(net.name.to_owned(), (8, -6), ("sans-serif", 14));
        let point = Circle::new((0, 0), 5, net.colour.filled());
        EmptyElement::at((net.milliseconds, net.gain)) + point + label
    }))?;
    area.present()
}

fn nets<'a>(rows: Rows<'a>) -> Vec<Net<'a>> {
    let all = rows.methods();
    let net = |name: &'a str| {
        let index = all.iter().position(|method| *method == name).unwrap_or_default();
        let mut times: Vec<f64> =
            rows.of(name).filter_map(|row| row.time).map(|time| time.as_secs_f64() * 1e3).collect();
        let gains: Mean = rows.of(name).filter_map(|row| rows.psnr_gain(row)).collect();
        Net {
            name,
            colour: colour(name, index),
            milliseconds: percentile(&mut times, 0.5),
            gain: gains.mean(),
        }
    };
    rows.nets().into_iter().map(net).collect()
}
