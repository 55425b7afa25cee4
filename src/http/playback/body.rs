//! A body that sends a segment's parts one after the other, without putting them together first.
//!
//! It holds no part but the one that is being sent: a reader who never reads must not keep what has left the window.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::out::RenditionId;
use crate::out::hls::Packager;

/// Bytes of a complete segment. Their number is known, so answers carry `Content-Length`.
#[derive(Debug)]
pub(super) struct SegmentBody {
    packager: Arc<Packager>,
    id: RenditionId,
    msn: u64,
    /// What is still to be sent.
    rest: Range<u64>,
}

impl SegmentBody {
    /// None if there is no such segment.
    pub(super) fn new(packager: Arc<Packager>, id: RenditionId, msn: u64) -> Option<Self> {
        let parts = packager.segment(id, msn)?;
        let length = parts.iter().map(|part| part.len() as u64).sum();
        Some(Self { packager, id, msn, rest: 0..length })
    }

    /// Bytes that are still to be sent.
    pub(super) fn length(&self) -> u64 {
        self.rest.end - self.rest.start
    }

    /// These bytes of the segment only; they lie within it.
    pub(super) fn only(self, bytes: Range<u64>) -> Self {
        Self { rest: bytes, ..self }
    }

    /// What is left of the next part; an error where the reader was so slow that the segment has left the window.
    fn take(&mut self) -> io::Result<Bytes> {
        let mut start = 0;
        for part in self.packager.segment(self.id, self.msn).unwrap_or_default() {
            let end = start + part.len() as u64;
            if self.rest.start < end {
                let piece = (self.rest.start - start) as usize..(self.rest.end.min(end) - start) as usize;
                self.rest.start = self.rest.end.min(end);
                return Ok(part.slice(piece));
            }
            start = end;
        }
        let msn = self.msn;
        Err(io::Error::other(format!("segment {msn} left the window while it was being sent")))
    }
}

impl HttpBody for SegmentBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(self.take().map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length())
    }
}
