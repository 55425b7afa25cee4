//! Every directive of nginx-rtmp-module 1.2.2: where it may stand, and what it takes.

mod check;
mod known;
mod table;

pub use check::check;
pub use known::{Context, Known, Takes};
pub use table::{ALL, find};
