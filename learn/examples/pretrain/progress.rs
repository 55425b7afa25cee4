//! How far something is: a bar on a terminal, plain lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for work of this length, of which some is done.
    pub(crate) fn new(what: &'static str, length: u64, done: u64) -> Self {
        let template = "{prefix} [{wide_bar}] {pos}/{len} {per_sec} {eta} {msg}";
        let style = ProgressStyle::with_template(template).expect("a template of ours");
        let bar = ProgressBar::new(length).with_style(style).with_prefix(what).with_position(done);
        bar.reset_eta();
        Self(bar)
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// What is being done, for as long as the bar is there.
    pub(crate) fn now(&self, message: &str) {
        self.0.set_message(message.to_owned());
    }

    /// A line that stays.
    pub(crate) fn line(&self, line: &str) {
        self.0.suspend(|| eprintln!("{line}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
