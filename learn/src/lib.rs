//! How a net learns: pairs of pictures (for F-EDSR) or sequences (for TCSR) in, packages out. Synchronous, without clock, threads
//! or sockets; whoever owns a trainer decides when to step, to evaluate and to stop.
//!
//! | module | job |
//! |---|---|
//! | [`trainer`], [`tcsr`] | one net each, step by step: settings, loss, checkpoints |
//! | [`learner`] | weights while they are learnt; the optimisers, SOAP and Adam |
//! | [`pool`], [`sequences`] | where patches come from |
//! | [`live`] | training while streaming: puts together the following |
//! | [`policy`] | when training begins, goes on and ends |
//! | [`scenes`] | which scene is shown, and what was trained on scenes like it |
//! | [`course`] | one training, from its first step to its goal or plateau |
//! | [`material`] | pairs to learn from, and pairs to be judged by |
//! | [`monitor`] | whether quality changes |
//! | [`threshold`], [`predictor`] | which gain is enough |
//! | [`settings`] | the figures of all these |
//!
//! The low-resolution picture of a pair must be what the server will decode, artefacts included: nets trained on clean
//! pictures fall below Lanczos upsampling on compressed ones.

mod checkpoint;
mod course;
mod error;
mod evaluation;
mod learner;
mod live;
mod material;
mod monitor;
mod patch;
pub mod policy;
mod pool;
mod predictor;
mod record;
mod scenes;
mod sequences;
mod settings;
mod tcsr;
mod threshold;
mod trainer;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use error::{Error, ErrorKind};
pub use evaluation::{Evaluation, evaluate};
pub use learner::Optimizer;
pub use live::LiveTraining;
pub use material::Material;
pub use monitor::Look;
pub use pool::{Pair, PairPool, Selection};
pub use predictor::{GainPredictor, GainSample, LEAST_SAMPLES};
pub use record::{End, Event, Reason, Record, State};
pub use scenes::CutDetector;
pub use sequences::{Sequence, SequencePool};
pub use settings::Settings;
pub use tcsr::{TcsrSettings, TcsrTrainer};
pub use threshold::Threshold;
pub use trainer::{Loss, Trainer, TrainerSettings, cosine, stock_package};
