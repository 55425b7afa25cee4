//! What is wrong with a stream, for those who can mend it: the same sentence once in the log, and counted in the API.
//!
//! A problem has a kind, by which it is counted, and a sentence that says what was seen and what to do. Kinds are few and
//! known at compile time, so a hostile publisher cannot make the list long.

use std::sync::Arc;
use std::time::SystemTime;

use api::control::StreamProblem;
use api::names::StreamName;
use parking_lot::Mutex;

/// Kinds that are kept at most; there are fewer.
const MOST: usize = 32;

/// Characters of a sentence; longer ones quote what a peer sent.
const MOST_TEXT: usize = 400;

/// The problems of one playlist. Cheap to clone; all clones add to the same list.
#[derive(Debug, Clone)]
pub struct Problems {
    stream: StreamName,
    all: Arc<Mutex<Vec<Entry>>>,
}

#[derive(Debug)]
struct Entry {
    kind: &'static str,
    text: String,
    count: u64,
    first: SystemTime,
    last: SystemTime,
}

impl Problems {
    pub fn new(stream: StreamName) -> Self {
        Self { stream, all: Arc::default() }
    }

    /// Notes that it happened, once more or for the first time. `kind` is a stable name such as `codec-not-supported`.
    /// The newest sentence is kept; it is logged when the kind comes up first.
    pub fn report(&self, kind: &'static str, text: impl Into<String>) {
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().nth(MOST_TEXT) {
            text.truncate(end);
        }
        let now = SystemTime::now();
        let mut all = self.all.lock();
        if let Some(entry) = all.iter_mut().find(|entry| entry.kind == kind) {
            entry.count += 1;
            entry.last = now;
            entry.text = text;
        } else if all.len() < MOST {
            tracing::warn!(stream = %self.stream, kind, "{text}");
            all.push(Entry { kind, text, count: 1, first: now, last: now });
        }
    }

    /// All of them, in the order in which they came up.
    pub fn list(&self) -> Vec<StreamProblem> {
        let utc = |time| humantime::format_rfc3339_seconds(time).to_string();
        let all = self.all.lock();
        let told = all.iter().map(|entry| StreamProblem {
            kind: entry.kind.to_owned(),
            text: entry.text.clone(),
            count: entry.count,
            first: utc(entry.first),
            last: utc(entry.last),
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_listed_once_and_counted() {
        let problems = Problems::new("demo".parse().unwrap());
        let other = problems.clone();
        for number in 0..3 {
            other.report("damaged-picture", format!("picture {number} is damaged"));
        }
        problems.report("codec-not-supported", "HEVC");
        let told = problems.list();
        let brief: Vec<_> =
            told.iter().map(|problem| (&*problem.kind, &*problem.text, problem.count)).collect();
        assert_eq!(
            brief,
            [("damaged-picture", "picture 2 is damaged", 3), ("codec-not-supported", "HEVC", 1)]
        );
        assert!(told[0].first <= told[0].last && told[0].last.ends_with('Z'));
    }

    #[test]
    fn sentences_are_bounded() {
        let problems = Problems::new("demo".parse().unwrap());
        problems.report("long", "ä".repeat(5000));
        assert_eq!(problems.list()[0].text.chars().count(), MOST_TEXT);
    }
}
