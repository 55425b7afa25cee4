//! The report in Markdown: for people who decide, then everything.

mod details;
mod rates;
mod summary;

use std::fmt::{Error, Write as _};

use super::rows::Rows;

/// What is written where a figure does not exist.
const NONE: &str = "–";

/// The report without its heading; `earlier` is what the same ways were worth before.
pub fn markdown(rows: Rows<'_>, earlier: Option<Rows<'_>>) -> Result<String, Error> {
    let mut text = String::new();
    summary::means(&mut text, rows, earlier)?;
    summary::costs(&mut text, rows)?;
    summary::by_clip(&mut text, rows)?;
    rates::crossovers(&mut text, rows)?;
    rates::against_obs(&mut text, rows)?;
    details::everything(&mut text, rows)?;
    Ok(text)
}

/// A line of a table.
fn line<T: AsRef<str>>(text: &mut String, cells: impl IntoIterator<Item = T>) -> Result<(), Error> {
    write!(text, "|")?;
    cells.into_iter().try_for_each(|cell| write!(text, " {} |", cell.as_ref()))?;
    writeln!(text)
}

/// The head of a table: these columns.
fn head(text: &mut String, columns: &[&str]) -> Result<(), Error> {
    line(text, columns)?;
    writeln!(text, "|{}", "---|".repeat(columns.len()))
}

/// A figure with so many digits, or that there is none.
fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.digits$}"))
}

/// A difference with its sign.
fn difference(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{value:+.digits$}"))
}
