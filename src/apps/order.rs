//! Orders to recorders.

use std::sync::Arc;
use std::time::Duration;

use api::shutdown::Shutdown;
use nginx_compat::control::{Action, Answer, Order};
use tokio::sync::{mpsc, oneshot};

use super::Applications;
use super::recorders::{File, NoRecorder, Recorders};

/// How long a recorder may take to begin a file: it waits for a keyframe.
const PATIENCE: Duration = Duration::from_secs(2);

/// An order, and the place for the answer.
pub type RecordOrder = (Order, oneshot::Sender<Answer>);

impl Applications {
    /// Carries out orders until the server ends.
    pub async fn take_orders(self: Arc<Self>, mut orders: mpsc::Receiver<RecordOrder>, shutdown: Shutdown) {
        loop {
            let (order, answer) = tokio::select! {
                () = shutdown.requested() => return,
                Some(order) = orders.recv() => order,
            };
            // Who asked may have gone.
            let _ = answer.send(self.carry_out(&order).await);
        }
    }

    async fn carry_out(&self, order: &Order) -> Answer {
        let meant: Vec<Arc<Recorders>> = {
            let mut all = self.recorders.lock();
            all.retain(|recorders| recorders.strong_count() > 0);
            let all = all.iter().filter_map(std::sync::Weak::upgrade);
            all.filter(|recorders| recorders.are_meant(order)).collect()
        };
        let mut answer = Answer::Recorded(None);
        for recorders in &meant {
            let outcome = match &order.action {
                Action::RecordStart(name) => {
                    match recorders.start_by_order(name.as_deref().unwrap_or_default()) {
                        Some(file) => Ok(begun(file).await),
                        None => Err(NoRecorder),
                    }
                }
                Action::RecordStop(name) => recorders.stop_by_order(name.as_deref().unwrap_or_default()),
                Action::Drop(_) | Action::Redirect(..) => return Answer::NotTaken,
            };
            match outcome {
                Ok(None) => {}
                Ok(Some(path)) => answer = Answer::Recorded(Some(path.to_string_lossy().into_owned())),
                Err(NoRecorder) => {
                    let what = "there is no such recorder: `rec` is its name, and nothing is said for the one without a name";
                    return Answer::Failed(what.to_owned());
                }
            }
        }
        answer
    }
}

/// The file, once there is one.
async fn begun(mut file: File) -> Option<std::path::PathBuf> {
    let begun = tokio::time::timeout(PATIENCE, file.wait_for(Option::is_some)).await;
    begun.ok()?.ok()?.clone()
}
