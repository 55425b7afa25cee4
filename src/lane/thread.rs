//! A lane's thread: started, watched over, joined.
//!
//! A panic inside the lane costs what was inside it: it is logged and counted, the accepted net is built again, and
//! the lane goes on at the next keyframe. The server and the other lanes do not notice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use media::flow::KeyQueue;
use tokio::sync::oneshot;

use super::chain::Chain;
use super::parts::LaneParts;
use super::queue::LaneInput;
use crate::inference::engine::panic_message;

/// A lane that broke waits this long before it goes on, so that one that always breaks does nothing else.
const REST: Duration = Duration::from_millis(500);

/// A running lane.
#[derive(Debug)]
pub struct Lane {
    queue: Arc<KeyQueue<LaneInput>>,
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

impl Lane {
    /// Starts the thread.
    pub fn start(parts: LaneParts) -> std::io::Result<Self> {
        let (end, ended) = oneshot::channel();
        let queue = Arc::clone(&parts.queue);
        // Linux shows the first 15 characters of a thread's name.
        let thread =
            std::thread::Builder::new().name(format!("lane-{}", parts.model.name)).spawn(move || {
                watch_over(&parts);
                // Nobody waits for a lane whose session was given up.
                let _ = end.send(());
            })?;
        Ok(Self { queue, thread, ended })
    }

    /// Says that nothing follows; the lane begins to end.
    pub fn close(&self) {
        self.queue.close();
    }

    /// Ends the lane: what waits is upsampled by Lanczos and encoded, then the thread is joined. Up to `patience`; a
    /// lane that takes longer hangs inside a codec and is left behind, loudly.
    pub async fn end(self, patience: Duration) {
        self.close();
        let name = self.thread.thread().name().unwrap_or("lane").to_owned();
        if tokio::time::timeout(patience, self.ended).await.is_err() {
            tracing::error!(lane = name, ?patience, "the lane does not end and is left behind");
            return;
        }
        // The thread has nothing left to do but return.
        if self.thread.join().is_err() {
            tracing::error!(lane = name, "the lane panicked");
        }
    }
}

fn watch_over(parts: &LaneParts) {
    let stream = &parts.model.name;
    let mut chain = Chain::new(parts);
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| chain.run())) {
        let reason = panic_message(&*panic);
        tracing::error!(%stream, reason, "the enhanced lane broke; it goes on at the next keyframe");
        parts.stats.broke();
        // What broke is not trusted to clean up after itself either.
        let config = chain.config();
        if catch_unwind(AssertUnwindSafe(|| drop(chain))).is_err() {
            tracing::error!(%stream, "the broken lane broke again while it was dropped");
        }
        std::thread::sleep(REST);
        parts.shared.library.restore(Arc::clone(&parts.model));
        chain = Chain::new(parts);
        if let Some(config) = config {
            chain.resume(config);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use media::packet::Unit;

    use super::*;
    use crate::lane::fake::{Bench, SMALL, coded, number};
    use crate::lane::queue::LaneInput;
    use crate::out::{Arrival, Rendition, Sink, SinkError};

    /// Panics at the third picture.
    #[derive(Debug, Default)]
    struct Mine(AtomicBool);

    impl Sink for Mine {
        fn unit(&self, _: Rendition, unit: &Unit, _: Arrival) -> Result<(), SinkError> {
            let third = matches!(unit, Unit::Packet(packet) if number(packet.pts) == 2);
            assert!(!third, "a mine");
            if matches!(unit, Unit::Packet(packet) if number(packet.pts) == 11) {
                self.0.store(true, Ordering::Relaxed);
            }
            Ok(())
        }

        fn discontinuity(&self) -> Result<(), SinkError> {
            Ok(())
        }

        fn finish(&self) -> Result<(), SinkError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_lane_that_panics_goes_on_at_the_next_keyframe_and_accounts_for_every_picture() {
        let mine = Arc::new(Mine::default());
        let bench = Bench::new(Arc::clone(&mine) as _);
        let (config, packets) = coded(SMALL, 0, 6);
        bench.parts.queue.push(LaneInput::Config(config));
        bench.feed(packets);
        bench.feed(coded(SMALL, 10, 2).1);
        let lane = Lane::start(bench.parts.clone()).unwrap();
        while !mine.0.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        lane.end(Duration::from_secs(10)).await;
        let figures = bench.parts.stats.view();
        assert_eq!((figures.restarts, figures.inside()), (1, 0));
        assert_eq!((figures.lanczos(), figures.skipped()), (4, 4), "two before, two after it");
        bench.join();
    }
}
