//! A body that sends a segment's parts one after the other, without putting them together first.
//!
//! It holds no part but the one that is being sent: a reader who never reads must not keep what has left the window.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::out::RenditionId;
use crate::out::hls::Packager;

/// A complete segment from some part on. Its length is known, so answers carry `Content-Length`.
#[derive(Debug)]
pub(super) struct SegmentBody {
    packager: Arc<Packager>,
    id: RenditionId,
    msn: u64,
    next: usize,
    remaining: u64,
}

impl SegmentBody {
    /// None if there is no such segment.
    pub(super) fn new(packager: Arc<Packager>, id: RenditionId, msn: u64) -> Option<Self> {
        let parts = packager.segment(id, msn)?;
        let remaining = parts.iter().map(|part| part.len() as u64).sum();
        Some(Self { packager, id, msn, next: 0, remaining })
    }

    /// The next part; an error where the reader was so slow that the segment has left the window.
    fn take(&mut self) -> io::Result<Bytes> {
        let parts = self.packager.segment(self.id, self.msn);
        let part = parts.and_then(|parts| parts.into_iter().nth(self.next)).ok_or_else(|| {
            let msn = self.msn;
            io::Error::other(format!("segment {msn} left the window while it was being sent"))
        })?;
        self.next += 1;
        self.remaining = self.remaining.saturating_sub(part.len() as u64);
        Ok(part)
    }
}

impl HttpBody for SegmentBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(self.take().map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
