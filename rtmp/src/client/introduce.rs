//! What a client says of itself.

use super::state::Purpose;
use crate::amf0::Object;
use crate::capabilities::{self, Role};
use crate::{Introduction, RtmpUrl};

/// The object of `connect`.
pub(super) fn connect(url: &RtmpUrl, purpose: Purpose, introduction: &Introduction) -> Object {
    let or = |said: &str, usual: &str| if said.is_empty() { usual.to_owned() } else { said.to_owned() };
    let version = match purpose {
        Purpose::Publish => "FMLE/3.0 (compatible; sharpcast)",
        Purpose::Play => "LNX 9,0,124,2 (compatible; sharpcast)",
    };
    let mut object = Object::new().with("app", or(&introduction.app, url.app()));
    if purpose == Purpose::Publish {
        object = object.with("type", "nonprivate");
    }
    object = object
        .with("flashVer", or(&introduction.flash_version, version))
        .with("tcUrl", or(&introduction.tc_url, &url.to_string()));
    for (name, said) in [("pageUrl", &introduction.page_url), ("swfUrl", &introduction.swf_url)] {
        if !said.is_empty() {
            object = object.with(name, said.as_str());
        }
    }
    let role = if purpose == Purpose::Publish { Role::Publisher } else { Role::Player };
    capabilities::tell(object, role)
}
