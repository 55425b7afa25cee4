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
    /// `location` within `http { server { ... } }`.
    Location,
}

/// What a directive takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Braces.
    Block,
    /// A name and braces.
    NamedBlock,
    Flag,
    Number,
    Size,
    /// A bare number counts milliseconds.
    Time,
    /// A bare number counts seconds.
    Seconds,
    /// One text: a path, an address, a name.
    Text,
    /// One of these.
    Word(&'static [&'static str]),
    /// Some of these.
    Words(&'static [&'static str]),
    /// At least so many, at most so many texts.
    Texts(usize, usize),
}

/// One directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub name: &'static str,
    pub contexts: &'static [Context],
    pub takes: Takes,
    /// May stand several times in one block, and all of them count.
    pub repeats: bool,
}
