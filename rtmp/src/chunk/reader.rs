//! From bytes to messages.

use std::collections::BTreeMap;
use std::fmt;

use super::carry::Carry;
use super::header::{self, MessageHeader};
use super::stream::ChunkStream;
use super::{DEFAULT_CHUNK_SIZE, MAX_CHUNK_SIZE};
use crate::message::{Message, MessageKind};
use crate::{Error, Limits};

/// Assembles messages. Holds at most [`Limits::assembling`] bytes.
pub struct ChunkReader {
    limits: Limits,
    chunk_size: usize,
    streams: BTreeMap<u32, ChunkStream>,
    /// Announced lengths of all unfinished messages.
    unfinished: usize,
    /// Bytes of a header whose end has not come, or that turned out to be payload.
    carry: Carry,
    /// The chunk being read: its stream and how much of its payload is missing.
    chunk: Option<(u32, usize)>,
}

impl ChunkReader {
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            chunk_size: DEFAULT_CHUNK_SIZE,
            streams: BTreeMap::new(),
            unfinished: 0,
            carry: Carry::default(),
            chunk: None,
        }
    }

    /// Takes bytes off the input up to the end of the next message. None: all bytes are taken, more are needed.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Error> {
        loop {
            if self.chunk.is_none() && !self.read_header(input)? {
                return Ok(None);
            }
            if !self.read_payload(input) {
                return Ok(None);
            }
            if let Some(message) = self.finish_message()
                && let Some(message) = self.keep_chunk_layer(message)?
            {
                return Ok(Some(message));
            }
        }
    }

    /// Bytes that unfinished messages have announced; never more than [`Limits::assembling`].
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }

    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.streams.values().map(ChunkStream::allocated).sum()
    }

    /// Reads a chunk's header; false if bytes are missing.
    fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        let (window, filled) = self.carry.peek(input);
        let window = &window[..filled];
        let Some(length) = self.parse_header(window)? else {
            self.carry.keep(input);
            return Ok(false);
        };
        self.carry.take(length, input, |_| ());
        Ok(true)
    }

    /// Length of the whole header; none if bytes are missing.
    fn parse_header(&mut self, window: &[u8]) -> Result<Option<usize>, Error> {
        let Some((format, chunk_stream, length)) = header::basic(window) else { return Ok(None) };
        let rest = &window[length..];
        let known = self.streams.get(&chunk_stream);
        let header_length = if format == 3 {
            let stream = known.ok_or_else(|| no_header(chunk_stream, format))?;
            match stream.repeated_timestamp(rest) {
                Some(repeated) => length + repeated,
                None => return Ok(None),
            }
        } else {
            // librtmp opens the chunk stream of its pings with format 1.
            if format == 2 && known.is_none() {
                return Err(no_header(chunk_stream, format));
            }
            if known.is_none() && self.streams.len() >= self.limits.chunk_streams {
                return Err(Error::limit("chunk streams", self.limits.chunk_streams));
            }
            let Some(header) = MessageHeader::parse(format, rest) else { return Ok(None) };
            // A new message header drops what the stream had not finished: it would count against the limit for ever.
            let stream = self.streams.entry(chunk_stream).or_default();
            self.unfinished -= stream.abandon();
            stream.apply(format, &header);
            length + header.length
        };
        self.begin_chunk(chunk_stream, format)?;
        Ok(Some(header_length))
    }

    fn begin_chunk(&mut self, chunk_stream: u32, format: u8) -> Result<(), Error> {
        let stream = self.streams.get_mut(&chunk_stream).expect("its header was just read");
        if !stream.is_assembling() {
            let kind = MessageKind::from(stream.kind());
            let limit = self.limits.message(kind);
            if stream.length() > limit {
                return Err(Error::limit(
                    format!("bytes for a {kind:?} message, which announces {}", stream.length()),
                    limit,
                ));
            }
            if self.unfinished + stream.length() > self.limits.assembling {
                return Err(Error::limit("bytes of unfinished messages", self.limits.assembling));
            }
            // What is announced counts, not what has come: a peer must not open more than it may ever fill.
            self.unfinished += stream.length();
            stream.begin(format);
        }
        self.chunk = Some((chunk_stream, stream.missing().min(self.chunk_size)));
        Ok(())
    }

    /// Reads a chunk's payload; false if bytes are missing.
    fn read_payload(&mut self, input: &mut &[u8]) -> bool {
        let Some((chunk_stream, missing)) = &mut self.chunk else { return true };
        if let Some(stream) = self.streams.get_mut(chunk_stream) {
            *missing -= self.carry.take(*missing, input, |bytes| stream.append(bytes));
        }
        *missing == 0
    }

    fn finish_message(&mut self) -> Option<Message> {
        let (chunk_stream, _) = self.chunk.take()?;
        let stream = self.streams.get_mut(&chunk_stream)?;
        let message = stream.finish()?;
        self.unfinished -= message.body.len();
        Some(message)
    }

    /// Obeys what concerns the chunk layer and hands everything else on.
    fn keep_chunk_layer(&mut self, message: Message) -> Result<Option<Message>, Error> {
        match message.kind {
            MessageKind::SetChunkSize => {
                self.chunk_size = match message.as_number() {
                    // The first bit is reserved as zero; zero bytes a chunk would never end.
                    Some(size @ 1..=0x7fff_ffff) => (size as usize).min(MAX_CHUNK_SIZE),
                    _ => return Err(Error::malformed("impossible chunk size")),
                };
                Ok(None)
            }
            MessageKind::Abort => {
                if let Some(stream) = message.as_number().and_then(|id| self.streams.get_mut(&id)) {
                    self.unfinished -= stream.abandon();
                }
                Ok(None)
            }
            _ => Ok(Some(message)),
        }
    }
}

fn no_header(chunk_stream: u32, format: u8) -> Error {
    Error::malformed(format!("chunk stream {chunk_stream} starts with a format {format} header"))
}

/// The bytes stay out of it: stream keys travel in commands.
impl fmt::Debug for ChunkReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkReader")
            .field("chunk_size", &self.chunk_size)
            .field("unfinished", &self.unfinished)
            .finish_non_exhaustive()
    }
}
