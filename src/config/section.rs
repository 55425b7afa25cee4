//! A table of the file, whose keys are read one by one, and what can be wrong with it, said so that the reader finds it.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use api::Invalid;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The file's name and text, which only serve the error messages.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a Path,
    pub(super) text: &'a str,
}

/// A table that is being read. Every key has to be asked for before [`Section::end`], which refuses all others.
pub(super) struct Section<'a> {
    source: Source<'a>,
    table: &'a DeTable<'a>,
    /// The table's own place in the file.
    span: Range<usize>,
    known: Vec<&'static str>,
}

impl Source<'_> {
    pub(super) fn complain(&self, span: Range<usize>, message: &str) -> Invalid {
        let Self { file, text } = self;
        let line = text.match_indices('\n').take_while(|(at, _)| *at < span.start).count() + 1;
        let words = text.lines().nth(line - 1).unwrap_or_default().trim();
        // A stream key must not reach a terminal that somebody shares, or a log, not even behind a misspelt name.
        let section = text.lines().take(line).filter(|words| words.trim_start().starts_with('[')).last();
        let secret = words.contains("key") || section.is_some_and(|section| section.contains("stream"));
        let mut complaint = format!("{}:{line}: {}", file.display(), message.trim_end());
        if !words.is_empty() && (!secret || words.starts_with("name") || words.starts_with('[')) {
            let _ = write!(complaint, "\n  {line} | {words}");
        }
        Invalid::new(complaint)
    }
}

impl<'a> Section<'a> {
    pub(super) fn new(source: Source<'a>, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { source, table, span, known: Vec::new() }
    }

    /// The value of a key, if it is there.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, String>,
    ) -> Result<Option<T>, Invalid> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let found = read(value.get_ref()).map_err(|message| self.source.complain(value.span(), &message))?;
        Ok(Some(found))
    }

    /// Replaces a default by the value of a key, if it is there.
    pub(super) fn set<T>(
        &mut self,
        key: &'static str,
        place: &mut T,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, String>,
    ) -> Result<(), Invalid> {
        if let Some(value) = self.get(key, read)? {
            *place = value;
        }
        Ok(())
    }

    /// The tables of a key: of `[key]` the one, of `[[key]]` all, of a key that is not there none.
    pub(super) fn tables(&mut self, key: &'static str) -> Result<Vec<Section<'a>>, Invalid> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return Ok(Vec::new()) };
        let values = value.get_ref().as_array().map_or(std::slice::from_ref(value), |array| array);
        values.iter().map(|value| self.table(value)).collect()
    }

    fn table(&self, value: &'a Spanned<DeValue<'a>>) -> Result<Self, Invalid> {
        let wrong = || self.source.complain(value.span(), "a section is expected here");
        Ok(Self::new(self.source, value.get_ref().as_table().ok_or_else(wrong)?, value.span()))
    }

    /// Something is wrong with the value of a key, or, if it is not there, with the table.
    pub(super) fn complain(&self, key: &str, message: &str) -> Invalid {
        let span = self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span);
        self.source.complain(span, message)
    }

    /// Refuses keys that nobody has asked for: they are misspelt, and would do nothing.
    pub(super) fn end(self) -> Result<(), Invalid> {
        let foreign = self.table.keys().find(|key| !self.known.contains(&key.get_ref().as_ref()));
        let Some(foreign) = foreign else { return Ok(()) };
        let known: Vec<String> = self.known.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("unknown field `{}`, expected one of {}", foreign.get_ref(), known.join(", "));
        Err(self.source.complain(foreign.span(), &message))
    }
}
