//! What came of a stream, in one line: what reached the server decides, not what was sent.

use anyhow::anyhow;
use rtmp::RtmpUrl;

use crate::failure::Failure;
use crate::status::{Counters, Snapshot};

/// The last line, after the figures of `last`. Fails if there was something to send and nothing of it arrived.
pub(super) fn last_line(
    url: &RtmpUrl,
    counters: &Counters,
    last: &Snapshot,
    watch: Option<&str>,
) -> Result<String, Failure> {
    let seconds = last.t.as_secs_f64();
    let arrived = counters.arrived.get();
    let sounds = counters.arrived_sounds.get();
    let trouble = counters.trouble.lock().clone();
    if arrived + sounds == 0 && (last.frames > 0 || trouble.is_some()) {
        let why = trouble.unwrap_or_else(|| "no answer".to_owned());
        let tried = tried(counters, seconds);
        return Err(Failure::failed(anyhow!(
            "nothing reached {url}: {why} ({tried}); check that the server runs and --to is right"
        )));
    }
    let head = match last.frames {
        0 if sounds > 0 => format!("{} of sound in {seconds:.0} s", count(sounds, "frame")),
        frames if arrived < frames => {
            format!("{arrived} of {} reached the server in {seconds:.0} s", count(frames, "picture"))
        }
        frames => format!("{} in {seconds:.0} s", count(frames, "picture")),
    };
    let mut figures = vec![head];
    if last.pairs > 0 {
        let trained = [(last.steps, "training step"), (last.pairs, "pair"), (last.uploads, "upload")];
        let [steps, pairs, uploads] = trained.map(|(n, thing)| count(n, thing));
        figures.push(format!("{steps} on {pairs}, {uploads}"));
    }
    if let Some(quality) = last.quality {
        figures.push(format!("{:+.2} dB over plain upsampling", quality.gain()));
    }
    let mut parts = vec![figures.join(", ")];
    let gone = trouble.filter(|_| last.lost > 0 && counters.connections.get() <= last.lost);
    if last.lost > 0 {
        let back = gone.as_ref().map_or_else(String::new, |why| format!(" and did not come back: {why}"));
        parts.push(format!("the connection was lost {}{back}", times(last.lost)));
    }
    match counters.api.lock().as_ref() {
        Some(Err(why)) if last.uploads == 0 => parts.push(format!("no network reached the server: {why}")),
        Some(Err(why)) => parts.push(format!("the last network did not reach the server: {why}")),
        Some(Ok(())) if gone.is_none() => {
            parts.extend(watch.map(|address| format!("watch it at {address}")));
        }
        Some(Ok(())) | None => {}
    }
    Ok(parts.join("; "))
}

fn tried(counters: &Counters, seconds: f64) -> String {
    match counters.lost.get() + counters.failed_attempts.get() {
        0 => format!("tried for {seconds:.0} s"),
        tries => format!("tried {} in {seconds:.0} s", times(tries)),
    }
}

fn count(n: u64, thing: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {thing}{plural}")
}

fn times(n: u64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WATCH: Option<&str> = Some("http://h:8080/watch/live");

    fn line(seconds: u64, set: impl FnOnce(&Counters)) -> String {
        let counters = Counters::default();
        set(&counters);
        let last = Snapshot::default().next(&counters, Duration::from_secs(seconds));
        match last_line(&"rtmp://h/live".parse().unwrap(), &counters, &last, WATCH) {
            Ok(line) => format!("0: {line}"),
            Err(failure) => format!("{}: {failure}", failure.exit_code()),
        }
    }

    fn refused(counters: &Counters) {
        *counters.trouble.lock() = Some("connection refused".to_owned());
    }

    #[test]
    fn what_arrived_decides() {
        let lines = [
            line(0, |_| {}),
            line(10, |counters| {
                counters.frames.add(250);
                counters.failed_attempts.add(7);
                refused(counters);
            }),
            line(3, |counters| counters.frames.add(70)),
            line(60, |counters| {
                counters.frames.add(1500);
                counters.arrived.add(1200);
                counters.connections.add(4);
                counters.lost.add(3);
                refused(counters);
            }),
            line(60, |counters| {
                counters.frames.add(1500);
                counters.arrived.add(700);
                counters.connections.add(1);
                counters.lost.add(1);
                counters.failed_attempts.add(9);
                refused(counters);
                *counters.api.lock() = Some(Ok(()));
            }),
            line(60, |counters| {
                counters.frames.add(1500);
                counters.arrived.add(1500);
                counters.connections.add(1);
                *counters.api.lock() = Some(Ok(()));
            }),
            line(60, |counters| {
                counters.frames.add(1500);
                counters.arrived.add(1500);
                counters.connections.add(1);
                *counters.api.lock() = Some(Err("no stream of this name".to_owned()));
            }),
            line(60, |counters| counters.arrived_sounds.add(2800)),
        ];
        insta::assert_snapshot!(lines.join("\n"));
    }
}
