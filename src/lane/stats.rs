//! What became of every picture that came in.
//!
//! All counts change under one lock, so that whoever reads sees
//! `frames_in == f_edsr + lanczos() + skipped() + inside()` at every moment, exactly.

use std::collections::VecDeque;
use std::fmt::Display;
use std::time::Duration;

use api::names::StreamName;
use media::picture::Size;
use media::time::MediaTime;
use parking_lot::Mutex;

use super::frame::{Frame, UpscaledBy};
use super::select::RefineReason;
use crate::problems::Problems;

/// Pictures whose times make up the medians: two seconds or so.
const RECENT: usize = 64;

/// Largest value of luma.
const PEAK: f64 = 255.0;

/// A net that gains less is not used, and used again once it would gain so much.
const EARNS_DB: f64 = 0.0;
const EARNS_AGAIN_DB: f64 = 0.05;

/// Pictures whose coding says nothing of what follows.
const BEGINNING: u64 = 250;

/// Refined pictures that are remembered with their reasons.
const CHOSEN: usize = 16;

/// The counts of one lane.
#[derive(Debug)]
pub struct LaneStats {
    stream: StreamName,
    /// For what the lane cannot use.
    pub(super) problems: Problems,
    figures: Mutex<Figures>,
}

/// A consistent view of the counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Size of outgoing pictures, once there is one.
    pub size: Option<Size>,
    /// Coded pictures that came in.
    pub frames_in: u64,
    /// Made by the net.
    pub f_edsr: u64,
    /// Upsampled by Lanczos alone, see [`UpscaledBy`].
    pub lanczos_overload: u64,
    pub lanczos_no_net: u64,
    pub lanczos_net_failed: u64,
    pub lanczos_no_gain: u64,
    /// Came as two fields, and were made whole.
    pub deinterlaced: u64,
    /// Taken from the queue by the lane.
    pub taken: u64,
    /// Of these, never shown: skipped or damaged.
    pub given_up: u64,
    /// Dropped from the queue because it was full.
    pub overflowed: u64,
    /// Times that the lane was started again after it broke.
    pub restarts: u64,
    /// Newest received decode time.
    pub newest: Option<MediaTime>,
    /// Decode time up to which the lane is done.
    pub done: Option<MediaTime>,
    /// Of those made by the net, refined by the second stage because they were keyframes.
    pub refined_key: u64,
    /// The same, because much had changed.
    pub refined_change: u64,
    /// The same, because there was time.
    pub refined_spare: u64,
    /// The last refined pictures, the oldest first.
    pub chosen: VecDeque<(MediaTime, RefineReason)>,
    /// Pictures a second that the second stage can afford.
    pub affordable: f64,
    /// Mean squared error of luma that the encoder added, by the last measurement, and at which rate factor.
    pub way_out: Option<(f64, f32)>,
    /// Mean squared error of luma of what the net makes, and what it gains in dB, as the streamer sees it.
    pub judged: Option<(f64, f64)>,
    /// The net gains nothing, so it rests.
    pub net_rests: bool,
    net: VecDeque<Duration>,
    refiner: VecDeque<Duration>,
    lane: VecDeque<Duration>,
}

impl Figures {
    /// Upsampled by Lanczos alone, for whatever reason.
    pub fn lanczos(&self) -> u64 {
        self.lanczos_overload + self.lanczos_no_net + self.lanczos_net_failed + self.lanczos_no_gain
    }

    /// Refined by the second stage, for whatever reason.
    pub fn refined(&self) -> u64 {
        self.refined_key + self.refined_change + self.refined_spare
    }

    /// Never shown, for whatever reason.
    pub fn skipped(&self) -> u64 {
        self.given_up + self.overflowed
    }

    /// Pictures that came in and are neither shown nor given up yet.
    pub fn inside(&self) -> u64 {
        self.frames_in.saturating_sub(self.f_edsr + self.lanczos() + self.skipped())
    }

    /// Of these, the ones that the lane has taken from its queue.
    fn at_work(&self) -> u64 {
        self.taken.saturating_sub(self.f_edsr + self.lanczos() + self.given_up)
    }

    /// Received video that the lane has not finished.
    pub fn backlog(&self) -> MediaTime {
        match (self.newest, self.done) {
            (Some(newest), Some(done)) if self.inside() > 0 => (newest - done).max(MediaTime::ZERO),
            _ => MediaTime::ZERO,
        }
    }

    /// What the encoder takes away of the net's pictures, in dB, as far as both are known.
    pub fn way_out_loss(&self) -> Option<f64> {
        let ((added, _), (own, _)) = self.way_out.zip(self.judged)?;
        Some(loss_db(added, own))
    }

    /// Median time in the net.
    pub fn net(&self) -> Duration {
        median(&self.net)
    }

    /// Median time in the second stage.
    pub fn refiner(&self) -> Duration {
        median(&self.refiner)
    }

    /// Median time in the whole lane.
    pub fn lane(&self) -> Duration {
        median(&self.lane)
    }
}

impl LaneStats {
    pub fn new(stream: StreamName, problems: Problems) -> Self {
        Self { stream, problems, figures: Mutex::default() }
    }

    /// For the log.
    pub fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// A coded picture came in.
    pub fn received(&self, dts: MediaTime) {
        let mut figures = self.figures.lock();
        figures.frames_in += 1;
        figures.newest = Some(dts);
    }

    /// Pictures were dropped because the queue was full.
    pub fn overflowed(&self, count: u64) {
        self.figures.lock().overflowed += count;
    }

    /// The lane took pictures from its queue.
    pub fn taken(&self, count: u64) {
        self.figures.lock().taken += count;
    }

    /// Pictures that the lane had taken will never be shown; `error` says why, where it is no decision of the lane.
    pub fn lose(&self, count: u64, error: Option<&dyn Display>) {
        self.figures.lock().given_up += count;
        if let Some(error) = error {
            let text = format!(
                "a picture is missing in the enhanced rendition: {error}; if that goes on, look at the encoder's settings and \
                 at the network before the server"
            );
            self.problems.report("picture-not-enhanced", text);
        }
    }

    /// The encoder added such an error at this rate factor.
    pub(super) fn way_out(&self, added: f64, quality: f32) {
        self.figures.lock().way_out = Some((added, quality));
    }

    /// The streamer, which has the originals, says how good the net's pictures are, and what is gained by them before they are
    /// coded again.
    pub fn judged(&self, net_db: f64, gain_db: f64) {
        let mut figures = self.figures.lock();
        figures.judged = Some((PEAK.powi(2) / 10_f64.powf(net_db / 10.0), gain_db));
        let gain_db = gain_db - figures.way_out_loss().unwrap_or_default();
        let least = if figures.net_rests { EARNS_AGAIN_DB } else { EARNS_DB };
        let rests = gain_db < least;
        let is_news = rests && !figures.net_rests;
        figures.net_rests = rests;
        drop(figures);
        if is_news {
            self.problems.report(
                "net-rests",
                format!(
                    "the net gains {gain_db:+.2} dB on this picture, less than it costs: pictures are upsampled without it until the \
                     streamer says that it earns something"
                ),
            );
        }
    }

    /// Nobody judges the pictures any more.
    pub fn unjudged(&self) {
        let mut figures = self.figures.lock();
        figures.judged = None;
        figures.net_rests = false;
    }

    /// Mean squared error of luma of what the net makes, if the streamer said so.
    pub(super) fn net_error(&self) -> Option<f64> {
        self.figures.lock().judged.map(|(error, _)| error)
    }

    /// Whether the net's pictures are not worth making.
    pub(super) fn net_rests(&self) -> bool {
        self.figures.lock().net_rests
    }

    /// Enough has left that the encoder is no longer at its first pictures.
    pub(super) fn is_past_beginning(&self) -> bool {
        let figures = self.figures.lock();
        figures.f_edsr + figures.lanczos() > BEGINNING
    }

    /// A picture came as two fields.
    pub(super) fn deinterlaced(&self) {
        let mut figures = self.figures.lock();
        figures.deinterlaced += 1;
        let is_first = figures.deinterlaced == 1;
        drop(figures);
        if is_first {
            tracing::info!(stream = %self.stream, "the pictures are interlaced: they are deinterlaced before they are enhanced");
        }
    }

    /// A frame left. `spent`: the lane's time for it, waiting not included.
    pub(super) fn shown(&self, frame: &Frame, spent: Duration) {
        let mut figures = self.figures.lock();
        match frame.upscaled {
            UpscaledBy::FEdsr { took } => {
                figures.f_edsr += 1;
                keep(&mut figures.net, took, RECENT);
            }
            UpscaledBy::LanczosOverload => figures.lanczos_overload += 1,
            UpscaledBy::LanczosNoNet => figures.lanczos_no_net += 1,
            UpscaledBy::LanczosNetFailed => figures.lanczos_net_failed += 1,
            UpscaledBy::LanczosNoGain => figures.lanczos_no_gain += 1,
        }
        keep(&mut figures.lane, spent, RECENT);
        if let (Some(reason), Some(took)) = (frame.chosen, frame.refined) {
            match reason {
                RefineReason::Key => figures.refined_key += 1,
                RefineReason::Change => figures.refined_change += 1,
                RefineReason::Spare => figures.refined_spare += 1,
            }
            keep(&mut figures.refiner, took, RECENT);
            keep(&mut figures.chosen, (frame.picture.pts(), reason), CHOSEN);
        }
    }

    /// The second stage can afford this many pictures a second.
    pub fn affordable(&self, per_second: f64) {
        self.figures.lock().affordable = per_second;
    }

    /// Everything up to this decode time has left or is given up.
    pub fn done(&self, dts: MediaTime) {
        self.figures.lock().done = Some(dts);
    }

    /// The lane broke, and with it everything that it worked on.
    pub fn broke(&self) {
        let mut figures = self.figures.lock();
        // What waits in the queue is not lost: the lane that follows takes it.
        figures.given_up += figures.at_work();
        figures.restarts += 1;
    }

    /// Outgoing pictures have this size from now on.
    pub fn sized(&self, size: Size) {
        self.figures.lock().size = Some(size);
    }

    /// A consistent view.
    pub fn view(&self) -> Figures {
        self.figures.lock().clone()
    }
}

/// What the encoder takes away, in dB of PSNR: errors that know nothing of each other add up.
pub(super) fn loss_db(added: f64, own: f64) -> f64 {
    if own > 0.0 { 10.0 * (1.0 + added / own).log10() } else { 0.0 }
}

/// Appends; the oldest value goes if there are `most`.
fn keep<T>(recent: &mut VecDeque<T>, value: T, most: usize) {
    if recent.len() == most {
        recent.pop_front();
    }
    recent.push_back(value);
}

fn median(recent: &VecDeque<Duration>) -> Duration {
    let mut sorted: Vec<Duration> = recent.iter().copied().collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::fake::{self, SMALL, stats};

    fn frame(upscaled: UpscaledBy) -> Frame {
        Frame { upscaled, ..fake::frame(0, SMALL) }
    }

    #[test]
    fn every_picture_is_accounted_for_even_when_the_lane_breaks() {
        let stats = stats();
        for index in 0..10 {
            stats.received(MediaTime::from_millis(index * 40));
        }
        stats.overflowed(1);
        stats.taken(5);
        let took = Duration::from_millis(5);
        stats.shown(&frame(UpscaledBy::FEdsr { took }), Duration::from_millis(9));
        stats.shown(&frame(UpscaledBy::LanczosOverload), Duration::from_millis(5));
        stats.lose(1, None);
        assert_eq!(stats.view().inside(), 6);
        stats.broke();
        let figures = stats.view();
        assert_eq!((figures.inside(), figures.skipped(), figures.restarts), (4, 4, 1));
        assert_eq!((figures.lanczos(), figures.net()), (1, took));
    }

    #[test]
    fn the_backlog_is_what_is_received_and_not_done() {
        let stats = stats();
        assert_eq!(stats.view().backlog(), MediaTime::ZERO);
        stats.received(MediaTime::from_millis(1000));
        stats.done(MediaTime::from_millis(400));
        assert_eq!(stats.view().backlog(), MediaTime::from_millis(600));
        stats.overflowed(1);
        assert_eq!(stats.view().backlog(), MediaTime::ZERO);
    }
}
