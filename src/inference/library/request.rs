//! What the loader thread is asked for, and what it has measured.

use std::sync::Arc;
use std::time::Instant;

use api::control::ModelReport;
use tokio::sync::oneshot;

use super::rejection::PackageRejection;
use super::upload::PackageUpload;
use crate::inference::live::{Demand, Net};
use crate::inference::model::StreamModel;
use crate::inference::profile::Costs;

/// What is known of this machine's speed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Measured {
    /// Being measured.
    NotYet,
    /// Nothing: no stream has the profile `auto`, or measuring failed.
    Unknown,
    Costs(Arc<Costs>),
}

impl Measured {
    pub(super) fn costs(&self) -> Option<&Costs> {
        if let Self::Costs(costs) = self { Some(costs) } else { None }
    }
}

#[derive(Debug)]
pub(super) enum Request {
    /// A streamer's package.
    Upload {
        model: Arc<StreamModel>,
        package: PackageUpload,
        arrived: Instant,
        reply: oneshot::Sender<Result<ModelReport, PackageRejection>>,
    },
    /// A lane knows its pictures: choose a preset, give it stock weights unless a trained net is there.
    Prepare { model: Arc<StreamModel>, demand: Demand },
    /// A lane lost its net: build the accepted one again.
    Restore { model: Arc<StreamModel> },
    /// A session has ended: others may get larger nets.
    Balance,
    /// A net is not used any more.
    Retire(Net),
    /// The server ends.
    End,
}
