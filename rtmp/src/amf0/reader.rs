//! Reading values.

use thiserror::Error;

use super::{Object, Value, marker};
use crate::Limits;

/// Why bytes are not AMF0 that we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Amf0Error {
    /// The bytes end within a value.
    #[error("AMF0 value cut short at byte {offset}")]
    Truncated {
        /// Where the missing bytes should be.
        offset: usize,
    },
    /// A type whose length is unknown, such as AMF3 inside AMF0; nothing behind it can be read.
    #[error("AMF0 type {marker:#04x} at byte {offset} is unknown")]
    UnknownType {
        /// The type marker.
        marker: u8,
        /// Where it stands.
        offset: usize,
    },
    /// Nested deeper than [`Limits::amf_depth`].
    #[error("AMF0 values nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More than [`Limits::amf_values`].
    #[error("more than {limit} AMF0 values in one message")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// A command message that does not start with a name.
    #[error("a command does not start with its name")]
    NotACommand,
}

/// Reads all values of a message. A value of unknown type ends the list without an error.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Vec<Value>, Amf0Error> {
    let mut reader = Reader::new(bytes, limits);
    let mut values = Vec::new();
    loop {
        match reader.next_value() {
            Ok(Some(value)) => values.push(value),
            Ok(None) | Err(Amf0Error::UnknownType { .. }) => return Ok(values),
            Err(error) => return Err(error),
        }
    }
}

/// Reads values one by one.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    values: usize,
    max_values: usize,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of the bytes.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Self { bytes, offset: 0, values: 0, max_values: limits.amf_values, max_depth: limits.amf_depth }
    }

    /// The next value; none at the end of the bytes.
    pub fn next_value(&mut self) -> Result<Option<Value>, Amf0Error> {
        if self.offset == self.bytes.len() { Ok(None) } else { self.value(1).map(Some) }
    }

    /// Bytes read so far.
    pub fn offset(&self) -> usize {
        self.offset
    }

    fn value(&mut self, depth: usize) -> Result<Value, Amf0Error> {
        if depth > self.max_depth {
            return Err(Amf0Error::TooDeep { limit: self.max_depth });
        }
        self.values += 1;
        if self.values > self.max_values {
            return Err(Amf0Error::TooMany { limit: self.max_values });
        }
        let offset = self.offset;
        match self.byte()? {
            marker::NUMBER => Ok(Value::Number(f64::from_be_bytes(self.array()?))),
            marker::BOOLEAN => Ok(Value::Boolean(self.byte()? != 0)),
            marker::STRING => Ok(Value::String(self.short_text()?)),
            marker::OBJECT => Ok(Value::Object(self.properties(depth)?)),
            marker::NULL => Ok(Value::Null),
            marker::UNDEFINED => Ok(Value::Undefined),
            marker::REFERENCE => Ok(Value::Reference(u16::from_be_bytes(self.array()?))),
            marker::ECMA_ARRAY => {
                self.array::<4>()?; // a count that encoders get wrong; the end marker decides
                Ok(Value::EcmaArray(self.properties(depth)?))
            }
            marker::STRICT_ARRAY => self.strict_array(depth),
            marker::DATE => {
                let milliseconds = f64::from_be_bytes(self.array()?);
                self.array::<2>()?;
                Ok(Value::Date(milliseconds))
            }
            marker::LONG_STRING => Ok(Value::String(self.long_text()?)),
            marker::UNSUPPORTED => Ok(Value::Unsupported),
            marker::XML_DOCUMENT => Ok(Value::Xml(self.long_text()?)),
            marker::TYPED_OBJECT => Ok(Value::TypedObject(self.short_text()?, self.properties(depth)?)),
            marker => Err(Amf0Error::UnknownType { marker, offset }),
        }
    }

    fn properties(&mut self, depth: usize) -> Result<Object, Amf0Error> {
        let mut object = Object::new();
        loop {
            let name = self.short_text()?;
            if name.is_empty() && self.bytes.get(self.offset) == Some(&marker::OBJECT_END) {
                self.offset += 1;
                return Ok(object);
            }
            object.0.push((name, self.value(depth + 1)?));
        }
    }

    fn strict_array(&mut self, depth: usize) -> Result<Value, Amf0Error> {
        let count = u32::from_be_bytes(self.array()?);
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.value(depth + 1)?);
        }
        Ok(Value::StrictArray(values))
    }

    fn short_text(&mut self) -> Result<String, Amf0Error> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        self.text(length)
    }

    fn long_text(&mut self) -> Result<String, Amf0Error> {
        let length = u32::from_be_bytes(self.array()?) as usize;
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Result<String, Amf0Error> {
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn byte(&mut self) -> Result<u8, Amf0Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Amf0Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Amf0Error> {
        let rest = &self.bytes[self.offset..];
        let taken = rest.get(..length).ok_or(Amf0Error::Truncated { offset: self.bytes.len() })?;
        self.offset += length;
        Ok(taken)
    }
}
