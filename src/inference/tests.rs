//! What tests of nets and lanes share.

pub mod fake;
