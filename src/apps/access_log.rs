//! One line for each connection to an application, when it ends, for programs that read nginx-rtmp's access logs.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Zoned;
use nginx_compat::log::{Did, Format, Line};
use rtmp::Introduction;
use tokio_util::task::TaskTracker;

use crate::clients::Client;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogSettings {
    pub file: PathBuf,
    pub format: Format,
}

/// Writes lines, on threads of their own.
#[derive(Debug, Clone, Default)]
pub(super) struct AccessLog {
    tasks: TaskTracker,
    /// It has been told that a file cannot be written.
    told: Arc<AtomicBool>,
}

impl AccessLog {
    /// A connection has ended.
    pub(super) fn ended(&self, settings: &AccessLogSettings, app: &str, client: &Client) {
        let AccessLogSettings { file, format } = settings;
        let line = line(format, app, client);
        let file = file.clone();
        let told = Arc::clone(&self.told);
        self.tasks.spawn_blocking(move || match append(&file, line) {
            Ok(()) => told.store(false, Ordering::Relaxed),
            Err(_) if told.swap(true, Ordering::Relaxed) => {}
            Err(error) => tracing::warn!(file = %file.display(), %error, "access log: lines are lost until this is mended"),
        });
    }

    /// Waits for lines that are being written, briefly.
    pub(super) async fn finish(&self, patience: Duration) {
        self.tasks.close();
        let _ = tokio::time::timeout(patience, self.tasks.wait()).await;
    }
}

/// Opened for each line, so that a file that was moved away is made anew.
fn append(file: &Path, mut line: String) -> io::Result<()> {
    line.push('\n');
    File::options().create(true).append(true).open(file)?.write_all(line.as_bytes())
}

fn line(format: &Format, app: &str, client: &Client) -> String {
    let asked = client.asked();
    let said = client.introduction();
    let said = |text: fn(&Introduction) -> &String| said.map_or("", |said| text(said).as_str());
    let traffic = client.traffic();
    let now = Zoned::now();
    format.write(&Line {
        connection: client.id,
        address: &client.address,
        app,
        flash_version: said(|said| &said.flash_version),
        swf_url: said(|said| &said.swf_url),
        tc_url: said(|said| &said.tc_url),
        page_url: said(|said| &said.page_url),
        did: Did { publish: asked.publishes, play: asked.plays },
        name: &asked.name,
        arguments: &asked.arguments,
        bytes_sent: traffic.sent,
        bytes_received: traffic.received,
        time_local: &now.strftime("%d/%b/%Y:%H:%M:%S %z").to_string(),
        time: SystemTime::from(now.timestamp()).duration_since(UNIX_EPOCH).unwrap_or_default(),
        lasted: client.since.elapsed(),
    })
}
