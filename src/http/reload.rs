//! The way of an order to read the configuration again, from a request to who can do it, and back.

use api::control::admin::ReloadReport;
use tokio::sync::{mpsc, oneshot};

/// Orders that may wait to be carried out.
const WAITING: usize = 4;

type ReloadAnswer = oneshot::Sender<Result<ReloadReport, String>>;

/// Orders to read the configuration again, with the place for the answer.
pub type ReloadOrders = mpsc::Receiver<ReloadAnswer>;

/// Gives them.
pub type Reload = mpsc::Sender<ReloadAnswer>;

pub fn reload_orders() -> (Reload, ReloadOrders) {
    mpsc::channel(WAITING)
}
