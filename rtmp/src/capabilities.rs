//! What both ends say in `connect` of the codecs that they know (Enhanced RTMP v2, "Enhancing NetConnection connect").

use media::flv::{AUDIO_CODECS, FourCc, VIDEO_CODECS};

use super::amf0::{Object, Value};

/// Properties of `connect` and of its answer by which a peer shows that it speaks Enhanced RTMP.
const PROPERTIES: [&str; 4] = ["fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"];

/// Stands for every codec.
const ANY: &str = "*";

/// What an end does with a codec (`FourCcInfoMask`).
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// Codes: bit 1.
    Publisher,
    /// Decodes: bit 0.
    Player,
    /// Decodes and forwards: bits 0 and 2.
    Server,
}

/// Whether the peer speaks Enhanced RTMP.
pub(super) fn are_told(object: &Object) -> bool {
    PROPERTIES.iter().any(|name| object.get(name).is_some())
}

/// Adds what we know.
pub(super) fn tell(object: Object, role: Role) -> Object {
    let mask = match role {
        Role::Publisher => 2.0,
        Role::Player => 1.0,
        Role::Server => 5.0,
    };
    let map = |codecs: &[String]| {
        Value::Object(codecs.iter().fold(Object::new(), |map, codec| map.with(codec, mask)))
    };
    let video: Vec<_> = VIDEO_CODECS.iter().map(|(four_cc, _)| text(*four_cc)).collect();
    let audio: Vec<_> = AUDIO_CODECS.iter().map(|(four_cc, _)| text(*four_cc)).collect();
    let all = video.iter().chain(&audio).map(|codec| Value::from(codec.as_str())).collect();
    object
        .with("capsEx", 0.0) // no reconnecting, multitrack or nanoseconds
        .with("fourCcList", Value::StrictArray(all))
        .with("videoFourCcInfoMap", map(&video))
        .with("audioFourCcInfoMap", map(&audio))
}

/// What the peer said that it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    codecs: Vec<String>,
}

impl Capabilities {
    /// Of a peer that knows these codecs.
    pub fn of(codecs: &[FourCc]) -> Self {
        Self { codecs: codecs.iter().map(|four_cc| text(*four_cc)).collect() }
    }

    /// Those of `connect` or its answer; empty for a peer that does not speak Enhanced RTMP.
    pub(super) fn read(object: &Object) -> Self {
        let listed = match object.get("fourCcList") {
            Some(Value::StrictArray(codecs)) => codecs.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mapped =
            ["videoFourCcInfoMap", "audioFourCcInfoMap"].into_iter().filter_map(|name| object.get(name));
        let mapped =
            mapped.filter_map(Value::as_object).flat_map(|map| map.0.iter().map(|(codec, _)| &codec[..]));
        Self { codecs: listed.into_iter().chain(mapped).map(str::to_owned).collect() }
    }

    /// Whether the peer knows this codec beside what every RTMP peer knows, H.264 and AAC in their legacy form.
    pub fn has(&self, four_cc: FourCc) -> bool {
        let wanted = text(four_cc);
        self.codecs.iter().any(|codec| *codec == wanted || codec == ANY)
    }
}

fn text(four_cc: FourCc) -> String {
    four_cc.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_tell_can_be_read() {
        for role in [Role::Publisher, Role::Player, Role::Server] {
            let told = tell(Object::new(), role);
            assert!(are_told(&told));
            let read = Capabilities::read(&told);
            assert!(VIDEO_CODECS.iter().all(|(four_cc, _)| read.has(*four_cc)));
            assert!(AUDIO_CODECS.iter().all(|(four_cc, _)| read.has(*four_cc)));
            assert!(!read.has(*b"vp09"));
        }
    }

    #[test]
    fn each_way_of_telling_counts() {
        let listed = Object::new().with("fourCcList", Value::StrictArray(vec!["av01".into(), Value::Null]));
        assert!(Capabilities::read(&listed).has(*b"av01") && !Capabilities::read(&listed).has(*b"hvc1"));
        let mapped = Object::new().with("videoFourCcInfoMap", Object::new().with("hvc1", 4.0));
        assert!(Capabilities::read(&mapped).has(*b"hvc1"));
        let all = Object::new().with("fourCcList", Value::StrictArray(vec!["*".into()]));
        assert!(Capabilities::read(&all).has(*b"av01"));
        let nothing = Object::new().with("fourCcList", 3.0).with("videoFourCcInfoMap", Value::Null);
        assert!(are_told(&nothing) && !Capabilities::read(&nothing).has(*b"avc1"));
        assert!(!are_told(&Object::new()));
    }
}
