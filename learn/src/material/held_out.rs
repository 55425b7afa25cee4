//! The pairs that the network is judged by and never trained on: recent, few, and only a quarter of each picture, so
//! that judging costs little beside training.

use std::collections::VecDeque;

use media::ffmpeg::{Filter, Scaler};
use media::quality::psnr_luma;
use media::{Component, Picture, Size};
use models::Fingerprint;
use nets::Upscaler;

use crate::{Error, Pair, Settings};

/// Networks whose figures are remembered: the best one, the server's, the one that training began from, and the last ones in
/// training.
const KNOWN: usize = 6;

/// A bounded number of quarters of pairs; the oldest leaves first.
pub(super) struct HeldOut {
    settings: Settings,
    quarters: VecDeque<Quarter>,
    lanczos: Scaler,
    taken: usize,
}

/// A quarter, and how good what was judged by it is on it.
struct Quarter {
    pair: Pair,
    lanczos_db: f64,
    /// PSNR in dB by networks that were judged before, the newest last.
    known: VecDeque<(Fingerprint, f64)>,
}

impl HeldOut {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            settings: *settings,
            quarters: VecDeque::with_capacity(settings.held_out),
            lanczos: Scaler::new(Filter::Lanczos),
            taken: 0,
        }
    }

    /// Keeps a quarter of `pair`, each time another one, unless there is nothing to gain in it. Whether it was kept.
    pub(super) fn push(&mut self, pair: &Pair) -> Result<bool, Error> {
        let pair = quarter(pair, self.taken % 4);
        self.taken += 1;
        let lanczos_db = psnr_luma(&self.lanczos.scale(&pair.lr, pair.hr.size())?, &pair.hr);
        if lanczos_db > self.settings.nothing_to_gain_db {
            return Ok(false);
        }
        if self.quarters.len() == self.settings.held_out {
            self.quarters.pop_front();
        }
        self.quarters.push_back(Quarter { pair, lanczos_db, known: VecDeque::with_capacity(KNOWN) });
        Ok(true)
    }

    /// Forgets all but the `newest`.
    pub(super) fn keep(&mut self, newest: usize) {
        let older = self.quarters.len().saturating_sub(newest);
        self.quarters.drain(..older);
    }

    pub(super) fn len(&self) -> usize {
        self.quarters.len()
    }

    /// Mean PSNR of Lanczos upsampling, in dB; 0 if nothing is held out.
    pub(super) fn lanczos_db(&self) -> f64 {
        mean(self.quarters.iter().map(|quarter| quarter.lanczos_db))
    }

    /// Mean PSNR of a network, in dB; 0 if nothing is held out.
    pub(super) fn judge(&mut self, net: Fingerprint, upscaler: &mut dyn Upscaler) -> Result<f64, Error> {
        let mut found = Vec::with_capacity(self.quarters.len());
        for quarter in &mut self.quarters {
            let known = quarter.known.iter().find(|(known, _)| *known == net);
            // Most of them were judged before: only the network in training is new each time.
            let psnr = match known {
                Some((_, psnr)) => *psnr,
                None => quarter.look(net, upscaler, &mut self.lanczos)?,
            };
            found.push(psnr);
        }
        Ok(mean(found.into_iter()))
    }
}

impl Quarter {
    fn look(
        &mut self,
        net: Fingerprint,
        upscaler: &mut dyn Upscaler,
        lanczos: &mut Scaler,
    ) -> Result<f64, Error> {
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

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count().max(1) as f64
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

    #[test]
    fn keeps_the_newest_that_have_something_to_gain() {
        let mut holdout = HeldOut::new(&Settings::default());
        let lr = Size { width: 32, height: 32 };
        let mut flat = Pair { lr: Picture::new(lr), hr: Picture::new(lr.scaled(2)) };
        for component in Component::ALL {
            flat.lr.plane_mut(component).fill(16);
            flat.hr.plane_mut(component).fill(16);
        }
        holdout.push(&flat).unwrap();
        assert_eq!(holdout.len(), 0);
        for _ in 0..Settings::default().held_out + 3 {
            holdout.push(&Pair { lr: picture(lr), hr: picture(lr.scaled(2)) }).unwrap();
        }
        assert_eq!(holdout.len(), Settings::default().held_out);
    }
}
