//! Logs: `tracing` to standard error, as text for people or JSON for machines. Keys never get here: their type
//! has no way to be printed.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// JSON for machines instead of text for people.
    pub json: bool,
    /// The least important messages that are written.
    pub level: Level,
}

/// Starts logging for the rest of the process. `RUST_LOG` overrides the configured level.
pub fn start(settings: &LogSettings) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(settings.level.as_str()));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logs = logs.with_ansi(std::io::stderr().is_terminal());
    media::ffmpeg::quiet_logs();
    // A second start in one process (tests) keeps the first subscriber.
    let _ = if settings.json { logs.json().try_init() } else { logs.with_target(false).try_init() };
}

/// Makes OpenMP workers sleep between pictures instead of spinning.
///
/// libgomp reads its environment while it is loaded, before `main`; with more than one thread per net the
/// process therefore starts itself once more with the environment set. One thread has no workers: nothing to do.
pub fn tame_openmp(threads: u32) -> anyhow::Result<()> {
    const POLICY: &str = "OMP_WAIT_POLICY";
    if threads <= 1 || std::env::var_os(POLICY).is_some() {
        return Ok(());
    }
    let program =
        std::env::current_exe().context("cannot find this program to start it with OpenMP tamed")?;
    let error = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(POLICY, "PASSIVE")
        .env("GOMP_SPINCOUNT", "0")
        .exec();
    Err(error).context("cannot start this program again with OpenMP tamed")
}
