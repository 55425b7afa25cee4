//! Every directive of nginx-rtmp-module 1.2.2: where it may stand, what it takes, and what holds without it.

mod check;
mod known;
mod table;
#[cfg(test)]
mod tests;

pub use check::check;
pub use known::{Context, Known, Several, Takes};
pub use table::{ALL, find};
