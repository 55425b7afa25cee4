//! What the sender asks of the coder: it alone knows the server.

use std::sync::atomic::{AtomicBool, Ordering};

use media::codec::VideoCodec;

use super::choice::CodecChoice;

#[derive(Debug, Default)]
pub struct Requests {
    keyframe: AtomicBool,
    /// Nothing but H.264 can be sent.
    h264: AtomicBool,
    /// The codec was not chosen by a person.
    may_change_codec: bool,
}

impl Requests {
    pub fn new(codec: CodecChoice) -> Self {
        Self { may_change_codec: codec == CodecChoice::Auto, ..Self::default() }
    }

    /// The next picture should be a keyframe.
    pub fn ask_for_keyframe(&self) {
        self.keyframe.store(true, Ordering::Relaxed);
    }

    /// Whether it should; asked once.
    pub fn take_keyframe(&self) -> bool {
        self.keyframe.swap(false, Ordering::Relaxed)
    }

    /// The server does not say that it takes this codec. Answers whether another one is coded instead.
    pub fn refuse(&self, codec: VideoCodec) -> bool {
        let name = codec.name();
        if self.may_change_codec {
            if !self.h264.swap(true, Ordering::Relaxed) {
                tracing::warn!("the server does not say that it takes {name}: it gets H.264");
            }
        } else {
            tracing::warn!(
                "the server does not say that it takes {name}; if it shows nothing, use --codec h264"
            );
        }
        self.may_change_codec
    }

    /// Whether pictures have to be coded in H.264.
    pub fn wants_h264(&self) -> bool {
        self.h264.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_chose_is_changed() {
        let free = Requests::new(CodecChoice::Auto);
        assert!(!free.wants_h264());
        assert!(free.refuse(VideoCodec::Av1) && free.wants_h264());
        let fixed = Requests::new(CodecChoice::Av1);
        assert!(!fixed.refuse(VideoCodec::Av1) && !fixed.wants_h264());
    }

    #[test]
    fn a_keyframe_is_asked_for_once() {
        let requests = Requests::default();
        requests.ask_for_keyframe();
        assert!(requests.take_keyframe());
        assert!(!requests.take_keyframe());
    }
}
