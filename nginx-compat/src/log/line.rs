//! One line.

use std::fmt::Write;
use std::time::Duration;

use super::{Format, Piece, Variable};

/// What is known of a connection that has ended. Texts come from peers; what could break a line is escaped, as nginx does it for HTTP.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line<'a> {
    pub connection: u64,
    pub address: &'a str,
    pub app: &'a str,
    pub flash_version: &'a str,
    pub swf_url: &'a str,
    pub tc_url: &'a str,
    pub page_url: &'a str,
    pub did: Did,
    pub name: &'a str,
    pub arguments: &'a str,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// `10/Oct/2000:13:55:36 -0700`
    pub time_local: &'a str,
    /// Since 1970.
    pub time: Duration,
    pub lasted: Duration,
}

/// What somebody did over a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Did {
    pub publish: bool,
    pub play: bool,
}

impl Format {
    /// Without the end of the line.
    pub fn write(&self, line: &Line<'_>) -> String {
        let mut written = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => written.push_str(text),
                Piece::Variable(variable) => line.write(*variable, &mut written),
            }
        }
        written
    }
}

impl Line<'_> {
    fn write(&self, variable: Variable, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = match variable {
            Variable::Connection => write!(out, "{}", self.connection),
            Variable::RemoteAddress => escape(out, self.address),
            Variable::App => escape(out, self.app),
            Variable::FlashVersion => escape(out, self.flash_version),
            Variable::SwfUrl => escape(out, self.swf_url),
            Variable::TcUrl => escape(out, self.tc_url),
            Variable::PageUrl => escape(out, self.page_url),
            Variable::Command => out.write_str(self.command()),
            Variable::Name => escape(out, self.name),
            Variable::Arguments => escape(out, self.arguments),
            Variable::BytesSent => write!(out, "{}", self.bytes_sent),
            Variable::BytesReceived => write!(out, "{}", self.bytes_received),
            Variable::TimeLocal => out.write_str(self.time_local),
            Variable::Milliseconds => {
                write!(out, "{}.{:03}", self.time.as_secs(), self.time.subsec_millis())
            }
            Variable::SessionTime => write!(out, "{}", self.lasted.as_secs()),
            Variable::ReadableSessionTime => out.write_str(&readable(self.lasted.as_secs())),
        };
    }

    fn command(&self) -> &'static str {
        match self.did {
            Did { play: false, publish: false } => "NONE",
            Did { play: true, publish: false } => "PLAY",
            Did { play: false, publish: true } => "PUBLISH",
            Did { play: true, publish: true } => "PLAY+PUBLISH",
        }
    }
}

/// `1d 2h 3m 4s`; what is larger than all of it is left out.
fn readable(seconds: u64) -> String {
    let parts = [(seconds / 86_400, 'd'), (seconds / 3600 % 24, 'h'), (seconds / 60 % 60, 'm')];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(parts.len());
    let mut text = String::new();
    for (count, unit) in &parts[first..] {
        let _ = write!(text, "{count}{unit} ");
    }
    let _ = write!(text, "{}s", seconds % 60);
    text
}

fn escape(out: &mut String, text: &str) -> std::fmt::Result {
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(out, "\\x{:02X}", u32::from(c))?,
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    write!(out, "\\x{byte:02X}")?;
                }
            }
            c => out.push(c),
        }
    }
    Ok(())
}
