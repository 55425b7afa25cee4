//! The recorders of a publication. They begin with it, or by order, and end with it at the latest.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use api::names::StreamName;
use media::codec::{AudioCodec, VideoCodec};
use media::flv::{AUDIO_CODECS, VIDEO_CODECS};
use nginx_compat::callback::Event;
use nginx_compat::control::Order;
use parking_lot::Mutex;
use rtmp::{Capabilities, RecordNotice};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::stay::Stay;
use crate::clients::{Client, Letter};
use crate::hooks::Caller;
use crate::out::Rendition;
use crate::out::broadcast::{Broadcast, Subscription, Wish};
use crate::out::record::{self, News, RecordSettings, Recording, Source};
use crate::out::rendition::RenditionId;
use crate::problems::Problems;
use crate::streams::Stream;

/// Dropping them ends what they record.
pub(super) struct Recorders {
    pub(super) stay: Stay,
    pub(super) stream: Arc<Stream>,
    /// On disk.
    pub(super) name: StreamName,
    pub(super) broadcast: Arc<Broadcast>,
    pub(super) problems: Problems,
    pub(super) client: Arc<Client>,
    pub(super) caller: Caller,
    pub(super) tracker: TaskTracker,
    pub(super) running: Mutex<Vec<Running>>,
}

/// A recorder at work.
pub(super) struct Running {
    recorder: String,
    subscription: Arc<Subscription>,
    file: File,
}

/// The newest file of a recorder, once it has begun one.
pub(super) type File = watch::Receiver<Option<PathBuf>>;

impl Recorders {
    /// Starts those that begin with the publication.
    pub(super) fn begin(&self) {
        for settings in self.stay.app.record.iter().filter(|settings| !settings.by_order) {
            self.start(settings);
        }
    }

    /// Whether an order means this publication.
    pub(super) fn are_meant(&self, order: &Order) -> bool {
        let in_app = order.app.as_deref().is_none_or(|app| app == self.stay.app.name);
        let is_named = |wanted: &str| wanted == self.stay.name || wanted == self.stream.name().as_str();
        in_app && order.name.as_deref().is_none_or(is_named)
    }

    /// Starts the recorder of this name, if it does not record already; `None` if there is none.
    pub(super) fn start_by_order(&self, recorder: &str) -> Option<File> {
        let settings = self.stay.app.record.iter().find(|settings| settings.name == recorder)?;
        let running =
            self.running.lock().iter().find(|one| one.recorder == recorder).map(|one| one.file.clone());
        running.or_else(|| self.start(settings))
    }

    /// Stops the recorder of this name. Its file, if it was recording; `Err` if there is no such recorder.
    pub(super) fn stop_by_order(&self, recorder: &str) -> Result<Option<PathBuf>, NoRecorder> {
        if !self.stay.app.record.iter().any(|settings| settings.name == recorder) {
            return Err(NoRecorder);
        }
        let mut running = self.running.lock();
        let Some(index) = running.iter().position(|one| one.recorder == recorder) else { return Ok(None) };
        let one = running.swap_remove(index);
        one.subscription.cancel();
        Ok(one.file.borrow().clone())
    }

    /// `None` if there is nothing to record.
    fn start(&self, settings: &RecordSettings) -> Option<File> {
        let video = rendition(&self.stream, settings.rendition)?;
        let wish = Wish { knows: Some(&every_codec()), ..Wish::usual(video) };
        let subscription = self.broadcast.subscribe(&wish);
        let (begun, file) = watch::channel(None);
        let recording = Recording {
            name: self.name.clone(),
            subscription: Arc::clone(&subscription),
            problems: self.problems.clone(),
            tell: self.tell(settings, begun),
            token: self.tracker.token(),
        };
        if let Err(error) = record::start(settings.clone(), recording) {
            self.problems.report("recording-failed", format!("no thread for a recording: {error}"));
            return None;
        }
        let recorder = settings.name.clone();
        self.running.lock().push(Running { recorder, subscription, file: file.clone() });
        Some(file)
    }

    /// Tells the hook of every file that is complete, and the publisher of everything, if they want to know.
    fn tell(&self, settings: &RecordSettings, begun: watch::Sender<Option<PathBuf>>) -> record::Tell {
        let stay = self.stay.clone();
        let recorder = settings.name.clone();
        let client = Arc::clone(&self.client);
        let caller = self.caller.clone();
        let notify = settings.notify;
        let runtime = Handle::current();
        Box::new(move |news: News<'_>| {
            let _entered = runtime.enter();
            let notice = match news {
                News::Begun(path) => {
                    begun.send_replace(Some(path.to_owned()));
                    RecordNotice::Start
                }
                News::Done(path) => {
                    let path = path.to_string_lossy();
                    let event = Event::RecordDone { name: &stay.name, recorder: &recorder, path: &path };
                    caller.tell(&stay.app.hooks, &stay.call(&client, event));
                    RecordNotice::Stop
                }
                News::Failed => RecordNotice::Failed,
            };
            if notify {
                client.post(Letter::Recorder(notice, recorder.clone()));
            }
        })
    }
}

/// There is no recorder of this name.
#[derive(Debug)]
pub(super) struct NoRecorder;

impl Drop for Recorders {
    fn drop(&mut self) {
        for one in self.running.get_mut() {
            one.subscription.cancel();
        }
    }
}

impl fmt::Debug for Recorders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorders({})", self.name)
    }
}

/// Which pictures are meant; none while the server makes none of that kind.
pub(super) fn rendition(stream: &Stream, source: Source) -> Option<RenditionId> {
    match source {
        Source::Received => Some(Rendition::SOURCE.id),
        Source::Enhanced => stream.enhanced().map(|rendition| rendition.id),
    }
}

/// A file takes everything.
pub(super) fn every_codec() -> Capabilities {
    let video = VIDEO_CODECS.iter().map(|(four_cc, _): &(_, VideoCodec)| *four_cc);
    let audio = AUDIO_CODECS.iter().map(|(four_cc, _): &(_, AudioCodec)| *four_cc);
    Capabilities::of(&video.chain(audio).collect::<Vec<_>>())
}
