//! Names and keys of streams. A name is public and appears in paths, pages and logs; a key is secret and appears nowhere.
//!
//! Foreign text becomes one of these types once, where it enters the program; from there on it needs no more checks.

mod stream_key;
mod stream_name;

pub use stream_key::StreamKey;
pub use stream_name::StreamName;
