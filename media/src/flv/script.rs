//! Writes script data: the few types of AMF 0 that `onMetaData` is made of.

use bytes::{BufMut, BytesMut};

const NUMBER: u8 = 0;
const BOOLEAN: u8 = 1;
const STRING: u8 = 2;
const ECMA_ARRAY: u8 = 8;
const END_OF_OBJECT: [u8; 3] = [0, 0, 9];

#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Number(f64),
    Boolean(bool),
    Text(&'a str),
}

pub(super) fn put_text(script: &mut BytesMut, text: &str) {
    script.put_u8(STRING);
    put_name(script, text);
}

pub(super) fn put_array(script: &mut BytesMut, properties: &[(&str, Value<'_>)]) {
    script.put_u8(ECMA_ARRAY);
    script.put_u32(properties.len() as u32);
    for (name, value) in properties {
        put_name(script, name);
        match *value {
            Value::Number(number) => {
                script.put_u8(NUMBER);
                script.put_f64(number);
            }
            Value::Boolean(boolean) => script.put_slice(&[BOOLEAN, boolean.into()]),
            Value::Text(text) => put_text(script, text),
        }
    }
    script.put_slice(&END_OF_OBJECT);
}

/// A short string behind its length; what does not fit is cut off at a character's border.
fn put_name(script: &mut BytesMut, name: &str) {
    let mut end = name.len().min(u16::MAX.into());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let name = &name[..end];
    script.put_u16(name.len() as u16);
    script.put_slice(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_amf0() {
        let mut script = BytesMut::new();
        put_text(&mut script, "on");
        put_array(
            &mut script,
            &[("w", Value::Number(1.0)), ("s", Value::Boolean(true)), ("e", Value::Text("x"))],
        );
        let expected = b"\x02\0\x02on\x08\0\0\0\x03\0\x01w\0\x3f\xf0\0\0\0\0\0\0\0\x01s\x01\x01\0\x01e\x02\0\x01x\0\0\x09";
        assert_eq!(script.as_ref(), expected);
    }

    #[test]
    fn cuts_what_is_too_long() {
        let mut script = BytesMut::new();
        put_text(&mut script, &"ä".repeat(40_000));
        assert_eq!(script.len(), 3 + 65_534);
    }
}
