//! Whether a net may be shown to viewers. The server has no high-resolution original, so it asks three questions
//! that need none, on a recent picture of the stream (or a synthetic one before the stream has begun):
//!
//! 1. **Is the change bounded?** The residual corrects what plain upsampling lost, which is little.
//! 2. **Does it still show the received picture?** Scaled down again, the enhanced picture is the received one, up to
//!    the coding noise that a good net removes.
//! 3. **Does it help where the truth is known?** One scale down, the received picture itself is the original: the net
//!    must not be clearly worse than plain upsampling there. (A net trained for one scale helps less at another, so
//!    this question finds harm and does not measure gain.) A synthetic picture says nothing about the content that
//!    the net was trained for, so it is not asked this question.
//!
//! Pure but for the caller's `enhance`, which runs the net wherever nets run.

use media::ffmpeg::{FfmpegError, Filter, Scaler};
use media::picture::{Picture, Size};
use media::quality::psnr_luma;

/// Least PSNR between the enhanced and the plain picture. Plain upsampling of the hardest material (screen text) is
/// about 22 dB from the original; a correction larger than that corrects nothing.
const LEAST_LIKENESS: f64 = 18.0;

/// Least PSNR between the received picture and the enhanced one scaled down. Coding noise at very low rates is about
/// 30 dB from its original, and removing it is the net's job; a net that changes more than that shows something else.
const LEAST_CONSISTENCY: f64 = 26.0;

/// Most that a net may lose against plain upsampling one scale down, in dB.
const MOST_LOSS: f64 = 1.5;

/// Above this, differences cannot be seen: on a flat picture plain upsampling is exact, and nothing is lost by 60 dB.
const INVISIBLE: f64 = 46.0;

/// A picture is telling if neighbouring samples differ by more than half a code value in the mean (as a fraction).
const LEAST_DETAIL: (u64, u64) = (1, 2);

/// Received pictures smaller than this say too little one scale down.
const LEAST_REHEARSAL: u32 = 64;

/// Why a net must not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Harm<E> {
    /// It could not make a picture at all.
    #[error("the net cannot enhance a picture: {0}")]
    Net(E),
    /// The picture could not be scaled.
    #[error("the picture that the net is proven on cannot be scaled: {0}")]
    Scale(#[from] FfmpegError),
    /// The residual is too strong.
    #[error(
        "the net changes the plain upsampled picture beyond recognition ({likeness:.1} dB, at least \
         {LEAST_LIKENESS:.0} dB expected); train it further, or from the package in use"
    )]
    TooStrong {
        /// PSNR between enhanced and plain.
        likeness: f64,
    },
    /// The enhanced picture shows something else than the received one.
    #[error(
        "the enhanced picture does not show what was received ({consistency:.1} dB, at least \
         {LEAST_CONSISTENCY:.0} dB expected; plain upsampling reaches {plain:.1} dB)"
    )]
    Inconsistent {
        /// PSNR between the enhanced picture scaled down and the received one.
        consistency: f64,
        /// The same for plain upsampling.
        plain: f64,
    },
    /// It does worse than no net.
    #[error(
        "on the live stream, one scale down, the net is {:.1} dB worse than plain upsampling ({net:.1} dB against \
         {plain:.1} dB); train it on pictures of this stream", plain - net
    )]
    WorseThanPlain {
        /// PSNR with the net.
        net: f64,
        /// PSNR of plain upsampling.
        plain: f64,
    },
}

/// What a net is proven on.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// A received picture of the stream.
    Live(Picture),
    /// A made-up one.
    Synthetic(Picture),
}

/// What a net showed that may be used, in dB; for the log.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// PSNR between enhanced and plain.
    pub likeness: f64,
    /// PSNR between the enhanced picture scaled down and the received one.
    pub consistency: f64,
    /// One scale down: PSNR with the net less PSNR of plain upsampling.
    pub rehearsal: Option<f64>,
}

/// Asks the three questions. `enhance` gets a picture and its plain upsampling and answers the enhanced one.
pub fn prove<E>(
    evidence: &Evidence,
    scale: u8,
    mut enhance: impl FnMut(&Picture, Picture) -> Result<Picture, E>,
) -> Result<Proof, Harm<E>> {
    let (Evidence::Live(received) | Evidence::Synthetic(received)) = evidence;
    let scale = u32::from(scale);
    let (mut up, mut down) = (Scaler::new(Filter::Lanczos), Scaler::new(Filter::Area));

    let plain = up.scale(received, received.size().scaled(scale))?;
    let enhanced = enhance(received, plain.clone()).map_err(Harm::Net)?;
    let likeness = psnr_luma(&enhanced, &plain);
    if likeness < LEAST_LIKENESS {
        return Err(Harm::TooStrong { likeness });
    }

    let consistency = psnr_luma(&down.scale(&enhanced, received.size())?, received);
    let plain_consistency = psnr_luma(&down.scale(&plain, received.size())?, received);
    if consistency < LEAST_CONSISTENCY.min(plain_consistency - MOST_LOSS) {
        return Err(Harm::Inconsistent { consistency, plain: plain_consistency });
    }

    let mut proof = Proof { likeness, consistency, rehearsal: None };
    let small = rehearsal_size(received.size(), scale);
    if matches!(evidence, Evidence::Live(_)) && small.width.min(small.height) >= LEAST_REHEARSAL {
        let truth = down.scale(received, small.scaled(scale))?;
        let small = down.scale(&truth, small)?;
        let plain = up.scale(&small, truth.size())?;
        let net = psnr_luma(&enhance(&small, plain.clone()).map_err(Harm::Net)?, &truth);
        let plain = psnr_luma(&plain, &truth);
        if net < plain.min(INVISIBLE) - MOST_LOSS {
            return Err(Harm::WorseThanPlain { net, plain });
        }
        proof.rehearsal = Some(net - plain);
    }
    Ok(proof)
}

/// Whether a picture has something on it that a net could spoil: black, fades and flat slides prove nothing.
pub fn is_telling(picture: &Picture) -> bool {
    let luma = picture.luma();
    let (mut steps, mut count) = (0_u64, 0_u64);
    for row in luma.rows().step_by(4) {
        steps += row.iter().zip(&row[1..]).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        count += row.len() as u64;
    }
    steps * LEAST_DETAIL.1 > count * LEAST_DETAIL.0
}

/// Even, and small enough that its scaled size fits into the received picture.
fn rehearsal_size(received: Size, scale: u32) -> Size {
    let side = |length: u32| length / (2 * scale) * 2;
    Size { width: side(received.width), height: side(received.height) }
}

/// A picture with flat and busy places, for a stream that has shown none yet.
pub fn synthetic(size: Size) -> Picture {
    let mut picture = Picture::new(size);
    for component in media::picture::Component::ALL {
        let plane = picture.plane_mut(component);
        let (width, height) = (plane.width, plane.height);
        let mut plane = plane;
        for (y, row) in plane.rows_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let (u, v) = (x as f64 / width as f64, y as f64 / height as f64);
                let gradient = 60.0 + 120.0 * (u + v) / 2.0;
                let waves = 30.0 * (60.0 * u * u).sin() * (40.0 * v * v).cos();
                *sample = (gradient + waves) as u8;
            }
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const SIZE: Size = Size { width: 320, height: 180 };

    fn judge(change: impl Fn(usize, usize, u8) -> u8) -> Result<Proof, Harm<Infallible>> {
        prove(&Evidence::Live(synthetic(SIZE)), 2, |_, mut plain| {
            for (y, row) in plain.luma_mut().rows_mut().enumerate() {
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = change(x, y, *sample);
                }
            }
            Ok(plain)
        })
    }

    #[test]
    fn a_net_that_changes_nothing_passes() {
        assert!(judge(|_, _, sample| sample).is_ok());
    }

    #[test]
    fn a_wild_net_is_too_strong() {
        assert!(matches!(judge(|_, _, sample| 255 - sample), Err(Harm::TooStrong { .. })));
    }

    #[test]
    fn a_shifted_picture_is_not_what_was_received() {
        assert!(matches!(judge(|_, _, sample| sample.saturating_add(25)), Err(Harm::Inconsistent { .. })));
    }

    #[test]
    fn a_pattern_that_vanishes_when_scaled_down_is_found_where_the_truth_is_known() {
        let checkered = |x: usize, y: usize, sample: u8| {
            if (x + y).is_multiple_of(2) { sample.saturating_add(12) } else { sample.saturating_sub(12) }
        };
        assert!(matches!(judge(checkered), Err(Harm::WorseThanPlain { .. })));
    }

    #[test]
    fn a_flat_picture_neither_accuses_nor_tells() {
        let mut flat = Picture::new(SIZE);
        for component in media::picture::Component::ALL {
            flat.plane_mut(component).fill(16);
        }
        assert!(!is_telling(&flat) && is_telling(&synthetic(SIZE)));
        let nudge = |_: &Picture, mut plain: Picture| {
            plain
                .luma_mut()
                .rows_mut()
                .for_each(|row| row.iter_mut().step_by(50).for_each(|sample| *sample += 1));
            Ok::<_, Infallible>(plain)
        };
        assert!(prove(&Evidence::Live(flat), 2, nudge).is_ok());
    }

    #[test]
    fn any_even_size_can_be_proven_on() {
        for size in [
            Size { width: 854, height: 480 },
            Size { width: 426, height: 240 },
            Size { width: 34, height: 18 },
        ] {
            assert!(
                prove(&Evidence::Live(synthetic(size)), 2, |_, plain| Ok::<_, Infallible>(plain)).is_ok(),
                "{size}"
            );
        }
    }
}
