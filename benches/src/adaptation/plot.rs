//! The patent's figure 7: PSNR over time, by policy, and when each trained.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::Outcome;
use super::programme::Programme;
use super::report::name;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failure<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

const SIZE: (u32, u32) = (1200, 640);
/// Height of the part that shows who trained when.
const BARS: u32 = 110;
/// Measured pictures that a point is the mean of: two seconds.
const SMOOTH: usize = 4;
const COLOURS: [RGBColor; 3] = [RGBColor(200, 30, 30), RGBColor(31, 119, 180), RGBColor(44, 160, 44)];
const GREY: RGBColor = RGBColor(120, 120, 120);

/// Draws gain over Lanczos upsampling over time.
pub fn draw(programme: &Programme, outcome: &Outcome, file: &Path) -> Result<()> {
    figure(programme, outcome, file).map_err(|error| anyhow!("cannot draw {}: {error}", file.display()))
}

fn figure<'a>(programme: &Programme, outcome: &Outcome, file: &'a Path) -> Result<(), Failure<'a>> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (curves, bars) = area.split_vertically(SIZE.1 - BARS);
    gains(programme, outcome, &curves)?;
    trainings(programme, outcome, &bars)?;
    area.present()
}

fn gains<'a>(programme: &Programme, outcome: &Outcome, area: &Area<'a>) -> Result<(), Failure<'a>> {
    let smooth = |value: &dyn Fn(&super::Measured) -> f64| -> Vec<(f64, f64)> {
        let mean = |run: &[super::Measured]| {
            (run[run.len() - 1].at_s, run.iter().map(value).sum::<f64>() / run.len() as f64)
        };
        outcome
            .measured
            .windows(SMOOTH)
            .filter(|run| run[0].scene == run[SMOOTH - 1].scene)
            .map(mean)
            .collect()
    };
    let stock = smooth(&|one| one.stock - one.lanczos);
    let nets: Vec<_> =
        (0..outcome.lives.len()).map(|index| smooth(&|one| one.nets[index] - one.lanczos)).collect();
    let all = nets.iter().chain([&stock]).flatten().map(|point| point.1);
    let (low, high) = all.fold((0.0_f64, 0.1_f64), |(low, high), value| (low.min(value), high.max(value)));
    let mut chart = ChartBuilder::on(area)
        .caption(
            "gain over plain upsampling, dB of PSNR-Y (mean of 2 s), with the network that the server had",
            ("sans-serif", 17),
        )
        .margin(10)
        .x_label_area_size(24)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..programme.seconds(), low - 0.05..high * 1.08)?;
    chart.configure_mesh().light_line_style(WHITE).x_labels(16).draw()?;
    for (cut, scene) in programme.cuts().into_iter().zip(&programme.scenes) {
        chart.draw_series(LineSeries::new([(cut, low - 0.05), (cut, high * 1.08)], BLACK.mix(0.25)))?;
        let label =
            Text::new(scene.name.clone(), (cut, high * 1.07), ("sans-serif", 11).into_font().color(&GREY));
        chart.draw_series([label])?;
    }
    chart.draw_series(LineSeries::new(stock, GREY))?.label("stock").legend(|(x, y)| line(x, y, GREY));
    for (index, (life, points)) in outcome.lives.iter().zip(nets).enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name(life.policy))
            .legend(move |(x, y)| line(x, y, colour));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(GREY)
        .draw()
}

fn line(x: i32, y: i32, colour: RGBColor) -> PathElement<(i32, i32)> {
    PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2))
}

/// A row for every policy, filled while it trained.
fn trainings<'a>(programme: &Programme, outcome: &Outcome, area: &Area<'a>) -> Result<(), Failure<'a>> {
    let rows = outcome.lives.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .caption("who trained when", ("sans-serif", 14))
        .margin(10)
        .margin_top(0)
        .x_label_area_size(4)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..programme.seconds(), 0.0..rows)?;
    for (index, life) in outcome.lives.iter().enumerate() {
        let row = index as f64;
        let colour = COLOURS[index % COLOURS.len()];
        chart.draw_series(life.trainings.iter().map(|training| {
            let to = training.to_s.unwrap_or(training.from_s + training.seconds);
            Rectangle::new([(training.from_s, row + 0.1), (to, row + 0.9)], colour.filled())
        }))?;
    }
    Ok(())
}
