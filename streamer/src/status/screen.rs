//! Where figures and log meet: a terminal shows one line that is drawn over and the log above it; a pipe gets lines.

use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::Snapshot;
use crate::cli::LogFormat;

/// The user's view of the program.
#[derive(Debug, Clone)]
pub struct Screen {
    live: MultiProgress,
    bar: Option<ProgressBar>,
    lines: Lines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// Standard output is no terminal: somebody reads it line by line.
    Written,
    /// The live line says it all.
    Left,
}

impl Screen {
    /// Looks at what standard output and standard error are.
    pub fn new() -> Self {
        let live = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let lines = if io::stdout().is_terminal() { Lines::Left } else { Lines::Written };
        Self { live, bar: None, lines }
    }

    /// Sends the log here. `SHARPCAST_LOG` chooses what is in it (`debug`, `streamer=trace`, ...).
    pub fn take_log(&self, format: LogFormat) {
        let filter = EnvFilter::try_from_env("SHARPCAST_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
        let log =
            tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(self.clone());
        // Fails only if a log was set up before; then that one stays.
        let _ = match format {
            LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
        };
    }

    /// Shows the figures.
    pub fn show(&mut self, snapshot: &Snapshot) {
        if self.lines == Lines::Written {
            // A reader that went away ends its interest, not the stream.
            let _ = writeln!(io::stdout(), "{}", snapshot.logfmt());
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(indicatif::ProgressStyle::with_template("{wide_msg}").expect("a template of ours"));
            self.live.add(bar)
        });
        bar.set_message(snapshot.for_people());
        bar.tick();
    }

    /// A bar for work whose length is known.
    pub fn progress(&self, length: u64) -> ProgressBar {
        let template = "{msg:<40} [{wide_bar}] {pos}/{len} {eta}";
        let style = indicatif::ProgressStyle::with_template(template).expect("a template of ours");
        self.live.add(ProgressBar::new(length).with_style(style))
    }

    /// Removes the live line; what is printed from now on stays.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes log lines above the live line.
pub struct AboveLive(MultiProgress);

impl Write for AboveLive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Screen {
    type Writer = AboveLive;

    fn make_writer(&'a self) -> AboveLive {
        AboveLive(self.live.clone())
    }
}
