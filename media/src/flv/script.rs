//! Writes script data: the few types of AMF 0 that `onMetaData` is made of.

use bytes::{BufMut, Bytes, BytesMut};

const NUMBER: u8 = 0;
const BOOLEAN: u8 = 1;
const STRING: u8 = 2;
const ECMA_ARRAY: u8 = 8;
const END_OF_OBJECT: [u8; 3] = [0, 0, 9];

/// A value in script data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Number(f64),
    Boolean(bool),
    Text(&'a str),
}

/// Script data being written.
#[derive(Debug, Default)]
pub(super) struct Amf0(BytesMut);

impl Amf0 {
    pub(super) fn text(&mut self, text: &str) {
        self.0.put_u8(STRING);
        self.put_name(text);
    }

    /// An associative array.
    pub(super) fn array(&mut self, properties: &[(&str, Value<'_>)]) {
        self.0.put_u8(ECMA_ARRAY);
        self.0.put_u32(properties.len() as u32);
        for (name, value) in properties {
            self.put_name(name);
            match *value {
                Value::Number(number) => {
                    self.0.put_u8(NUMBER);
                    self.0.put_f64(number);
                }
                Value::Boolean(boolean) => self.0.put_slice(&[BOOLEAN, boolean.into()]),
                Value::Text(text) => self.text(text),
            }
        }
        self.0.put_slice(&END_OF_OBJECT);
    }

    pub(super) fn finish(self) -> Bytes {
        self.0.freeze()
    }

    /// A short string behind its length; what does not fit is cut off at a character's border.
    fn put_name(&mut self, name: &str) {
        let mut end = name.len().min(u16::MAX.into());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let name = &name[..end];
        self.0.put_u16(name.len() as u16);
        self.0.put_slice(name.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_amf0() {
        let mut script = Amf0::default();
        script.text("on");
        script.array(&[("w", Value::Number(1.0)), ("s", Value::Boolean(true)), ("e", Value::Text("x"))]);
        let expected = b"\x02\0\x02on\x08\0\0\0\x03\0\x01w\0\x3f\xf0\0\0\0\0\0\0\0\x01s\x01\x01\0\x01e\x02\0\x01x\0\0\x09";
        assert_eq!(script.finish().as_ref(), expected);
    }

    #[test]
    fn cuts_what_is_too_long() {
        let mut script = Amf0::default();
        script.text(&"ä".repeat(40_000));
        assert_eq!(script.finish().len(), 3 + 65_534);
    }
}
