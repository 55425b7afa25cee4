//! Writing values.

use bytes::{BufMut, BytesMut};

use super::{Object, Value, marker};

/// Appends one value. Names of properties are cut at 65535 bytes, which is all that the format can say.
pub fn encode(value: &Value, out: &mut BytesMut) {
    match value {
        Value::Number(number) => {
            out.put_u8(marker::NUMBER);
            out.put_f64(*number);
        }
        Value::Boolean(boolean) => {
            out.put_u8(marker::BOOLEAN);
            out.put_u8(u8::from(*boolean));
        }
        Value::String(text) if text.len() > usize::from(u16::MAX) => put_long(marker::LONG_STRING, text, out),
        Value::String(text) => {
            out.put_u8(marker::STRING);
            put_name(text, out);
        }
        Value::Object(object) => {
            out.put_u8(marker::OBJECT);
            put_properties(object, out);
        }
        Value::Null => out.put_u8(marker::NULL),
        Value::Undefined => out.put_u8(marker::UNDEFINED),
        Value::Reference(index) => {
            out.put_u8(marker::REFERENCE);
            out.put_u16(*index);
        }
        Value::EcmaArray(object) => {
            out.put_u8(marker::ECMA_ARRAY);
            out.put_u32(object.0.len() as u32);
            put_properties(object, out);
        }
        Value::StrictArray(values) => {
            out.put_u8(marker::STRICT_ARRAY);
            out.put_u32(values.len() as u32);
            for value in values {
                encode(value, out);
            }
        }
        Value::Date(milliseconds) => {
            out.put_u8(marker::DATE);
            out.put_f64(*milliseconds);
            out.put_u16(0);
        }
        Value::Xml(text) => put_long(marker::XML_DOCUMENT, text, out),
        Value::TypedObject(class, object) => {
            out.put_u8(marker::TYPED_OBJECT);
            put_name(class, out);
            put_properties(object, out);
        }
        Value::Unsupported => out.put_u8(marker::UNSUPPORTED),
    }
}

fn put_properties(object: &Object, out: &mut BytesMut) {
    for (name, value) in &object.0 {
        put_name(name, out);
        encode(value, out);
    }
    out.put_u16(0);
    out.put_u8(marker::OBJECT_END);
}

fn put_name(name: &str, out: &mut BytesMut) {
    let bytes = &name.as_bytes()[..name.len().min(usize::from(u16::MAX))];
    out.put_u16(bytes.len() as u16);
    out.put_slice(bytes);
}

fn put_long(marker: u8, text: &str, out: &mut BytesMut) {
    out.put_u8(marker);
    out.put_u32(text.len() as u32);
    out.put_slice(text.as_bytes());
}
