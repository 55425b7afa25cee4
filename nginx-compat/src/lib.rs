//! What operators of nginx-rtmp-module 1.2.2 have: their configuration, as typed values.
//!
//! | module | what |
//! |---|---|
//! | [`conf`] | nginx's configuration language: directives, blocks, includes, sizes, times |
//! | [`directives`] | every directive of the module: where it may stand, and what it takes |
//! | [`rtmp`] | the `rtmp {}` block with its inheritance, and what of `http {}` belongs to it |
//! | [`stat`] | the page `/stat` |
//! | [`control`] | requests to `/control` |
//!
//! Nothing here serves anything: no sockets, no threads. Errors name file and line, and say what to do.

pub mod conf;
pub mod control;
pub mod directives;
pub mod rtmp;
pub mod stat;

pub use conf::{Directive, Error, Location};
pub use rtmp::Configuration;
