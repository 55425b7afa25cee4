//! `[rtmp]`: how connections are treated.

use api::Invalid;
use rtmp::limits::NEVER;

use super::section::Section;
use super::values::{number, one_of_or, period, yes_or_no};
use crate::ingest::IngestSettings;

pub(super) fn read(ingest: &mut IngestSettings, section: &mut Section<'_>) -> Result<(), Invalid> {
    section.set("max_connections", &mut ingest.max_waiting, number(1..=100_000))?;
    ingest.max_clients = section.get("max_clients", number(1..=1_000_000))?;
    section.set("keepalive", &mut ingest.keepalive, yes_or_no)?;
    let limits = &mut ingest.limits;
    let patience = limits.read_timeout.saturating_sub(limits.ping_after);
    let ping = section.get("ping", one_of_or(&[("off", NEVER)], period))?.unwrap_or(limits.ping_after);
    let patience = section.get("ping_timeout", period)?.unwrap_or(patience);
    *limits = limits.clone().asking_after(ping, patience);
    section.set("send_timeout", &mut limits.write_timeout, period)?;
    section.set("chunk_size", &mut limits.chunk_size, number(128..=65_536))?;
    section.set("ack_window", &mut limits.window, number(10_000..=i64::from(u32::MAX)))?;
    section.set("max_chunk_streams", &mut limits.chunk_streams, number(4..=65_536))?;
    if let Some(most) = section.get("max_message", number(16_384..=64 << 20))? {
        *limits = limits.clone().with_messages(most);
    }
    Ok(())
}
