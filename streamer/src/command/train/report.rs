//! What is written beside the network: how it was made, and the curves.

use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use models::Package;
use plotters::prelude::*;

use super::curve::{Point, Run};
use crate::cli::TrainArgs;

const SIZE: (u32, u32) = (720, 480);

/// One curve.
struct Series {
    name: &'static str,
    colour: RGBColor,
    value: fn(&Run, &Point) -> f64,
}

const SERIES: [Series; 2] = [
    Series {
        name: "gain over plain upsampling on what is held out, dB",
        colour: RGBColor(0, 110, 60),
        value: |run, point| point.psnr - run.lanczos,
    },
    Series {
        name: "mean squared error of a batch, dB",
        colour: RGBColor(170, 30, 30),
        value: |_, point| decibel(point.loss),
    },
];

/// `MODEL.md`.
pub(super) fn markdown(args: &TrainArgs, package: &Package, run: &Run) -> String {
    let last = run.last();
    let stem = args.out.with_extension("svg");
    let chart = stem.file_name().unwrap_or_default().to_string_lossy();
    let mut text = format!(
        "# {}\n\nGain over plain upsampling: {:+.2} dB ({:.2} to {:.2} dB), PSNR of luma on pictures of the recording that were \
         not trained on.\n\n![Curves]({chart})\n\n| what | value |\n|---|---|\n",
        package.config(),
        last.psnr - run.lanczos,
        run.lanczos,
        last.psnr
    );
    let rows = [
        ("recording", args.video.display().to_string()),
        ("bitrate of the low-resolution video", args.bitrate.to_string()),
        ("steps", last.steps.to_string()),
        ("seconds", format!("{:.1}", last.seconds)),
        ("threads", args.threads.to_string()),
        ("bytes", package.bytes().len().to_string()),
        ("fingerprint", package.fingerprint().to_hex()),
    ];
    for (what, value) in rows {
        let _ = writeln!(text, "| {what} | {value} |");
    }
    text.push_str("\n| seconds | steps | gain, dB |\n|---|---|---|\n");
    for point in &run.points {
        let _ =
            writeln!(text, "| {:.1} | {} | {:+.3} |", point.seconds, point.steps, point.psnr - run.lanczos);
    }
    text
}

/// `MODEL.svg`: the curves, one above the other.
pub(super) fn chart(run: &Run) -> Result<String> {
    let mut svg = String::new();
    draw(run, &mut svg).map_err(|error| anyhow!("cannot draw the curves: {error}"))?;
    Ok(svg)
}

fn draw(run: &Run, svg: &mut String) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let end = run.last().seconds.max(0.1);
    for (cell, series) in area.split_evenly((SERIES.len(), 1)).iter().zip(SERIES) {
        // The first point comes before the first step: there is no loss yet.
        let points: Vec<(f64, f64)> = run
            .points
            .iter()
            .map(|point| (point.seconds, (series.value)(run, point)))
            .filter(|(_, value)| value.is_finite())
            .collect();
        let (low, high) = points
            .iter()
            .map(|&(_, value)| (value, value))
            .reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
            .unwrap_or((0.0, 1.0));
        let margin = (0.05 * (high - low)).max(1e-3);
        let mut chart = ChartBuilder::on(cell)
            .caption(series.name, ("sans-serif", 16))
            .margin(8)
            .margin_right(24)
            .x_label_area_size(24)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..end, low - margin..high + margin)?;
        chart.configure_mesh().light_line_style(WHITE).x_labels(8).y_labels(6).draw()?;
        chart.draw_series(LineSeries::new(points, series.colour.stroke_width(2)))?;
    }
    area.present()
}

fn decibel(mean_squared_error: f64) -> f64 {
    10.0 * mean_squared_error.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_few_points_are_drawn() {
        let point = |seconds, loss| Point { seconds, steps: 3, loss, psnr: 31.0 };
        for points in
            [vec![], vec![point(0.0, 0.0)], vec![point(0.0, 0.0), point(1.0, 1e-4), point(2.0, 9e-5)]]
        {
            let svg = chart(&Run { lanczos: 30.0, points }).unwrap();
            assert!(svg.contains("</svg>") && svg.contains("gain over plain"));
        }
    }
}
