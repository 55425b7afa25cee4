//! Everything that happens beside the video: pairs, trainer, uploader, reporter, each on its thread.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use api::control::TrainingState;
use api::shutdown::Shutdown;
use learn::State;
use media::flow::{KeyQueue, Overflow, Slot};
use models::Package;
use models::package::Shelf;
use parking_lot::Mutex;

use crate::config::TrainingConfig;
use crate::pairs::{Coded, PairBuffer, PairError, PairMaker, Wanted};
use crate::status::Counters;
use crate::trainer::TrainerThread;
use crate::upload::{Client, Uploader, report_training};

/// A trainer that has not come for pairs for so long gets no processor time; pauses and steps are shorter.
const STARVED: Duration = Duration::from_secs(15);
/// Pictures that wait to become pairs: a second of video, 35 MB of 720p.
const CODED: usize = 24;
/// Pairs that wait for the trainer, which comes by several times a second unless the machine is busy.
const PAIRS: usize = 16;
/// Pairs are made for this factor until the server says what to train, so that training can begin at once then.
const USUAL_SCALE: u8 = 2;

pub struct Training {
    coded: Arc<KeyQueue<Coded>>,
    pairs: Arc<PairBuffer>,
    newest: Arc<Slot<Package>>,
    client: Arc<Client>,
    threads: Vec<JoinHandle<()>>,
}

impl Training {
    /// Starts the threads; they wait for what [`Self::input`] is given.
    pub fn start(config: TrainingConfig, counters: &Arc<Counters>, stop: &Shutdown) -> io::Result<Self> {
        let mut training = Self {
            coded: Arc::new(KeyQueue::new(CODED, Overflow::DropVideo)),
            pairs: Arc::new(PairBuffer::new(PAIRS)),
            newest: Arc::new(Slot::default()),
            client: Arc::new(Client::new(config.target.clone())),
            threads: Vec::new(),
        };
        let wanted = Arc::new(Mutex::new(Wanted::new(USUAL_SCALE, State::Waiting)));
        let accepted = Arc::new(Mutex::default());
        let coded = training.coded.clone();
        let pairs = training.pairs.clone();
        let watched = wanted.clone();
        let counted = counters.clone();
        training.spawn("pairs", move || make_pairs(&coded, &pairs, &watched, &counted))?;
        let rate = config.upload_rate.bits_per_second();
        let trainer = TrainerThread {
            client: training.client.clone(),
            pairs: training.pairs.clone(),
            wanted,
            newest: training.newest.clone(),
            accepted: accepted.clone(),
            config,
            counters: counters.clone(),
            stop: stop.clone(),
        };
        training.spawn("trainer", move || trainer.run())?;
        let uploader = Uploader {
            shelf: Shelf::default(),
            client: training.client.clone(),
            newest: training.newest.clone(),
            accepted,
            rate,
            counters: counters.clone(),
            stop: stop.clone(),
        };
        training.spawn("uploader", move || uploader.run())?;
        let client = training.client.clone();
        let counters = counters.clone();
        let stop = stop.clone();
        training.spawn("reporter", move || report_training(&client, &counters, &stop))?;
        Ok(training)
    }

    /// Where the video path puts its pictures.
    pub fn input(&self) -> Arc<KeyQueue<Coded>> {
        self.coded.clone()
    }

    /// Ends training and what is being uploaded, and waits for the threads: what is learnt after the stream's end would
    /// help nobody.
    pub fn finish(mut self) {
        self.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the training failed; this is a defect, please report it");
            }
        }
    }

    fn close(&self) {
        // From the source to the server, so that nobody waits for one who is gone.
        self.coded.close();
        self.pairs.close();
        self.newest.close();
        self.client.hang_up();
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.threads.push(thread::Builder::new().name(name.to_owned()).spawn(work)?);
        Ok(())
    }
}

impl Drop for Training {
    /// If it was never finished, at least nobody waits for ever.
    fn drop(&mut self) {
        self.close();
    }
}

fn tell_of_starvation(starved: bool, counters: &Counters) {
    if starved {
        tracing::warn!(
            "the trainer gets no time: every core is busy with something else. Nothing is learnt meanwhile; leave it a core, or \
             stream with --no-train"
        );
        counters.training.lock().state = TrainingState::TooSlow;
    } else {
        tracing::info!("the trainer gets on again");
    }
}

/// The thread that makes pairs.
fn make_pairs(coded: &KeyQueue<Coded>, pairs: &PairBuffer, wanted: &Mutex<Wanted>, counters: &Counters) {
    let mut maker = PairMaker::new(*wanted.lock());
    let mut warned = false;
    let mut starved = false;
    while let Some(next) = coded.pop() {
        maker.wanted = *wanted.lock();
        match maker.push(next) {
            Ok(made) if made.is_empty() => {}
            Ok(made) => {
                counters.pairs.add(made.len() as u64);
                for pair in made {
                    pairs.put(pair);
                }
                counters.pairs_dropped.set(pairs.dropped());
                // Here, because a trainer that does not run cannot say so itself.
                let is_starved = pairs.is_neglected(STARVED);
                if starved != is_starved {
                    starved = is_starved;
                    tell_of_starvation(starved, counters);
                }
            }
            Err(error @ PairError::NoDetail { .. }) => {
                // It would be so for every picture.
                if !warned {
                    warned = true;
                    tracing::warn!(%error, "no training");
                }
            }
            Err(PairError::Ffmpeg(error)) => tracing::debug!(%error, "no pair from this picture"),
        }
    }
}
