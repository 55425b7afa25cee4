//! What operators of nginx-rtmp-module 1.2.2 have: their configuration, their hooks, their pages.
//!
//! | module | what |
//! |---|---|
//! | [`conf`] | nginx's configuration language: directives, blocks, includes, sizes, times |
//! | [`directives`] | every directive of the module: where it may stand, and what it takes |
//! | [`rtmp`] | the `rtmp {}` block with its inheritance, and what of `http {}` belongs to it |
//! | [`callback`] | what hooks are asked and told, and what their answers mean |
//! | [`log`] | lines of `access_log` |
//! | [`stat`] | the page `/stat` |
//! | [`control`] | orders to `/control`, and how they are answered |
//!
//! Nothing here serves anything: no sockets, no threads. Errors name file and line, and say what to do.

pub mod callback;
pub mod conf;
pub mod control;
pub mod directives;
pub mod log;
pub mod rtmp;
pub mod stat;

pub use conf::{Directive, Error, Location};
pub use rtmp::Configuration;

/// What stands in the README works.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
