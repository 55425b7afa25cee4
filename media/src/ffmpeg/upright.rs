//! Decoded pictures as they are meant to be looked at: progressive, and turned as their file or their stream says.

use super::Deinterlacer;
use super::pool::FramePool;
use crate::picture::{Component, DisplayMatrix, Picture, PixelAspect, Plane, PlaneMut, Scan, Turn};

/// Makes pictures progressive and turns them as they say, or as the track says that they are from. What is progressive and upright
/// passes as it is.
pub struct Upright {
    /// What the track says: it holds for pictures that say nothing.
    track: Option<DisplayMatrix>,
    deinterlacer: Deinterlacer,
    /// Whether a person was told that pictures are interlaced.
    told: bool,
    refused: Option<Picture>,
    /// What the last picture asked for, and what that came to.
    asked: Option<DisplayMatrix>,
    turn: Turn,
    pool: Option<FramePool>,
}

/// Samples are turned in squares of this side: their lines of both pictures stay in the fastest cache.
const SQUARE: usize = 16;

impl Upright {
    /// For the pictures of a track that has this matrix.
    pub fn new(track: Option<DisplayMatrix>) -> Self {
        Self {
            track,
            deinterlacer: Deinterlacer::new(),
            told: false,
            refused: None,
            asked: None,
            turn: Turn::None,
            pool: None,
        }
    }

    /// Takes a picture in. Pull until nothing comes before pushing again.
    pub fn push(&mut self, picture: &Picture) {
        if picture.scan() != Scan::Progressive && !self.told {
            self.told = true;
            tracing::info!(scan = ?picture.scan(), "the pictures are interlaced; they are made progressive");
        }
        // Rather combs than no picture.
        if let Err(error) = self.deinterlacer.push(picture) {
            tracing::debug!(%error, "a picture stays interlaced");
            self.refused = Some(picture.clone());
        }
    }

    /// The next picture as it is to be shown, if one is complete; what is said of it is kept. An interlaced picture waits for the
    /// next one.
    pub fn pull(&mut self) -> Option<Picture> {
        let picture = self.deinterlacer.pull().or_else(|| self.refused.take())?;
        Some(self.turned(picture))
    }

    /// Says that what comes next does not continue the pictures before: those that are still inside can be pulled.
    pub fn finish(&mut self) {
        self.deinterlacer.finish();
    }

    fn turned(&mut self, picture: Picture) -> Picture {
        let asked = picture.display_matrix().or(self.track);
        if asked != self.asked {
            self.asked = asked;
            self.turn = asked.as_ref().map_or(Turn::None, understand);
        }
        if self.turn == Turn::None {
            return picture;
        }
        let size = picture.size().turned(self.turn);
        let pool = match self.pool.take() {
            Some(pool) if pool.size() == size => pool,
            _ => FramePool::new(size),
        };
        let mut turned = Picture::from_frame(self.pool.insert(pool).take());
        turned.copy_properties_from(&picture);
        if self.turn.is_quarter() {
            let aspect = picture.pixel_aspect();
            turned.set_pixel_aspect(PixelAspect::new(aspect.den().into(), aspect.num().into()));
        }
        for component in Component::ALL {
            fill(&mut turned.plane_mut(component), &picture.plane(component), self.turn);
        }
        turned
    }
}

/// What the matrix comes to. Said once, as a person may wonder about the shape.
fn understand(matrix: &DisplayMatrix) -> Turn {
    let (turn, exact) = Turn::nearest(matrix);
    if !exact {
        tracing::warn!(
            ?turn,
            "the pictures are to be turned by an odd angle; they are turned by the nearest quarter"
        );
    } else if turn != Turn::None {
        tracing::info!(?turn, "the pictures are turned as their file says");
    }
    turn
}

/// Fills `to` with the samples of `from`, turned.
fn fill(to: &mut PlaneMut<'_>, from: &Plane<'_>, turn: Turn) {
    if turn.is_quarter() {
        return fill_quarter(to, from, turn);
    }
    let lines = from.height;
    for (index, row) in to.rows_mut().enumerate() {
        let line = if turn.reads_upwards() { lines - 1 - index } else { index };
        let start = line * from.stride;
        row.copy_from_slice(&from.data[start..start + from.width]);
        if turn.reads_backwards() {
            row.reverse();
        }
    }
}

/// The same where lines become columns: square by square, each read line by line and written line by line.
fn fill_quarter(to: &mut PlaneMut<'_>, from: &Plane<'_>, turn: Turn) {
    let mut square = [[0; SQUARE]; SQUARE];
    for top in (0..from.height).step_by(SQUARE) {
        let lines = SQUARE.min(from.height - top);
        // A picture that is read upwards begins at the right.
        let column = if turn.reads_upwards() { from.height - top - lines } else { top };
        for left in (0..from.width).step_by(SQUARE) {
            let columns = SQUARE.min(from.width - left);
            for y in 0..lines {
                let start = (top + y) * from.stride + left;
                let line = if turn.reads_upwards() { lines - 1 - y } else { y };
                square[line][..columns].copy_from_slice(&from.data[start..start + columns]);
            }
            for x in 0..columns {
                let row = if turn.reads_backwards() { from.width - 1 - left - x } else { left + x };
                let start = row * to.stride + column;
                let samples = &mut to.data[start..start + lines];
                samples.iter_mut().zip(&square).for_each(|(sample, line)| *sample = line[x]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
