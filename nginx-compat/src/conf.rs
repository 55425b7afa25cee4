//! nginx's configuration language: `name argument "another one";` and `name argument { ... }`.

mod glob;
mod include;
mod parse;
mod token;
pub mod value;
mod written;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use include::read;
pub use parse::parse;

/// Includes within includes.
pub const MAX_INCLUDES: usize = 16;
/// Files of one configuration.
pub const MAX_FILES: usize = 10_000;
/// Blocks within blocks; nginx-rtmp needs four.
pub const MAX_DEPTH: usize = 32;
/// Directives of all files together.
pub const MAX_DIRECTIVES: usize = 100_000;
/// Bytes of one file.
pub const MAX_FILE: u64 = 16 << 20;

/// A directive as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    pub name: String,
    pub arguments: Vec<String>,
    /// What stands in its braces.
    pub block: Option<Vec<Directive>>,
    pub at: Location,
}

/// A place in a file; lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    pub file: Arc<Path>,
    pub line: usize,
}

/// What is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {what}", at.file.display(), at.line)]
pub struct Error {
    pub at: Location,
    pub what: String,
}

impl Location {
    pub fn new(file: &Path, line: usize) -> Self {
        Self { file: file.into(), line }
    }

    pub(crate) fn error(&self, what: impl Into<String>) -> Error {
        Error { at: self.clone(), what: what.into() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

impl Directive {
    /// The directives of this name in its block.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.block.iter().flatten().filter(move |inner| inner.name == name)
    }

    /// The first argument; empty if there is none.
    pub fn first(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }
}
