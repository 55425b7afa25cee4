//! The front of a lane: coded pictures from the queue in, decoded ones with their facts out.
//!
//! Here is decided what is not even decoded: everything up to the next keyframe when the lane is too far behind, and
//! everything when a stream ends and the lane does not.

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use media::VideoConfig;
use media::flow::{KeyQueue, Queued as _};
use media::packet::Packet;
use media::picture::Picture;
use media::time::MediaTime;

use super::cadence::Cadence;
use super::decode::FrameDecoder;
use super::frame::{Frame, UpscaledBy};
use super::pace;
use super::queue::LaneInput;
use super::stats::LaneStats;

/// What is still in the queue when the stream ends may take this long; the rest is dropped.
const DRAIN: Duration = Duration::from_millis(1200);

/// What the stages are to do next.
pub(super) enum Next {
    /// These frames follow the ones before.
    Frames(Vec<Frame>),
    /// These frames do, and what comes after them does not continue them.
    Break(Vec<Frame>),
    /// Nothing came in time.
    Nothing,
    /// These frames are the last ones.
    End(Vec<Frame>),
}

pub(super) struct Front {
    queue: Arc<KeyQueue<LaneInput>>,
    stats: Arc<LaneStats>,
    decoder: FrameDecoder,
    cadence: Cadence,
    /// Decode time of the packet that was taken last.
    taken: MediaTime,
    ending_since: Option<Instant>,
}

impl Front {
    pub(super) fn new(queue: Arc<KeyQueue<LaneInput>>, stats: Arc<LaneStats>) -> Self {
        let decoder = FrameDecoder::new(Arc::clone(&stats));
        let cadence = Cadence::default();
        Self { queue, stats, decoder, cadence, taken: MediaTime::ZERO, ending_since: None }
    }

    /// Waits for input up to `patience`.
    pub(super) fn next(&mut self, patience: Duration) -> Next {
        match self.queue.pop_timeout(patience) {
            Ok(LaneInput::Config(config)) => Next::Break(self.configure(config)),
            Ok(LaneInput::Discontinuity) => Next::Break(self.drain()),
            Ok(LaneInput::Picture(packet)) => self.take(&packet),
            Err(RecvTimeoutError::Disconnected) => {
                self.ending_since.get_or_insert_with(Instant::now);
                Next::End(self.drain())
            }
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
        }
    }

    /// What follows is coded like this; answers what was still inside the decoder.
    pub(super) fn configure(&mut self, config: Arc<VideoConfig>) -> Vec<Frame> {
        // First: what is inside belongs to the old configuration, and has the old frame rate.
        let frames = self.drain();
        self.cadence.state(config.frame_rate());
        self.decoder.configure(config);
        frames
    }

    /// How the pictures are coded, as far as it is known.
    pub(super) fn config(&self) -> Option<Arc<VideoConfig>> {
        self.decoder.config()
    }

    /// Received video that the lane has not begun.
    pub(super) fn backlog(&self) -> MediaTime {
        let newest = self.queue.newest().unwrap_or(self.taken);
        (newest - self.taken).max(MediaTime::ZERO)
    }

    /// Whether nothing will be received any more.
    pub(super) fn is_ending(&self) -> bool {
        self.ending_since.is_some()
    }

    fn take(&mut self, packet: &Packet) -> Next {
        // Counted before anything can go wrong: should the lane break, this one was at work.
        self.stats.taken(1);
        self.cadence.note(packet.dts);
        self.taken = packet.dts;
        if self.queue.is_closed() {
            let since = *self.ending_since.get_or_insert_with(Instant::now);
            if since.elapsed() > DRAIN {
                return self.drop_the_rest();
            }
        }
        if pace::skips(self.backlog(), self.cadence.frame(), self.queue.has_key()) {
            return self.skip_to_key();
        }
        let started = Instant::now();
        let pictures = self.decoder.push(packet);
        Next::Frames(self.with_facts(pictures, packet.dts, started.elapsed()))
    }

    fn drop_the_rest(&mut self) -> Next {
        let left = self.queue.drain().iter().filter(|input| input.packet().is_some()).count() as u64;
        self.stats.taken(left);
        // The one that was taken goes, too.
        self.stats.lose(1 + left, None);
        Next::Frames(Vec::new())
    }

    fn skip_to_key(&mut self) -> Next {
        let backlog = self.backlog();
        let skipped = self.queue.skip_to_key();
        self.stats.taken(skipped);
        tracing::warn!(
            stream = %self.stats.stream(), skipped, %backlog,
            "too far behind: on to the next keyframe"
        );
        self.stats.lose(1 + skipped, None);
        self.decoder.await_key();
        // There is a gap: what is held back would wait for neighbours that never come.
        Next::Break(Vec::new())
    }

    /// What is inside the decoder comes out; it goes on at the next keyframe.
    fn drain(&mut self) -> Vec<Frame> {
        let pictures = self.decoder.drain();
        self.with_facts(pictures, self.taken, Duration::ZERO)
    }

    /// `pictures` come with the bytes that they were coded in; `spent`: on all of them together.
    fn with_facts(&self, pictures: Vec<(Picture, usize)>, dts: MediaTime, spent: Duration) -> Vec<Frame> {
        let spent = spent / pictures.len().max(1) as u32;
        let frame = |(picture, bytes)| Frame {
            picture,
            bytes,
            rate: self.cadence.rate(),
            dts,
            spent,
            upscaled: UpscaledBy::LanczosNoNet,
            chosen: None,
            refined: None,
        };
        pictures.into_iter().map(frame).collect()
    }
}

#[cfg(test)]
mod tests {
    use media::ffmpeg::{Decoder, FfmpegError};
    use media::picture::Size;

    use super::*;
    use crate::lane::fake::{SMALL, coded, stats};

    const OTHER: Size = Size { width: 48, height: 32 };

    struct Bench {
        front: Front,
        queue: Arc<KeyQueue<LaneInput>>,
        stats: Arc<LaneStats>,
    }

    fn bench() -> Bench {
        let queue = Arc::new(crate::lane::queue::lane_queue());
        let stats = stats();
        Bench { front: Front::new(Arc::clone(&queue), Arc::clone(&stats)), queue, stats }
    }

    impl Bench {
        fn feed(&self, size: Size, from: i64, count: i64) {
            let (config, packets) = coded(size, from, count);
            self.queue.push(LaneInput::Config(config));
            self.feed_packets(packets);
        }

        fn feed_packets(&self, packets: Vec<Packet>) {
            for packet in packets {
                self.stats.received(packet.dts);
                assert_eq!(self.queue.push(LaneInput::Picture(packet)), 0);
            }
        }

        /// Frames by number, with breaks as -1, until nothing waits or the end comes.
        fn all(&mut self) -> Vec<i64> {
            let number = |frame: &Frame| frame.picture.pts().as_millis() / 40;
            let mut seen = Vec::new();
            loop {
                match self.front.next(Duration::ZERO) {
                    Next::Frames(frames) => seen.extend(frames.iter().map(number)),
                    Next::Break(frames) => {
                        seen.extend(frames.iter().map(number));
                        seen.push(-1);
                    }
                    Next::Nothing => return seen,
                    Next::End(frames) => {
                        seen.extend(frames.iter().map(number));
                        return seen;
                    }
                }
            }
        }
    }

    #[test]
    fn packets_become_frames_with_their_facts() {
        let mut bench = bench();
        let (config, packets) = coded(SMALL, 0, 4);
        let bytes = packets[0].data.len();
        bench.queue.push(LaneInput::Config(config));
        bench.feed_packets(packets);
        assert!(matches!(bench.front.next(Duration::ZERO), Next::Break(frames) if frames.is_empty()));
        let mut frames = Vec::new();
        while let Next::Frames(more) = bench.front.next(Duration::ZERO) {
            frames.extend(more);
        }
        assert_eq!((frames.len(), bench.stats.view().taken), (4, 4));
        assert_eq!((frames[0].bytes, frames[0].picture.size()), (bytes, SMALL));
        assert!(frames[0].picture.key() && !frames[1].picture.key());
        assert_eq!(bench.stats.view().inside(), 4, "nothing is lost, nothing is shown yet");
    }

    #[test]
    fn a_jump_and_another_size_are_breaks_and_lose_nothing() {
        let mut bench = bench();
        bench.feed(SMALL, 0, 2);
        bench.queue.push(LaneInput::Discontinuity);
        bench.feed_packets(coded(SMALL, 10, 2).1);
        bench.feed(OTHER, 20, 1);
        bench.queue.close();
        assert_eq!(bench.all(), [-1, 0, 1, -1, 10, 11, -1, 20]);
        assert_eq!(bench.stats.view().skipped(), 0);
        assert!(bench.front.is_ending());
    }

    #[test]
    fn far_behind_everything_up_to_the_next_keyframe_is_dropped_and_counted() {
        let mut bench = bench();
        bench.feed(SMALL, 0, 3);
        bench.feed_packets(coded(SMALL, 100, 2).1);
        // Four seconds lie between the first and the last.
        assert_eq!(bench.all(), [-1, -1, 100, 101]);
        let figures = bench.stats.view();
        assert_eq!((figures.taken, figures.skipped(), figures.inside()), (5, 3, 2));
    }

    #[test]
    fn without_a_decoder_packets_are_lost_until_a_configuration_works() {
        let mut bench = bench();
        let open = |config: &VideoConfig| match config.size() {
            OTHER => Err(FfmpegError::Missing("decoder in a test")),
            _ => Decoder::new(config),
        };
        bench.front.decoder = FrameDecoder::with_opener(open, Arc::clone(&bench.stats));
        bench.feed(SMALL, 0, 2);
        bench.feed(OTHER, 2, 3);
        assert_eq!(bench.all(), [-1, 0, 1, -1]);
        let figures = bench.stats.view();
        assert_eq!((figures.taken, figures.skipped(), figures.inside()), (5, 3, 2));
        assert!(bench.front.config().is_none(), "a lane that is begun again does not try it again");
        bench.feed(SMALL, 5, 2);
        assert_eq!(bench.all(), [-1, 5, 6]);
        assert_eq!(bench.stats.view().skipped(), 3);
    }
}
