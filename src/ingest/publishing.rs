//! A connection that publishes: its tags become units.

use std::mem;
use std::time::Instant;

use media::flow::Queued as _;
use media::flv::{Demuxer, Tag, TagKind};
use media::packet::{Track, Unit};
use rtmp::{Refusals, Rejection};

use super::admission::Grant;
use super::seat::Guard;
use crate::out::Arrival;
use crate::problems::Problems;
use crate::streams::{Error, Publication};

pub struct Publishing {
    publication: Publication,
    demuxer: Demuxer,
    problems: Option<Problems>,
    refusals: Refusals,
    /// How pictures and sound are decoded: publishers say it once.
    described: [Option<Unit>; 2],
    _guard: Option<Guard>,
}

impl Publishing {
    pub fn new(grant: Grant) -> Self {
        let Grant { publication, guard, .. } = grant;
        let problems = publication.problems();
        Self {
            publication,
            demuxer: Demuxer::new(),
            problems,
            refusals: Refusals::default(),
            described: [None, None],
            _guard: guard,
        }
    }

    /// The same publisher goes on with another stream, and its old one is given up.
    pub fn move_to(mut self, grant: Grant) -> Result<Self, Error> {
        let demuxer = mem::replace(&mut self.demuxer, Demuxer::new());
        let described = mem::take(&mut self.described);
        drop(self);
        let mut moved = Self::new(grant);
        moved.demuxer = demuxer;
        moved.described = described;
        for unit in moved.described.iter().flatten() {
            moved.publication.push(unit.clone(), Arrival::now())?;
        }
        Ok(moved)
    }

    /// Waits until somebody else publishes the same stream.
    pub async fn replaced(&self) {
        self.publication.replaced().await;
    }

    /// A tag that cannot be read concerns nothing but itself; `Some` if the publisher is to be warned of it. With an
    /// error the publication is over.
    pub fn take(&mut self, tag: &Tag) -> Result<Option<String>, Rejection> {
        if tag.kind == TagKind::Script && is_metadata(&tag.body) {
            self.describe(tag.clone());
        }
        let refused = self.demuxer.push(tag).err();
        self.pass_on().map_err(|error| match error {
            Error::Replaced => Rejection::Replaced,
            _ => Rejection::Unavailable,
        })?;
        let Some(error) = refused else { return Ok(None) };
        if let Some(problems) = &self.problems {
            problems.report(error.kind.name(), error.advice());
        }
        self.refusals.refuse(&error, Instant::now())
    }

    /// For players who want it as it came.
    fn describe(&self, metadata: Tag) {
        if let Some(broadcast) = self.publication.stream().broadcast() {
            broadcast.describe(metadata);
        }
    }

    fn pass_on(&mut self) -> Result<(), Error> {
        while let Some(unit) = self.demuxer.pull() {
            match unit.packet() {
                Some(packet) => self.refusals.used(packet.track),
                None => self.described[usize::from(unit.track() == Track::Video)] = Some(unit.clone()),
            }
            self.publication.push(unit, Arrival::now())?;
        }
        Ok(())
    }
}

/// Whether a script tag says `onMetaData`, as encoders begin theirs.
fn is_metadata(body: &[u8]) -> bool {
    body.starts_with(b"\x02\0\x0aonMetaData")
}

impl Drop for Publishing {
    fn drop(&mut self) {
        // However the publisher leaves, the last picture is whole.
        self.demuxer.finish();
        let _ = self.pass_on();
    }
}
