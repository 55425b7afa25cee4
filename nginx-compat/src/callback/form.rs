//! The fields of a call, as a body or a query.

use std::fmt::Write;

use super::{Call, Event, Peer};

impl Call<'_> {
    /// The body of a POST.
    pub fn form(&self) -> String {
        let Peer { app, flash_version, swf_url, tc_url, page_url, address, client } = self.peer;
        let mut form = Form(String::new());
        form.text("app", app);
        form.text("flashver", flash_version);
        form.text("swfurl", swf_url);
        form.text("tcurl", tc_url);
        form.text("pageurl", page_url);
        form.text("addr", address);
        // Who connects has no number yet, there.
        match self.event {
            Event::Connect { epoch } => form.number("epoch", epoch.into()),
            _ => form.number("clientid", client),
        }
        form.text("call", self.event.name());
        form.event(self);
        form.arguments(self.arguments);
        form.0
    }

    /// The path of a GET, with everything in its query.
    pub fn target(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}{}", self.form())
    }
}

struct Form(String);

impl Form {
    fn event(&mut self, call: &Call<'_>) {
        match call.event {
            Event::Connect { .. } => {}
            // A second time, there.
            Event::Disconnect => self.text("app", call.peer.app),
            Event::Publish { name, kind } => {
                self.text("name", name);
                self.text("type", kind);
            }
            Event::Play { name, start, duration, reset } => {
                self.text("name", name);
                // As there: what is negative looks very large.
                self.number("start", u64::from(start as u32));
                self.number("duration", u64::from(duration as u32));
                self.number("reset", reset.into());
            }
            Event::PublishDone { name } | Event::PlayDone { name } | Event::Done { name } => {
                self.some("name", name);
            }
            Event::Update { name, seconds, timestamp, .. } => {
                self.number("time", seconds);
                self.number("timestamp", timestamp.into());
                self.some("name", name);
            }
            Event::RecordDone { name, recorder, path } => {
                self.text("recorder", recorder);
                self.text("name", name);
                self.text("path", path);
            }
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.begin(name);
        self.escaped(text, is_special);
    }

    /// Left out where it is empty.
    fn some(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    fn number(&mut self, name: &str, number: u64) {
        self.begin(name);
        let _ = write!(self.0, "{number}");
    }

    /// As the peer has written them; only what would end the line or the address is escaped.
    fn arguments(&mut self, arguments: &str) {
        if !arguments.is_empty() {
            self.0.push('&');
            self.escaped(arguments, |byte| !byte.is_ascii_graphic() || byte == b'#');
        }
    }

    fn begin(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
    }

    fn escaped(&mut self, text: &str, is_special: impl Fn(u8) -> bool) {
        for byte in text.bytes() {
            if is_special(byte) {
                let _ = write!(self.0, "%{byte:02X}");
            } else {
                self.0.push(char::from(byte));
            }
        }
    }
}

/// What nginx escapes in arguments: addresses stay readable.
fn is_special(byte: u8) -> bool {
    !byte.is_ascii_graphic() || br##""#%&+;<>?\^`{|}"##.contains(&byte)
}
