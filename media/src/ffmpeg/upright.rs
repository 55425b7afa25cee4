//! Decoded pictures as they are meant to be looked at: turned as their file or their stream says.

use super::pool::FramePool;
use crate::picture::{Component, DisplayMatrix, Picture, Plane, PlaneMut, Turn};

/// Turns pictures as they say, or as the track says that they are from. What is upright passes as it is.
pub struct Upright {
    /// What the track says: it holds for pictures that say nothing.
    track: Option<DisplayMatrix>,
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
        Self { track, asked: None, turn: Turn::None, pool: None }
    }

    /// The picture as it is to be shown; time, key and colour are kept.
    pub fn turn(&mut self, picture: Picture) -> Picture {
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
