//! Reading values.

use super::{Object, Value, marker};
use crate::{Error, Limits};

/// Reads all values of a message. A value of unknown type ends the list without an error.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Vec<Value>, Error> {
    let mut reader = Reader::new(bytes, limits);
    let mut values = Vec::new();
    loop {
        match reader.next_value() {
            Ok(Some(value)) => values.push(value),
            Ok(None) | Err(Error::UnknownType { .. }) => return Ok(values),
            Err(error) => return Err(error),
        }
    }
}

#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    values: usize,
    max_values: usize,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Self { bytes, offset: 0, values: 0, max_values: limits.amf_values, max_depth: limits.amf_depth }
    }

    /// The next value; none at the end of the bytes.
    pub fn next_value(&mut self) -> Result<Option<Value>, Error> {
        if self.offset == self.bytes.len() { Ok(None) } else { self.value(1).map(Some) }
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > self.max_depth {
            return Err(Error::limit("levels of nested AMF0 values", self.max_depth));
        }
        self.values += 1;
        if self.values > self.max_values {
            return Err(Error::limit("AMF0 values in one message", self.max_values));
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
            marker => Err(Error::UnknownType { marker, offset }),
        }
    }

    fn properties(&mut self, depth: usize) -> Result<Object, Error> {
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

    fn strict_array(&mut self, depth: usize) -> Result<Value, Error> {
        let count = u32::from_be_bytes(self.array()?);
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.value(depth + 1)?);
        }
        Ok(Value::StrictArray(values))
    }

    fn short_text(&mut self) -> Result<String, Error> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        self.text(length)
    }

    fn long_text(&mut self) -> Result<String, Error> {
        let length = u32::from_be_bytes(self.array()?) as usize;
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let rest = &self.bytes[self.offset..];
        let taken = rest
            .get(..length)
            .ok_or_else(|| Error::malformed(format!("AMF0 value cut short at byte {}", self.bytes.len())))?;
        self.offset += length;
        Ok(taken)
    }
}
