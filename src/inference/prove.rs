//! Whether a net may be shown to viewers. The server has no high-resolution original, so it asks three questions
//! that need none, on a recent picture of the stream (or a synthetic one before the stream has begun):
//!
//! 1. **Is the change bounded?** The residual corrects what Lanczos upsampling lost, which is little.
//! 2. **Does it still show the received picture?** Scaled down again, the upscaled picture is the received one, up to
//!    the coding noise that a good net removes.
//! 3. **Does it help where the truth is known?** One scale down, the received picture itself is the original: the net
//!    must not be clearly worse than Lanczos upsampling there. (A net trained for one scale helps less at another, so
//!    this question finds damage and does not measure gain.) A synthetic picture says nothing about the content that
//!    the net was trained for, so it is not asked this question.
//!
//! Pure but for the caller's `upscale`, which runs the net wherever nets run.

use media::ffmpeg::{FfmpegError, Filter, Scaler};
use media::picture::{Picture, Size};
use media::quality::psnr_luma;

/// Least PSNR between the upscaled picture and the Lanczos upsampled one. Lanczos upsampling of the hardest material (screen text) is
/// about 22 dB from the original; a correction larger than that corrects nothing.
const LEAST_LIKENESS: f64 = 18.0;

/// Least PSNR between the received picture and the upscaled one scaled down. Coding noise at very low rates is about
/// 30 dB from its original, and removing it is the net's job; a net that changes more than that shows something else.
const LEAST_CONSISTENCY: f64 = 26.0;

/// Most that a net may lose against Lanczos upsampling one scale down, in dB.
const MOST_LOSS: f64 = 1.5;

/// Above this, differences cannot be seen: on a flat picture Lanczos upsampling is exact, and nothing is lost by 60 dB.
const INVISIBLE: f64 = 46.0;

/// A picture is telling if neighbouring samples differ by more than half a code value in the mean (as a fraction).
const LEAST_DETAIL: (u64, u64) = (1, 2);

/// Received pictures smaller than this say too little one scale down.
const LEAST_REHEARSAL: u32 = 64;

/// Why a net must not be shown. All figures are PSNR in dB.
#[derive(Debug, thiserror::Error)]
pub enum ProofFailure {
    #[error(
        "the net changes the plain upsampled picture beyond recognition ({likeness:.1} dB, at least \
         {LEAST_LIKENESS:.0} dB expected); train it further, or from the package in use"
    )]
    TooStrong { likeness: f64 },
    #[error(
        "the enhanced picture does not show what was received ({consistency:.1} dB, at least \
         {LEAST_CONSISTENCY:.0} dB expected; plain upsampling reaches {lanczos:.1} dB)"
    )]
    Inconsistent { consistency: f64, lanczos: f64 },
    #[error(
        "on the live stream, one scale down, the net is {:.1} dB worse than plain upsampling ({net:.1} dB against \
         {lanczos:.1} dB); train it on pictures of this stream", lanczos - net
    )]
    WorseThanLanczos { net: f64, lanczos: f64 },
}

/// What a net is proven on.
#[derive(Debug, Clone)]
pub enum ProofFrame {
    /// A received picture of the stream.
    Live(Picture),
    Synthetic(Picture),
}

impl ProofFrame {
    pub fn picture(&self) -> &Picture {
        let (Self::Live(picture) | Self::Synthetic(picture)) = self;
        picture
    }
}

/// What a net showed that may be used, in dB; for the log.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// PSNR between the upscaled picture and the Lanczos upsampled one.
    pub likeness: f64,
    /// PSNR between the upscaled picture scaled down and the received one.
    pub consistency: f64,
    /// One scale down: PSNR with the net less PSNR of Lanczos upsampling.
    pub rehearsal: Option<f64>,
}

/// Asks the three questions. `upscale` gets a picture and its Lanczos upsampling and answers the upscaled one. The outer
/// error says that the questions could not be asked.
pub fn prove<E: From<FfmpegError>>(
    sample: &ProofFrame,
    scale: u8,
    mut upscale: impl FnMut(&Picture, Picture) -> Result<Picture, E>,
) -> Result<Result<Proof, ProofFailure>, E> {
    let received = sample.picture();
    let scale = u32::from(scale);
    let mut up = Scaler::new(Filter::Lanczos);
    let mut down = Scaler::new(Filter::Area);

    let lanczos = up.scale(received, received.size().scaled(scale))?;
    let upscaled = upscale(received, lanczos.clone())?;
    let likeness = psnr_luma(&upscaled, &lanczos);
    if likeness < LEAST_LIKENESS {
        return Ok(Err(ProofFailure::TooStrong { likeness }));
    }

    let consistency = psnr_luma(&down.scale(&upscaled, received.size())?, received);
    let lanczos = psnr_luma(&down.scale(&lanczos, received.size())?, received);
    // Where not even the filter is consistent, the net need not be.
    if consistency < LEAST_CONSISTENCY.min(lanczos - MOST_LOSS) {
        return Ok(Err(ProofFailure::Inconsistent { consistency, lanczos }));
    }

    let mut proof = Proof { likeness, consistency, rehearsal: None };
    let small = rehearsal_size(received.size(), scale);
    if matches!(sample, ProofFrame::Live(_)) && small.width.min(small.height) >= LEAST_REHEARSAL {
        let truth = down.scale(received, small.scaled(scale))?;
        let small = down.scale(&truth, small)?;
        let lanczos = up.scale(&small, truth.size())?;
        let net = psnr_luma(&upscale(&small, lanczos.clone())?, &truth);
        let lanczos = psnr_luma(&lanczos, &truth);
        if net < lanczos.min(INVISIBLE) - MOST_LOSS {
            return Ok(Err(ProofFailure::WorseThanLanczos { net, lanczos }));
        }
        proof.rehearsal = Some(net - lanczos);
    }
    Ok(Ok(proof))
}

/// Whether a picture has something on it that a net could spoil: black, fades and flat slides prove nothing.
pub fn is_telling(picture: &Picture) -> bool {
    let luma = picture.luma();
    let mut steps = 0_u64;
    let mut count = 0_u64;
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
        let mut plane = picture.plane_mut(component);
        let width = plane.width as f64;
        let height = plane.height as f64;
        for (y, row) in plane.rows_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let u = x as f64 / width;
                let v = y as f64 / height;
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
    use super::*;

    const SIZE: Size = Size { width: 320, height: 180 };

    fn judge(change: impl Fn(usize, usize, u8) -> u8) -> Result<Proof, ProofFailure> {
        prove(&ProofFrame::Live(synthetic(SIZE)), 2, |_, mut plain| {
            for (y, row) in plain.luma_mut().rows_mut().enumerate() {
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = change(x, y, *sample);
                }
            }
            Ok::<_, FfmpegError>(plain)
        })
        .unwrap()
    }

    #[test]
    fn a_net_that_changes_nothing_passes() {
        assert!(judge(|_, _, sample| sample).is_ok());
    }

    #[test]
    fn a_wild_net_is_too_strong() {
        assert!(matches!(judge(|_, _, sample| 255 - sample), Err(ProofFailure::TooStrong { .. })));
    }

    #[test]
    fn a_shifted_picture_is_not_what_was_received() {
        assert!(matches!(
            judge(|_, _, sample| sample.saturating_add(25)),
            Err(ProofFailure::Inconsistent { .. })
        ));
    }

    #[test]
    fn a_pattern_that_vanishes_when_scaled_down_is_found_where_the_truth_is_known() {
        let checkered = |x: usize, y: usize, sample: u8| {
            if (x + y).is_multiple_of(2) { sample.saturating_add(12) } else { sample.saturating_sub(12) }
        };
        assert!(matches!(judge(checkered), Err(ProofFailure::WorseThanLanczos { .. })));
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
            Ok::<_, FfmpegError>(plain)
        };
        assert!(prove(&ProofFrame::Live(flat), 2, nudge).unwrap().is_ok());
    }

    #[test]
    fn any_even_size_can_be_proven_on() {
        for size in [
            Size { width: 854, height: 480 },
            Size { width: 426, height: 240 },
            Size { width: 34, height: 18 },
        ] {
            assert!(
                prove(&ProofFrame::Live(synthetic(size)), 2, |_, plain| Ok::<_, FfmpegError>(plain)).is_ok(),
                "{size}"
            );
        }
    }
}
