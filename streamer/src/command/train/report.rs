//! What is written beside the network: how it was made, and the curves.

use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use models::Package;
use plotters::prelude::*;

use crate::cli::TrainArgs;

const SIZE: (u32, u32) = (720, 480);

/// Where a training stood.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Point {
    pub(super) seconds: f64,
    pub(super) steps: u64,
    /// Mean squared error of the last batch, pictures in 0..1.
    pub(super) loss: f64,
    /// PSNR of Lanczos upsampling on what is held out, in dB.
    pub(super) lanczos: f64,
    /// The same of the network.
    pub(super) psnr: f64,
}

impl Point {
    pub(super) fn gain(&self) -> f64 {
        self.psnr - self.lanczos
    }
}

/// `MODEL.md`.
pub(super) fn markdown(args: &TrainArgs, package: &Package, points: &[Point]) -> String {
    let last = points.last().copied().unwrap_or_default();
    let stem = args.out.with_extension("svg");
    let chart = stem.file_name().unwrap_or_default().to_string_lossy();
    let mut text = format!(
        "# {}\n\nGain over plain upsampling: {:+.2} dB ({:.2} to {:.2} dB), PSNR of luma on pictures of the recording that were \
         not trained on.\n\n![Curves]({chart})\n\n| what | value |\n|---|---|\n",
        package.config(),
        last.gain(),
        last.lanczos,
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
    for point in points {
        let _ = writeln!(text, "| {:.1} | {} | {:+.3} |", point.seconds, point.steps, point.gain());
    }
    text
}

/// `MODEL.svg`: the curves, one above the other.
pub(super) fn chart(points: &[Point]) -> Result<String> {
    let mut svg = String::new();
    draw(points, &mut svg).map_err(|error| anyhow!("cannot draw the curves: {error}"))?;
    Ok(svg)
}

fn draw(points: &[Point], svg: &mut String) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let end = points.last().map_or(0.0, |last| last.seconds).max(0.1);
    let gain: Vec<f64> = points.iter().map(Point::gain).collect();
    let error: Vec<f64> = points.iter().map(|point| 10.0 * point.loss.log10()).collect();
    let curves = [
        ("gain over plain upsampling on what is held out, dB", RGBColor(0, 110, 60), gain),
        ("mean squared error of a batch, dB", RGBColor(170, 30, 30), error),
    ];
    for (cell, (name, colour, values)) in area.split_evenly((curves.len(), 1)).iter().zip(curves) {
        // The first point comes before the first step: there is no loss yet.
        let curve: Vec<(f64, f64)> = points
            .iter()
            .map(|point| point.seconds)
            .zip(values)
            .filter(|(_, value)| value.is_finite())
            .collect();
        let (low, high) = curve
            .iter()
            .map(|&(_, value)| (value, value))
            .reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
            .unwrap_or((0.0, 1.0));
        let margin = (0.05 * (high - low)).max(1e-3);
        let mut chart = ChartBuilder::on(cell)
            .caption(name, ("sans-serif", 16))
            .margin(8)
            .margin_right(24)
            .x_label_area_size(24)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..end, low - margin..high + margin)?;
        chart.configure_mesh().light_line_style(WHITE).x_labels(8).y_labels(6).draw()?;
        chart.draw_series(LineSeries::new(curve, colour.stroke_width(2)))?;
    }
    area.present()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_few_points_are_drawn() {
        let point = |seconds, loss| Point { seconds, steps: 3, loss, lanczos: 30.0, psnr: 31.0 };
        for points in
            [vec![], vec![point(0.0, 0.0)], vec![point(0.0, 0.0), point(1.0, 1e-4), point(2.0, 9e-5)]]
        {
            let svg = chart(&points).unwrap();
            assert!(svg.contains("</svg>") && svg.contains("gain over plain"));
        }
    }
}
