//! The way of orders, from a request to who can carry them out, and back.

use api::control::admin::ReloadReport;
use nginx_compat::control::{Answer, Order};
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

/// Orders to recorders, with the place for the answer.
pub type RecordOrders = mpsc::Receiver<(Order, oneshot::Sender<Answer>)>;

/// Gives them.
pub type Record = mpsc::Sender<(Order, oneshot::Sender<Answer>)>;

pub fn record_orders() -> (Record, RecordOrders) {
    mpsc::channel(WAITING)
}
