//! Lines of `access_log`, as `log_format` has them: one for each connection, when it ends.

mod line;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use line::{Did, Line};

/// What holds where no other format is named.
pub const COMBINED: &str = "$remote_addr [$time_local] $command \"$app\" \"$name\" \"$args\" - $bytes_received $bytes_sent \
                            \"$pageurl\" \"$flashver\" ($session_readable_time)";

/// Text with variables in it: `$name` or `${name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(Variable),
}

/// What is known of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    Connection,
    RemoteAddress,
    App,
    FlashVersion,
    SwfUrl,
    TcUrl,
    PageUrl,
    Command,
    Name,
    Arguments,
    BytesSent,
    BytesReceived,
    TimeLocal,
    Milliseconds,
    SessionTime,
    ReadableSessionTime,
}

const VARIABLES: [(&str, Variable); 16] = [
    ("connection", Variable::Connection),
    ("remote_addr", Variable::RemoteAddress),
    ("app", Variable::App),
    ("flashver", Variable::FlashVersion),
    ("swfurl", Variable::SwfUrl),
    ("tcurl", Variable::TcUrl),
    ("pageurl", Variable::PageUrl),
    ("command", Variable::Command),
    ("name", Variable::Name),
    ("args", Variable::Arguments),
    ("bytes_sent", Variable::BytesSent),
    ("bytes_received", Variable::BytesReceived),
    ("time_local", Variable::TimeLocal),
    ("msec", Variable::Milliseconds),
    ("session_time", Variable::SessionTime),
    ("session_readable_time", Variable::ReadableSessionTime),
];

/// What is wrong with a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("`${0}` is no variable of access logs; there are {known}", known = Known)]
    Unknown(String),
    #[error("a `$` without a name behind it")]
    Nameless,
    #[error("`${{{0}` has no closing bracket")]
    Open(String),
}

/// The names of all variables.
struct Known;

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
        f.write_str(&names.join(", "))
    }
}

impl Default for Format {
    fn default() -> Self {
        COMBINED.parse().expect("the table has its variables")
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (name, behind) = name(behind)?;
            let known = VARIABLES.iter().find(|(known, _)| *known == name);
            let (_, variable) = known.ok_or_else(|| FormatError::Unknown(name.to_owned()))?;
            pieces.push(Piece::Variable(*variable));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }
}

/// The name that a text begins with, bracketed or not, and what stands behind it.
fn name(text: &str) -> Result<(&str, &str), FormatError> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let bracketed = text.strip_prefix('{');
    let begin = bracketed.unwrap_or(text);
    let (name, behind) = begin.split_at(begin.find(|c| !is_of_name(c)).unwrap_or(begin.len()));
    if name.is_empty() {
        return Err(FormatError::Nameless);
    }
    if bracketed.is_none() {
        return Ok((name, behind));
    }
    let behind = behind.strip_prefix('}').ok_or_else(|| FormatError::Open(name.to_owned()))?;
    Ok((name, behind))
}
