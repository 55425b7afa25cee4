//! Where a stream's renditions go: one folder per kind of output.

pub mod hls;
