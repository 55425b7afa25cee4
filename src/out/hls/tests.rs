//! Tests of the whole packager: scenarios by hand, properties of any sequence, real media through real tools.

pub(super) mod feed;
mod media;
mod properties;
mod scenarios;
mod tracks;
