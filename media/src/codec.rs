//! Codec configurations: what a decoder, a playlist and a container must know before the first packet.

pub mod aac;
pub mod avc;
mod bits;
