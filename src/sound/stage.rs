//! The transcoder's thread: started, fed, watched over, joined.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use api::names::StreamName;
use media::AudioConfig;
use media::ffmpeg::{FfmpegError, Transcoder};
use media::flow::{KeyQueue, Overflow, Queued};
use media::packet::{Packet, Unit};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::out::Output;
use crate::problems::Problems;

/// Frames that may wait: ten seconds at 48 kHz. Transcoding is a hundred times faster than sound.
const MAX_PACKETS: usize = 512;
const MAX_BYTES: usize = 4 << 20;
/// Frames in a row of which nothing is heard before that is said; a decoder needs one or two to begin with.
const SILENT_FRAMES: u32 = 50;

#[derive(Debug)]
pub(super) struct Stage {
    queue: Arc<KeyQueue<Input>>,
    /// Counts the beginnings; what was made of an earlier one is not handed out any more.
    turn: Arc<Mutex<u64>>,
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

#[derive(Debug)]
enum Input {
    /// The packets that follow are coded like this, and continue nothing.
    Begin {
        turn: u64,
        config: Arc<AudioConfig>,
        output: Output,
    },
    Frame(Packet),
}

impl Queued for Input {
    fn packet(&self) -> Option<&Packet> {
        match self {
            Self::Frame(packet) => Some(packet),
            Self::Begin { .. } => None,
        }
    }

    fn replaces(&self, _older: &Self) -> bool {
        true
    }
}

impl Stage {
    pub(super) fn start(stream: &StreamName, problems: Problems) -> std::io::Result<Self> {
        let queue = Arc::new(KeyQueue::new(MAX_PACKETS, Overflow::DropVideo).with_max_bytes(MAX_BYTES));
        let turn = Arc::new(Mutex::new(0));
        let (end, ended) = oneshot::channel();
        let mut worker = Worker {
            queue: Arc::clone(&queue),
            turn: Arc::clone(&turn),
            own_turn: 0,
            output: None,
            problems,
            transcoder: None,
            announced: false,
            silent: 0,
        };
        let thread = std::thread::Builder::new().name(format!("sound-{stream}")).spawn(move || {
            while catch_unwind(AssertUnwindSafe(|| worker.run())).is_err() {
                // What broke is not trusted; the next beginning makes another one.
                worker.transcoder = None;
                worker.problems.report("sound-left-out", "the transcoder of the sound broke");
            }
            // Nobody waits for a session that was given up.
            let _ = end.send(());
        })?;
        Ok(Self { queue, turn, thread, ended })
    }

    /// What follows is coded like this, and its AAC goes there.
    pub(super) fn begin(&self, config: Arc<AudioConfig>, output: Output) {
        let turn = self.forget();
        self.queue.push(Input::Begin { turn, config, output });
    }

    /// Nothing of what was pushed comes out after this.
    pub(super) fn forget(&self) -> u64 {
        let mut turn = self.turn.lock();
        *turn += 1;
        *turn
    }

    /// Answers how many packets had to go because too many wait.
    pub(super) fn push(&self, packet: Packet) -> u64 {
        self.queue.push(Input::Frame(packet))
    }

    pub(super) fn close(&self) {
        self.queue.close();
    }

    pub(super) async fn end(self, patience: Duration) {
        self.close();
        let name = self.thread.thread().name().unwrap_or("sound").to_owned();
        if tokio::time::timeout(patience, self.ended).await.is_err() {
            tracing::error!(thread = name, ?patience, "the transcoder does not end and is left behind");
            return;
        }
        // The thread has nothing left to do but return.
        if self.thread.join().is_err() {
            tracing::error!(thread = name, "the transcoder panicked");
        }
    }
}

struct Worker {
    queue: Arc<KeyQueue<Input>>,
    turn: Arc<Mutex<u64>>,
    /// Which beginning the packets at hand belong to.
    own_turn: u64,
    /// None before the first beginning.
    output: Option<Output>,
    problems: Problems,
    /// None while nothing is to be transcoded, and where that is impossible.
    transcoder: Option<Transcoder>,
    /// Whether listeners know how to decode what comes out.
    announced: bool,
    /// Packets since something was heard last.
    silent: u32,
}

impl Worker {
    fn run(&mut self) {
        while let Some(input) = self.queue.pop() {
            match input {
                Input::Begin { turn, config, output } => {
                    self.output = Some(output);
                    self.begin(turn, &config);
                }
                Input::Frame(packet) => {
                    self.silent += 1;
                    self.transcode(|transcoder| transcoder.push(&packet));
                }
            }
        }
        self.transcode(Transcoder::finish);
    }

    fn begin(&mut self, turn: u64, config: &AudioConfig) {
        self.own_turn = turn;
        self.announced = false;
        self.silent = 0;
        self.transcoder = Transcoder::new(config)
            .inspect_err(|error| {
                let advice = "set the encoder to AAC-LC";
                self.problems
                    .report("sound-left-out", format!("the sound cannot be transcoded ({error}); {advice}"));
            })
            .ok();
    }

    fn transcode(&mut self, step: impl FnOnce(&mut Transcoder) -> Result<(), FfmpegError>) {
        let Some(transcoder) = &mut self.transcoder else { return };
        if let Err(error) = step(transcoder) {
            self.problems.report("sound-damaged", format!("a piece of sound cannot be transcoded: {error}"));
        }
        while let Some(transcoder) = &mut self.transcoder {
            let Some(packet) = transcoder.pull() else { break };
            self.silent = 0;
            if !self.announced {
                self.announced = true;
                // Not before: players would wait for sound that nobody can decode, pictures and all.
                let config = transcoder.config();
                self.hand_out(&Unit::AudioConfig(config));
            }
            self.hand_out(&Unit::Packet(packet));
        }
        if self.silent == SILENT_FRAMES {
            self.problems
                .report("sound-left-out", "nothing of the sound can be decoded; set the encoder to AAC-LC");
        }
    }

    /// Under the lock: whoever begins another turn can be sure that nothing follows.
    fn hand_out(&self, unit: &Unit) {
        let turn = self.turn.lock();
        if *turn == self.own_turn
            && let Some(output) = &self.output
        {
            output.push(unit);
        }
    }
}
