//! The pairs that the network is judged by and never trained on: recent, few, and only a quarter of each picture, so
//! that judging costs little beside training.

use std::collections::VecDeque;

use media::{
    Component, Picture, Size,
    ffmpeg::{Filter, Scaler},
};
use models::{
    quality::psnr_luma,
    train::{Pair, TrainError},
};

/// As many as are judged by. At a pair every half second and one in five held out, this is the last 20 seconds.
const CAPACITY: usize = 8;
/// Black and titles on flat ground are perfect without a network; what it does to them says nothing about the rest.
const NOTHING_TO_GAIN: f64 = 48.0;

/// A bounded number of quarters of pairs; the oldest leaves first.
pub(super) struct Holdout {
    quarters: VecDeque<Pair>,
    lanczos: Scaler,
    taken: usize,
}

impl Holdout {
    pub(super) fn new() -> Self {
        Self { quarters: VecDeque::with_capacity(CAPACITY), lanczos: Scaler::new(Filter::Lanczos), taken: 0 }
    }

    /// Keeps a quarter of `pair`, each time another one, unless there is nothing to gain in it.
    pub(super) fn push(&mut self, pair: &Pair) -> Result<(), TrainError> {
        let quarter = quarter(pair, self.taken % 4);
        self.taken += 1;
        let plain = self.lanczos.scale(&quarter.lr, quarter.hr.size())?;
        if psnr_luma(&plain, &quarter.hr) > NOTHING_TO_GAIN {
            return Ok(());
        }
        if self.quarters.len() == CAPACITY {
            self.quarters.pop_front();
        }
        self.quarters.push_back(quarter);
        Ok(())
    }

    pub(super) fn pairs(&mut self) -> &[Pair] {
        self.quarters.make_contiguous()
    }

    pub(super) fn len(&self) -> usize {
        self.quarters.len()
    }
}

/// The left or right (`index` & 1), upper or lower (`index` & 2) quarter, cut at even samples.
fn quarter(pair: &Pair, index: usize) -> Pair {
    let lr = pair.lr.size();
    let half = |side: u32| (side / 2).next_multiple_of(2).min(side);
    let size = Size { width: half(lr.width), height: half(lr.height) };
    let at = |side: u32, part: u32, second: bool| if second { (side - part) / 2 * 2 } else { 0 };
    let (x, y) = (at(lr.width, size.width, index & 1 != 0), at(lr.height, size.height, index & 2 != 0));
    let scale = pair.hr.size().width / lr.width.max(1);
    Pair { lr: cut(&pair.lr, x, y, size), hr: cut(&pair.hr, x * scale, y * scale, size.scaled(scale)) }
}

/// A part of a picture, from the even position `x`, `y` on.
fn cut(picture: &Picture, x: u32, y: u32, size: Size) -> Picture {
    let mut part = Picture::new(size);
    part.copy_properties_from(picture);
    for component in Component::ALL {
        let shift = u32::from(component != Component::Y);
        let (left, top) = ((x >> shift) as usize, (y >> shift) as usize);
        let from = picture.plane(component);
        let mut to = part.plane_mut(component);
        for (to, from) in to.rows_mut().zip(from.rows().skip(top)) {
            let width = to.len();
            to.copy_from_slice(&from[left..left + width]);
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Luma and chroma tell their position.
    fn picture(size: Size) -> Picture {
        let mut picture = Picture::new(size);
        for component in Component::ALL {
            for (y, row) in picture.plane_mut(component).rows_mut().enumerate() {
                row.iter_mut().enumerate().for_each(|(x, sample)| *sample = (x * 3 + y * 5) as u8);
            }
        }
        picture
    }

    #[test]
    fn quarters_of_both_pictures_show_the_same_place() {
        let lr = Size { width: 30, height: 22 };
        let pair = Pair { lr: picture(lr), hr: picture(lr.scaled(2)) };
        for (index, (x, y)) in [(0, 0), (14, 0), (0, 10), (14, 10)].into_iter().enumerate() {
            let quarter = quarter(&pair, index);
            assert_eq!(quarter.lr.size(), Size { width: 16, height: 12 });
            assert_eq!(quarter.hr.size(), Size { width: 32, height: 24 });
            let first = |picture: &Picture| picture.luma().data[0];
            assert_eq!(first(&quarter.lr), (x * 3 + y * 5) as u8);
            assert_eq!(first(&quarter.hr), (2 * x * 3 + 2 * y * 5) as u8);
            assert_eq!(quarter.hr.plane(Component::Cb).data[0], (x * 3 + y * 5) as u8);
        }
    }

    #[test]
    fn keeps_the_newest_that_have_something_to_gain() {
        let mut holdout = Holdout::new();
        let lr = Size { width: 32, height: 32 };
        let mut flat = Pair { lr: Picture::new(lr), hr: Picture::new(lr.scaled(2)) };
        for component in Component::ALL {
            flat.lr.plane_mut(component).fill(16);
            flat.hr.plane_mut(component).fill(16);
        }
        holdout.push(&flat).unwrap();
        assert_eq!(holdout.len(), 0);
        for _ in 0..CAPACITY + 3 {
            holdout.push(&Pair { lr: picture(lr), hr: picture(lr.scaled(2)) }).unwrap();
        }
        assert_eq!(holdout.len(), CAPACITY);
    }
}
