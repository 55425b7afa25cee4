//! What a net in 8 bits is to a net in floating point: the ranges that it needs, and what it loses. Both are looked at on pieces of the
//! stream's own pictures; what lies outside of a range anywhere in a picture is seen by the bytes alone, and for next to nothing.

use std::ops::Range;

use kernels::convolve::Instructions;
use kernels::float::Channels;
use kernels::program::Luma;
use kernels::{Net, Program, Ranges};
use media::picture::Plane;

/// Size of a piece: what floating point does in a few milliseconds.
const WIDTH: usize = 128;
const HEIGHT: usize = 64;

/// The share of what the net adds that eight bits may lose. What a good net adds is, in squares, what the picture gains by it: so it is
/// the share of the gain in decibels as well, nearly.
const MOST_LOST: f64 = 0.1;

/// Mean square in code values below which nothing is lost that could be seen: 54 dB. In a dark or empty scene a net adds next to
/// nothing, and a share of that says nothing.
const INVISIBLE: f64 = 0.25;

/// What earlier looks count beside a new one: one place of one picture does not decide.
const MEMORY: f64 = 0.7;

/// Ranges are taken wider than they were seen by this share: pictures that are not looked at go a little further.
const MARGIN: f32 = 1.1;

#[derive(Debug)]
pub(super) struct Looks {
    net: Net,
    ranges: Ranges,
    /// Those that the program was packed with.
    packed: Ranges,
    number: usize,
    /// Of the programs that are packed.
    reuse: Option<u8>,
    luma: Vec<u8>,
    seen: Cost,
}

/// Mean squares in code values, each look counting [`MEMORY`] times what the one after it does.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    added: f64,
    lost: f64,
    looks: f64,
}

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Seen {
    Fine,
    /// There are values that the program has no bytes for; pack it again.
    Wider,
    /// Eight bits lose this share of what the net adds.
    TooCoarse(f64),
    NotFinite,
}

impl Looks {
    pub(super) fn new(net: Net, reuse: Option<u8>) -> Self {
        let ranges = Ranges::new(&net);
        Self {
            packed: ranges.clone(),
            ranges,
            net,
            number: 0,
            reuse,
            luma: Vec::new(),
            seen: Cost::default(),
        }
    }

    /// Takes ranges from a pattern, whose losses say nothing: no camera shows it. Whether all was finite.
    pub(super) fn begin(&mut self, pattern: &Plane<'_>) -> bool {
        let width = self.cut(pattern);
        self.number = 0;
        self.ranges.observe(&self.net, &self.luma, width).is_some()
    }

    pub(super) fn program(&mut self, instructions: Instructions) -> Program {
        self.packed = self.ranges.widened(MARGIN);
        let mut program = Program::new(&self.net, &self.packed, instructions);
        program.set_reuse(self.reuse);
        program
    }

    /// The program that takes the place of this one, if the last picture had values outside of its ranges.
    pub(super) fn wider(&mut self, program: &Program, instructions: Instructions) -> Option<Program> {
        let mut wider = self.packed.clone();
        if !program.widen(&mut wider) {
            return None;
        }
        self.ranges = wider.widened(1.0 / MARGIN);
        Some(self.program(instructions))
    }

    /// Looks at one piece of a picture, another one each time; `instructions` are those of the program.
    pub(super) fn look(&mut self, plane: &Plane<'_>, instructions: Instructions) -> Seen {
        let width = self.cut(plane);
        let exact = self.ranges.observe(&self.net, &self.luma, width);
        let Some(exact) = exact else { return Seen::NotFinite };
        let wider = self.ranges.exceed(&self.packed);
        let ranges = if wider { self.ranges.widened(MARGIN) } else { self.packed.clone() };
        let mut program = Program::new(&self.net, &ranges, instructions);
        self.seen.add(cost(&mut program, &exact, self.net.scale, &self.luma, width));
        if let Some(share) = self.seen.too_much() {
            return Seen::TooCoarse(share);
        }
        if wider { Seen::Wider } else { Seen::Fine }
    }

    /// Takes a piece, and answers its width. The busiest come first, since that is where values are largest; look after look, all
    /// others come as well.
    fn cut(&mut self, plane: &Plane<'_>) -> usize {
        let width = WIDTH.min(plane.width);
        let height = HEIGHT.min(plane.height);
        let mut places: Vec<(u64, usize, usize)> = (0..=plane.height - height)
            .step_by(height)
            .flat_map(|y| (0..=plane.width - width).step_by(width).map(move |x| (x, y)))
            .map(|(x, y)| (bustle(plane, x..x + width, y..y + height), x, y))
            .collect();
        places.sort_unstable_by(|one, other| other.cmp(one));
        let (_, x, y) = places[self.number % places.len()];
        self.number += 1;
        self.luma.clear();
        for row in plane.rows().skip(y).take(height) {
            self.luma.extend_from_slice(&row[x..x + width]);
        }
        width
    }
}

/// How much happens in a place: differences between neighbours, on some of its rows.
fn bustle(plane: &Plane<'_>, columns: Range<usize>, rows: Range<usize>) -> u64 {
    let rows = plane.rows().skip(rows.start).take(rows.len()).step_by(4);
    let differences = rows.flat_map(|row| {
        let row = &row[columns.clone()];
        row.iter().zip(&row[1..]).map(|(one, other)| u64::from(one.abs_diff(*other)))
    });
    differences.sum()
}

impl Cost {
    fn add(&mut self, look: Self) {
        *self = Self {
            added: self.added * MEMORY + look.added,
            lost: self.lost * MEMORY + look.lost,
            looks: self.looks * MEMORY + look.looks,
        };
    }

    /// The share of what the net adds that is lost, if that is too much.
    fn too_much(&self) -> Option<f64> {
        let share = self.lost / self.added;
        (self.lost > INVISIBLE * self.looks && share > MOST_LOST).then_some(share)
    }
}

/// What one look comes to: what the program makes of a piece, and what the net makes of it in floating point.
fn cost(program: &mut Program, exact: &Channels, scale: usize, luma: &[u8], width: usize) -> Cost {
    let height = luma.len() / width;
    // In the middle of the codes, so that sums saturate where residuals do.
    let mut large = vec![128; width * scale * height * scale];
    let luma = Luma { width, height, stride: width, data: luma };
    program.run(luma, &mut large, width * scale);
    let mut added = 0.0;
    let mut lost = 0.0;
    for (at, code) in large.iter().enumerate() {
        let y = at / (width * scale);
        let x = at % (width * scale);
        let exact = exact.row(y % scale * scale + x % scale, y / scale)[x / scale].clamp(-128.0, 127.0);
        let exact = f64::from(exact);
        added += exact.powi(2);
        // Every picture is rounded in the end; that is no loss of these.
        lost += (f64::from(*code) - 128.0 - exact).powi(2) - (exact.round_ties_even() - exact).powi(2);
    }
    let count = large.len() as f64;
    Cost { added: added / count, lost: lost / count, looks: 1.0 }
}
