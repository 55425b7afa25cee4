//! `streamer push`, from the first picture to the last: who runs, who waits for whom, and in which order it ends.
//!
//! ```text
//! source -> video path -> queue -> sender -> server          the video: one thread, one task
//!               \-> pairs -> trainer -> uploader -> server   beside it: four threads, with the reporter
//! ```
//!
//! The video waits for nothing but its source. The end, asked for or reached: the source stops, the video path closes the
//! queue, the sender sends what is in it and says goodbye, training and uploads are broken off, all threads are joined.

mod outcome;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use api::shutdown::{Shutdown, end_within};
use media::flow::{KeyQueue, Overflow};
use tokio::runtime::{Builder, Runtime};
use tokio::task;

use crate::coder::{Coder, Requests};
use crate::config::PushConfig;
use crate::failure::Failure;
use crate::push::Sender;
use crate::source;
use crate::status::{Counters, Screen, Snapshot};
use crate::training::Training;

/// Coded units between encoder and network: about three seconds of video and sound.
const OUTGOING: usize = 256;
/// How often the end is looked for.
const TICK: Duration = Duration::from_millis(100);
const SHOW_EVERY: Duration = Duration::from_secs(1);
/// For sending what is left and saying goodbye, when the end was asked for.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same when the source has ended: a viewer wants to see the end as well.
const LAST_PICTURES: Duration = Duration::from_secs(10);
/// How long everything together may take to end when the end was asked for: less than the ten seconds of `docker stop`.
const GRACE: Duration = Duration::from_secs(8);

/// Streams until the source ends, the time is up, the end is asked for, or the server refuses. Gives the last line: what
/// came of it, and where the stream can be watched. The process has to end with it: its end is watched over.
pub fn run(config: PushConfig, screen: &mut Screen) -> Result<String, Failure> {
    let stop = Shutdown::new();
    let counters = Arc::new(Counters::default());
    let network = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("network")
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    network.spawn(stop.clone().listen_to_signals(GRACE));

    let source = source::open(&config.source, network.handle(), &stop, &counters).map_err(Failure::failed)?;
    let watch = config.training.as_ref().map(|training| {
        let server = training.target.server.as_str().trim_end_matches('/');
        format!("{server}{}", api::control::routes::watch(&training.target.name))
    });
    let training = config
        .training
        .map(|training| Training::start(training, &counters, &stop))
        .transpose()
        .map_err(Failure::failed)?;

    // Where there is no room the video makes it: a gap in the sound is noticed more, and sound is small.
    let outgoing = Arc::new(KeyQueue::new(OUTGOING, Overflow::DropVideo));
    let requests = Arc::new(Requests::new(config.coding.codec));
    let sender = Sender {
        url: config.to.clone(),
        key: config.key,
        queue: outgoing.clone(),
        requests: requests.clone(),
        counters: counters.clone(),
        stop: stop.clone(),
    };
    let coder = Coder {
        source,
        size: config.size,
        bitrate: config.bitrate,
        coding: config.coding,
        chosen: None,
        outgoing,
        coded: training.as_ref().map(Training::input),
        requests,
        counters: counters.clone(),
        stop: stop.clone(),
    };
    let sender = network.spawn(sender.run());
    let video = thread::Builder::new().name("video".into()).spawn(|| coder.run()).map_err(Failure::failed)?;

    let mut figures = Snapshot::default();
    let start = Instant::now();
    let mut shown = start;
    while !video.is_finished() && !sender.is_finished() && stop.sleep(TICK).is_ok() {
        if config.duration.is_some_and(|limit| start.elapsed() >= limit) {
            stop.request();
        }
        if shown.elapsed() >= SHOW_EVERY {
            shown += SHOW_EVERY;
            figures = figures.next(&counters, start.elapsed());
            screen.show(&figures);
        }
    }
    let result = end(video, sender, network, &stop);
    if let Some(training) = training {
        training.finish();
    }
    let last = figures.next(&counters, start.elapsed());
    screen.show(&last);
    screen.finish();
    result.and_then(|()| outcome::last_line(&config.to, &counters, &last, watch.as_deref()))
}

/// Ends in order: the video, the sender, the network.
fn end(
    video: JoinHandle<Result<(), Failure>>,
    mut sender: task::JoinHandle<Result<(), Failure>>,
    network: Runtime,
    stop: &Shutdown,
) -> Result<(), Failure> {
    let patience = if stop.is_requested() { FAREWELL } else { LAST_PICTURES };
    // Whoever asked for the end, or nobody did.
    end_within(patience + GRACE);
    if sender.is_finished() {
        stop.request(); // the server refused: nobody wants the pictures
    }
    let video = video.join();
    let sent = network.block_on(async {
        // A signal shortens the wait for the last pictures.
        let last = async {
            tokio::select! {
                () = tokio::time::sleep(patience) => {}
                () = async { stop.requested().await; tokio::time::sleep(FAREWELL).await } => {}
            }
        };
        tokio::select! {
            biased;
            sent = &mut sender => Some(sent),
            () = last => { sender.abort(); None }
        }
    });
    stop.request();
    // A name that is being resolved cannot be interrupted; it must not hold up the end.
    network.shutdown_timeout(FAREWELL);
    match video {
        Ok(ended) => ended?,
        Err(_) => {
            return Err(Failure::failed(anyhow::anyhow!(
                "the video thread failed; this is a defect, please report it"
            )));
        }
    }
    match sent {
        Some(Ok(ended)) => ended,
        Some(Err(error)) => Err(Failure::failed(error)),
        None => {
            tracing::warn!("the server did not take the last pictures in time");
            Ok(())
        }
    }
}
