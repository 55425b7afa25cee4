//! A held-out pair, of which only a quarter is kept, so that judging costs little beside training.

use std::collections::VecDeque;

use media::ffmpeg::Scaler;
use media::quality::psnr_luma;
use media::{Component, Picture, Size};
use models::Fingerprint;
use nets::Upscaler;

use crate::{Error, Pair};

/// Networks whose figures are remembered: the best one, the server's, the one that training began from, and the last ones in
/// training.
const KNOWN: usize = 6;

/// A quarter of a pair, and how good what was judged by it is on it: PSNR of luma in dB.
pub(super) struct Quarter {
    pair: Pair,
    pub(super) lanczos_db: f64,
    /// Networks that were judged before, the newest last.
    known: VecDeque<(Fingerprint, f64)>,
}

impl Quarter {
    /// The quarter with this number (of which two bits count).
    pub(super) fn of(pair: &Pair, index: usize, lanczos: &mut Scaler) -> Result<Self, Error> {
        let pair = quarter(pair, index);
        let lanczos_db = psnr_luma(&lanczos.scale(&pair.lr, pair.hr.size())?, &pair.hr);
        Ok(Self { pair, lanczos_db, known: VecDeque::with_capacity(KNOWN) })
    }

    /// What a network makes of it.
    pub(super) fn judge(
        &mut self,
        net: Fingerprint,
        upscaler: &mut dyn Upscaler,
        lanczos: &mut Scaler,
    ) -> Result<f64, Error> {
        // Most networks were judged before: only the one in training is new each time.
        if let Some((_, psnr)) = self.known.iter().find(|(known, _)| *known == net) {
            return Ok(*psnr);
        }
        let Pair { lr, hr } = &self.pair;
        let upsampled = lanczos.scale(lr, hr.size())?;
        let psnr = psnr_luma(&upscaler.upscale(lr, upsampled)?, hr);
        if self.known.len() == KNOWN {
            self.known.pop_front();
        }
        self.known.push_back((net, psnr));
        Ok(psnr)
    }
}

/// The left or right (`index` & 1), upper or lower (`index` & 2) quarter, cut at even samples.
fn quarter(pair: &Pair, index: usize) -> Pair {
    let lr = pair.lr.size();
    let half = |side: u32| (side / 2).next_multiple_of(2).min(side);
    let size = Size { width: half(lr.width), height: half(lr.height) };
    let at = |side: u32, part: u32, second: bool| if second { (side - part) / 2 * 2 } else { 0 };
    let x = at(lr.width, size.width, index & 1 != 0);
    let y = at(lr.height, size.height, index & 2 != 0);
    let scale = pair.hr.size().width / lr.width.max(1);
    Pair { lr: cut(&pair.lr, x, y, size), hr: cut(&pair.hr, x * scale, y * scale, size.scaled(scale)) }
}

/// A part of a picture, from the even position `x`, `y` on.
fn cut(picture: &Picture, x: u32, y: u32, size: Size) -> Picture {
    let mut part = Picture::new(size);
    part.copy_properties_from(picture);
    for component in Component::ALL {
        let shift = u32::from(component != Component::Y);
        let left = (x >> shift) as usize;
        let top = (y >> shift) as usize;
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
}
