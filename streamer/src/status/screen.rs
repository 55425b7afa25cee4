//! Where figures and log meet: a terminal shows one line that is drawn over and the log above it; a pipe gets lines.

use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use tracing_subscriber::EnvFilter;

use super::Snapshot;
use crate::cli::LogFormat;

/// The user's view of the program.
#[derive(Debug)]
pub struct Screen {
    live: MultiProgress,
    bar: Option<ProgressBar>,
    /// Standard output is no terminal: somebody reads it line by line.
    writes_lines: bool,
}

impl Screen {
    /// Looks at what standard output and standard error are.
    pub fn new() -> Self {
        let live = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { live, bar: None, writes_lines: !io::stdout().is_terminal() }
    }

    /// Sends the log here. `SHARPCAST_LOG` chooses what is in it (`debug`, `streamer=trace`, ...).
    pub fn take_log(&self, format: LogFormat) {
        let live = self.live.clone();
        let writer = move || AboveLive(live.clone());
        let filter = EnvFilter::try_from_env("SHARPCAST_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(writer);
        // Fails only if a log was set up before; then that one stays.
        let _ = match format {
            LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
        };
    }

    pub fn show(&mut self, snapshot: &Snapshot) {
        if self.writes_lines {
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
struct AboveLive(MultiProgress);

impl Write for AboveLive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The live line is taken away while this is written, and drawn again below it.
        self.0.suspend(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
