//! What is known of a directive.

/// Where directives stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Outside all blocks.
    Main,
    Rtmp,
    Server,
    Application,
    Recorder,
    /// `http`, its servers, and their locations.
    Http,
}

/// No upper bound: command lines of `exec` are long.
pub(super) const MANY: usize = usize::MAX;

/// What a directive takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Braces.
    Block,
    /// A name and braces.
    NamedBlock,
    Flag,
    Number,
    /// Bytes, or a count that may have `k` or `m` behind it.
    Size,
    /// A bare number counts seconds.
    Time,
    /// `off` is no time at all.
    TimeOrOff,
    /// One text: a path, an address, a name.
    Text,
    /// One of these, in any case.
    Word(&'static [&'static str]),
    /// Some of these, in any case.
    Words(&'static [&'static str]),
    /// At least so many, at most so many texts.
    Texts(usize, usize),
}

/// What becomes of several directives of one name, in one block and in the blocks around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Several {
    /// One counts: the innermost.
    Replaced,
    /// All count: first those of the block, then those around it.
    Added,
    /// All of the block count, and none around it.
    Here,
}

/// One directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub name: &'static str,
    pub contexts: &'static [Context],
    pub takes: Takes,
    pub several: Several,
    /// What holds where it is not written, as it would be written; empty if that is nothing.
    pub default: &'static str,
}
