//! SVT-AV1's turn: two of its encoders in one process share tables that the one that ends first frees, and the program
//! crashes (seen with version 1.4). So there is one at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::FfmpegError;
use super::Coder;

/// An encoder is there.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whoever waits for longer waits for himself, or for a stream that does not end.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// Held as long as an encoder lives.
pub(super) struct Turn(());

impl Turn {
    /// Waits for it, where the coder needs one.
    pub(super) fn of(coder: Coder) -> Result<Option<Self>, FfmpegError> {
        if !matches!(coder, Coder::SvtAv1(_)) {
            return Ok(None);
        }
        let since = Instant::now();
        while TAKEN.swap(true, Ordering::Acquire) {
            if since.elapsed() > PATIENCE {
                return Err(FfmpegError::Setting("a second stream in AV1 at the same time"));
            }
            thread::sleep(PAUSE);
        }
        Ok(Some(Self(())))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        TAKEN.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffmpeg::Preset;

    #[test]
    fn one_follows_the_other() {
        let first = Turn::of(Coder::SvtAv1(12)).unwrap();
        assert!(first.is_some());
        assert!(Turn::of(Coder::X264(Preset::Veryfast)).unwrap().is_none(), "others need none");
        let next = thread::spawn(|| Turn::of(Coder::SvtAv1(12)).unwrap().is_some());
        thread::sleep(PAUSE * 3);
        assert!(!next.is_finished(), "it waits");
        drop(first);
        assert!(next.join().unwrap());
    }
}
