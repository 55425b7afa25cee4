//! What tests of a lane's parts share.

pub(super) mod fake;
