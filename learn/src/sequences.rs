//! What TCSR is trained on: runs of consecutive pictures as F-EDSR shows them, beside their originals.

#[cfg(test)]
mod tests;

use media::picture::{Picture, Size};
use rand::Rng;

use crate::patch::copy;
use crate::{Error, ErrorKind};

/// One in this many neighbours is taken from elsewhere, as it is where scenes are cut: the net has to learn to ignore it.
const FOREIGN: u32 = 16;

#[derive(Debug, Clone)]
pub struct Sequence {
    /// As the first stage shows them.
    pub shown: Vec<Picture>,
    /// The originals, in the same size.
    pub originals: Vec<Picture>,
}

/// A number of sequences in memory: two bytes per pixel and picture.
#[derive(Debug)]
pub struct SequencePool {
    radius: usize,
    runs: Vec<Run>,
}

/// A sequence as training needs it, rows without gaps.
#[derive(Debug)]
struct Run {
    size: Size,
    shown: Vec<Vec<u8>>,
    originals: Vec<Vec<u8>>,
}

impl SequencePool {
    /// An empty pool for nets of this radius.
    pub fn new(radius: u16) -> Self {
        Self { radius: radius.into(), runs: Vec::new() }
    }

    /// Adds a sequence of at least `2k+1` pictures, all of one size.
    pub fn push(&mut self, sequence: &Sequence) -> Result<(), Error> {
        let Some(size) = sequence.shown.first().map(Picture::size) else { return Err(Error::empty()) };
        let other = sequence.shown.iter().chain(&sequence.originals).find(|other| other.size() != size);
        if let Some(other) = other {
            let what = format!(
                "a sequence has pictures of {size} and of {}; begin another where the size changes",
                other.size()
            );
            return Err(Error::new(ErrorKind::Mismatch, what));
        }
        let found = sequence.shown.len().min(sequence.originals.len());
        let needed = 2 * self.radius + 1;
        if found < needed {
            let what = format!("a sequence of {found} pictures; the net sees {needed} at once");
            return Err(Error::new(ErrorKind::TooSmall, what));
        }
        let lumas = |pictures: &[Picture]| pictures.iter().take(found).map(luma).collect();
        self.runs.push(Run { size, shown: lumas(&sequence.shown), originals: lumas(&sequence.originals) });
        Ok(())
    }

    /// Neighbours on either side of what is drawn.
    pub fn radius(&self) -> usize {
        self.radius
    }

    pub fn len(&self) -> usize {
        self.runs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Appends the same square of `2k+1` pictures (code values) and what the middle one's original has beyond it, turned
    /// and ordered in a random way.
    pub(super) fn draw(
        &self,
        patch: usize,
        random: &mut impl Rng,
        shown: &mut Vec<f32>,
        residual: &mut Vec<f32>,
    ) -> Result<(), Error> {
        let run = self.run(random)?;
        let at = run.place(patch, random)?;
        // The middle one has all of its neighbours within the run.
        let middle = random.random_range(self.radius..run.shown.len() - self.radius);
        let orientation: u8 = random.random();
        let backwards: bool = random.random();
        let stride = run.size.width as usize;
        let begin = shown.len();
        for offset in 0..=2 * self.radius {
            let index = if backwards { middle + self.radius - offset } else { middle + offset - self.radius };
            if index != middle && random.random_ratio(1, FOREIGN) {
                let other = self.run(random)?;
                let at = other.place(patch, random)?;
                let index = random.random_range(0..other.shown.len());
                let stride = other.size.width as usize;
                copy(&other.shown[index], stride, at, patch, orientation, shown, f32::from);
            } else {
                copy(&run.shown[index], stride, at, patch, orientation, shown, f32::from);
            }
        }
        // The middle picture of those that were just appended is what the residual is added to.
        let target = begin + self.radius * patch * patch;
        let first = residual.len();
        copy(&run.originals[middle], stride, at, patch, orientation, residual, f32::from);
        for (residual, shown) in residual[first..].iter_mut().zip(&shown[target..]) {
            *residual -= shown;
        }
        Ok(())
    }

    fn run(&self, random: &mut impl Rng) -> Result<&Run, Error> {
        if self.runs.is_empty() {
            return Err(Error::empty());
        }
        Ok(&self.runs[random.random_range(0..self.runs.len())])
    }
}

impl Run {
    /// Both coordinates are even: pixels of the large picture differ by where they lie in their low-resolution pixel.
    fn place(&self, patch: usize, random: &mut impl Rng) -> Result<(usize, usize), Error> {
        let width = self.size.width as usize;
        let height = self.size.height as usize;
        if width < patch || height < patch {
            return Err(Error::too_small(self.size, patch));
        }
        let mut even = |room: usize| 2 * random.random_range(0..=room / 2);
        Ok((even(width - patch), even(height - patch)))
    }
}

fn luma(picture: &Picture) -> Vec<u8> {
    picture.luma().rows().flatten().copied().collect()
}
