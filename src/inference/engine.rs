//! The accelerator thread: everything that builds or runs a net runs here, one job after the other.
//!
//! Two nets that run on two threads of one GPU have been seen to freeze, and inference from ever new threads grows
//! memory; so lanes and the library hand their work over and wait for the reply. A job that panics costs its reply
//! and nothing else.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nets::{Backend, Device, NetError, NetErrorKind};

/// Jobs that may wait. A lane has two at a time (a picture, and a refinement behind it) and the loader one, so fewer
/// than fifteen streams never reach this; then the lanes wait, and their pace degrades.
const MAX_JOBS: usize = 32;

/// None: the thread is to end.
type Job = Option<Box<dyn FnOnce(&dyn Backend) + Send>>;

/// The running accelerator thread.
#[derive(Debug)]
pub struct Engine {
    handle: EngineHandle,
    thread: JoinHandle<()>,
}

/// Whom to hand work to.
#[derive(Debug, Clone)]
pub struct EngineHandle {
    jobs: SyncSender<Job>,
    device: Device,
    /// Nanoseconds spent on jobs of `run`; those of `run_aside` do not count.
    busy: Arc<AtomicU64>,
}

/// The answer that is to come.
#[derive(Debug)]
pub struct Reply<T>(Receiver<T>);

impl Engine {
    /// Starts the thread, which opens its backend first.
    pub fn start<F>(open: F) -> Result<Self, NetError>
    where
        F: FnOnce() -> Result<Box<dyn Backend>, NetError> + Send + 'static,
    {
        // Bounded: lanes that are too fast wait here, and their pace degrades.
        let (jobs, queue) = sync_channel::<Job>(MAX_JOBS);
        let (found, find) = sync_channel(1);
        let thread = std::thread::Builder::new().name("accelerator".to_owned()).spawn(move || {
            // Opened here and not by the caller: libtorch counts its threads per thread that uses it.
            match open() {
                Ok(backend) => {
                    if found.send(Ok(backend.device())).is_ok() {
                        work(&queue, &*backend);
                    }
                }
                // Nobody listens only while the server ends.
                Err(error) => drop(found.send(Err(error))),
            }
        });
        let thread = thread.map_err(|error| thread_error(&format!("cannot start: {error}")))?;
        let device = find.recv().map_err(|_| thread_error("ended while it looked for its device"))??;
        Ok(Self { handle: EngineHandle { jobs, device, busy: Arc::default() }, thread })
    }

    /// Whom to hand work to.
    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Ends the thread after the jobs that wait; later ones are lost.
    pub fn join(self) {
        // A thread that has ended already needs no telling.
        let _ = self.handle.jobs.send(None);
        if self.thread.join().is_err() {
            tracing::error!("the accelerator thread panicked");
        }
    }
}

fn work(queue: &Receiver<Job>, backend: &dyn Backend) {
    while let Ok(Some(job)) = queue.recv() {
        // The job owns its net; what panicked is dropped with it, so nothing half-done is left behind.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(backend))) {
            tracing::error!(reason = panic_message(&*panic), "a job on the accelerator thread panicked");
        }
    }
}

impl EngineHandle {
    /// Hands work over that has to be done; waits while too many others do.
    pub fn run<T, F>(&self, work: F) -> Result<Reply<T>, NetError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Backend) -> T + Send + 'static,
    {
        // The time that counts is what pictures and builds take, not what refining takes that fills the gaps.
        let busy = Arc::clone(&self.busy);
        self.run_aside(move |backend| {
            let started = Instant::now();
            let answered = work(backend);
            busy.fetch_add(
                u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX),
                Ordering::Relaxed,
            );
            answered
        })
    }

    /// Time that work took which had to be done, since the engine was started.
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy.load(Ordering::Relaxed))
    }

    /// Hands work over that is done because there is time for it.
    pub fn run_aside<T, F>(&self, work: F) -> Result<Reply<T>, NetError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Backend) -> T + Send + 'static,
    {
        let (answer, reply) = sync_channel(1);
        let job: Job = Some(Box::new(move |backend: &dyn Backend| {
            let answered = work(backend);
            // Whoever asked may have given up; then nobody needs the answer.
            let _ = answer.send(answered);
        }));
        self.jobs.send(job).map_err(|_| lost())?;
        Ok(Reply(reply))
    }

    /// What runs the nets, as users write it.
    pub fn device_name(&self) -> String {
        self.device.to_string()
    }
}

impl<T> Reply<T> {
    /// Waits for the answer.
    pub fn wait(self, patience: Duration) -> Result<T, NetError> {
        self.0.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => thread_error("did not answer in time"),
            RecvTimeoutError::Disconnected => lost(),
        })
    }
}

/// The work panicked, or the engine has ended.
pub fn lost() -> NetError {
    thread_error("lost the work")
}

fn thread_error(why: &str) -> NetError {
    NetError::new(NetErrorKind::Engine, format!("the accelerator thread {why}"))
}

/// What a panic said, for the log.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::fake::FakeBackend;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn work_is_answered_in_order_and_a_panic_costs_one_answer() {
        let engine = FakeBackend::default().engine();
        let handle = engine.handle();
        assert_eq!(handle.device_name(), "cpu");
        let first = handle.run(|_| 1).unwrap();
        let broken = handle.run(|_| -> i32 { panic!("a broken net") }).unwrap();
        let last = handle.run(|_| 3).unwrap();
        assert_eq!(first.wait(PATIENCE).unwrap(), 1);
        assert_eq!(broken.wait(PATIENCE).unwrap_err().what, lost().what);
        assert_eq!(last.wait(PATIENCE).unwrap(), 3);
        let (before, rest) = (handle.busy(), Duration::from_millis(20));
        handle.run_aside(move |_| std::thread::sleep(rest)).unwrap().wait(PATIENCE).unwrap();
        assert_eq!(handle.busy(), before);
        handle.run(move |_| std::thread::sleep(rest)).unwrap().wait(PATIENCE).unwrap();
        assert!(handle.busy() >= before + rest);
        engine.join();
        assert_eq!(handle.run(|_| 4).unwrap_err().what, lost().what);
    }
}
