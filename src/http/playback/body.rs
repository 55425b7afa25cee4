//! A body that sends a segment's parts one after the other, without putting them together first.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The parts still to be sent. Its length is known, so answers carry `Content-Length`.
#[derive(Debug)]
pub(super) struct Chain {
    parts: std::vec::IntoIter<Bytes>,
}

impl Chain {
    pub(super) fn new(parts: Vec<Bytes>) -> Self {
        Self { parts: parts.into_iter() }
    }
}

impl HttpBody for Chain {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.parts.next().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.as_slice().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.parts.as_slice().iter().map(|part| part.len() as u64).sum())
    }
}
