//! One table for writing and reading, the limits, and properties over any values and bytes.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::{Error, Limits};

fn written(value: &Value) -> BytesMut {
    let mut out = BytesMut::new();
    encode(value, &mut out);
    out
}

fn read(bytes: &[u8]) -> Result<Vec<Value>, Error> {
    decode(bytes, &Limits::default())
}

fn cut_short_at(byte: usize) -> Error {
    Error::malformed(format!("AMF0 value cut short at byte {byte}"))
}

#[test]
fn values_are_written_as_the_specification_says_and_read_back() {
    let pair = || Object::new().with("a", 1.0).with("b", Value::Null);
    let pair_bytes = b"\0\x01a\0\x3f\xf0\0\0\0\0\0\0\0\x01b\x05\0\0\x09";
    let long = "x".repeat(65_536);
    let cases: Vec<(Value, Vec<u8>)> = vec![
        (Value::Number(1.5), b"\0\x3f\xf8\0\0\0\0\0\0".to_vec()),
        (Value::Boolean(true), b"\x01\x01".to_vec()),
        (Value::from("live"), b"\x02\0\x04live".to_vec()),
        (Value::Object(pair()), [&b"\x03"[..], pair_bytes].concat()),
        (Value::Null, b"\x05".to_vec()),
        (Value::Undefined, b"\x06".to_vec()),
        (Value::Reference(258), b"\x07\x01\x02".to_vec()),
        (Value::EcmaArray(pair()), [&b"\x08\0\0\0\x02"[..], pair_bytes].concat()),
        (Value::StrictArray(vec![Value::Null, Value::Boolean(false)]), b"\x0a\0\0\0\x02\x05\x01\0".to_vec()),
        (Value::Date(0.0), b"\x0b\0\0\0\0\0\0\0\0\0\0".to_vec()),
        (Value::from(long.as_str()), [&b"\x0c\0\x01\0\0"[..], long.as_bytes()].concat()),
        (Value::Unsupported, b"\x0d".to_vec()),
        (Value::Xml("<a/>".into()), b"\x0f\0\0\0\x04<a/>".to_vec()),
        (Value::TypedObject("K".into(), pair()), [&b"\x10\0\x01K"[..], pair_bytes].concat()),
        (
            Value::Object(Object::new().with("o", Object::new().with("p", "q"))),
            b"\x03\0\x01o\x03\0\x01p\x02\0\x01q\0\0\x09\0\0\x09".to_vec(),
        ),
    ];
    for (value, bytes) in cases {
        assert_eq!(written(&value), bytes, "writing {value:?}");
        assert_eq!(read(&bytes), Ok(vec![value]), "reading");
        for end in 1..bytes.len().min(64) {
            assert_eq!(read(&bytes[..end]), Err(cut_short_at(end)), "cut at {end}");
        }
    }
}

#[test]
fn what_encoders_get_wrong_is_read() {
    // The count of an associative array; text that is not UTF-8; a property without a name.
    assert_eq!(
        read(b"\x08\xff\xff\xff\xff\0\x01a\x05\0\0\x09"),
        Ok(vec![Value::EcmaArray(Object::new().with("a", Value::Null))])
    );
    assert_eq!(read(b"\x02\0\x02\xffa"), Ok(vec![Value::from("\u{fffd}a")]));
    assert_eq!(read(b"\x03\0\0\x05\0\0\x09"), Ok(vec![Value::Object(Object::new().with("", Value::Null))]));
}

#[test]
fn an_unknown_type_ends_the_values_and_nothing_else() {
    assert_eq!(read(b"\x02\0\x01a\x05\x11\x0a\x0b\x01"), Ok(vec![Value::from("a"), Value::Null]));
    let limits = Limits::default();
    let mut reader = Reader::new(b"\x05\x11", &limits);
    assert_eq!(reader.next_value(), Ok(Some(Value::Null)));
    assert_eq!(reader.next_value(), Err(Error::UnknownType { marker: 0x11, offset: 1 }));
}

/// `levels` values, each inside the one before.
fn nested(opening: &[u8], levels: usize) -> Vec<u8> {
    opening.repeat(levels - 1).into_iter().chain(*b"\x05").collect()
}

#[test]
fn depth_is_bounded_in_every_kind_of_nesting() {
    let limit = Limits::default().amf_depth;
    for opening in [&b"\x03\0\x01a"[..], b"\x08\0\0\0\x01\0\x01a", b"\x0a\0\0\0\x01", b"\x10\0\0\0\x01a"] {
        let too_deep = read(&nested(opening, limit + 1));
        assert_eq!(too_deep, Err(Error::limit("levels of nested AMF0 values", limit)));
        assert_ne!(read(&nested(opening, limit)), too_deep);
        assert_eq!(read(&opening.repeat(100_000)), too_deep);
    }
    assert!(read(&nested(b"\x0a\0\0\0\x01", limit)).is_ok());
}

#[test]
fn the_number_of_values_is_bounded_and_counts_are_not_believed() {
    let limit = Limits::default().amf_values;
    assert_eq!(read(&vec![5; limit]).map(|values| values.len()), Ok(limit));
    assert_eq!(read(&vec![5; limit + 1]), Err(Error::limit("AMF0 values in one message", limit)));
    assert_eq!(read(b"\x0a\xff\xff\xff\xff\x05"), Err(cut_short_at(6)));
    assert_eq!(read(b"\x0c\xff\xff\xff\xff\x05"), Err(cut_short_at(6)));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-1e9..1e9).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Boolean),
        ".{0,12}".prop_map(Value::String),
        Just(Value::Null),
        Just(Value::Undefined),
        any::<u16>().prop_map(Value::Reference),
        (0.0..1e12).prop_map(Value::Date),
        ".{0,12}".prop_map(Value::Xml),
        Just(Value::Unsupported),
    ];
    leaf.prop_recursive(6, 64, 5, |inner| {
        let object = || vec((".{1,6}", inner.clone()), 0..5).prop_map(Object);
        prop_oneof![
            object().prop_map(Value::Object),
            object().prop_map(Value::EcmaArray),
            vec(inner.clone(), 0..5).prop_map(Value::StrictArray),
            (".{0,6}", object()).prop_map(|(class, object)| Value::TypedObject(class, object)),
        ]
    })
}

proptest! {
    #[test]
    fn any_values_survive_the_round_trip(values in vec(any_value(), 0..6)) {
        let bytes: Vec<u8> = values.iter().flat_map(written).collect();
        prop_assert_eq!(read(&bytes), Ok(values));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(prop_oneof![0..0x12u8, any::<u8>()], 0..600)) {
        let _ = read(&bytes);
    }
}
