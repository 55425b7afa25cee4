//! What a picture shows, roughly, so that pictures can be compared in microseconds.

use media::{Component, Picture};

/// Cells of the grid, across and down.
const CELLS: [usize; 2] = [16, 9];
/// Lines of samples that are looked at in a cell, about, in both directions.
const LINES: usize = 4;
/// Of every this many samples in both directions, one is taken: about 2,000 of a 480x270 picture.
const STRIDE: usize = 8;

/// A few figures of a picture, in code values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Signature(pub(super) Vec<f32>);

impl Signature {
    /// Mean luma and chroma of each cell of a grid: what a scene is known by, whatever the size of its pictures.
    pub(crate) fn of(picture: &Picture) -> Self {
        Self(Component::ALL.into_iter().flat_map(|component| cells(picture, component)).collect())
    }

    /// Single samples of luma: cheap enough for every frame.
    pub(super) fn sampled(picture: &Picture) -> Self {
        let rows = picture.luma().rows().step_by(STRIDE);
        Self(rows.flat_map(|row| row.iter().step_by(STRIDE).map(|sample| f32::from(*sample))).collect())
    }

    /// Mean difference in code values.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        let total: f32 = self.0.iter().zip(&other.0).map(|(a, b)| (a - b).abs()).sum();
        f64::from(total) / self.0.len().max(1) as f64
    }

    /// Moves every figure by `share` of what it is from `newer`.
    pub(super) fn follow(&mut self, newer: &Self, share: f32) {
        for (value, new) in self.0.iter_mut().zip(&newer.0) {
            *value += share * (new - *value);
        }
    }
}

fn cells(picture: &Picture, component: Component) -> Vec<f32> {
    let [columns, lines] = CELLS;
    let plane = picture.plane(component);
    let step = (plane.height / (lines * LINES)).max(1);
    let mut sums = vec![0_u32; columns * lines];
    let mut counts = vec![0_u32; columns * lines];
    for (y, row) in plane.rows().enumerate().step_by(step) {
        let line = y * lines / plane.height.max(1) * columns;
        for (x, sample) in row.iter().enumerate().step_by(step) {
            let cell = line + x * columns / plane.width.max(1);
            sums[cell] += u32::from(*sample);
            counts[cell] += 1;
        }
    }
    // A picture smaller than the grid leaves cells empty.
    sums.iter().zip(&counts).map(|(&sum, &count)| sum as f32 / count.max(1) as f32).collect()
}
