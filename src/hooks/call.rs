//! What a hook is told.

use std::net::IpAddr;

use rtmp::Introduction;
use url::form_urlencoded::Serializer;

/// What has happened, or is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Connect,
    Disconnect,
    Publish,
    Play,
    PublishDone,
    PlayDone,
    Done,
    RecordDone,
    UpdatePublish,
    UpdatePlay,
}

impl Kind {
    /// The value of the field `call`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Publish => "publish",
            Self::Play => "play",
            Self::PublishDone => "publish_done",
            Self::PlayDone => "play_done",
            Self::Done => "done",
            Self::RecordDone => "record_done",
            Self::UpdatePublish => "update_publish",
            Self::UpdatePlay => "update_play",
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub kind: Kind,
    fields: Vec<(&'static str, String)>,
    /// What stood behind the `?` of the name, word for word.
    arguments: Option<String>,
}

impl Call {
    /// A call about somebody who has connected. `app`: without arguments.
    pub fn new(kind: Kind, app: &str, peer: &Introduction, address: IpAddr, client: u64) -> Self {
        let mut call = Self { kind, fields: Vec::new(), arguments: None };
        let about = [
            ("app", app),
            ("flashver", &peer.flash_version),
            ("swfurl", &peer.swf_url),
            ("tcurl", &peer.tc_url),
            ("pageurl", &peer.page_url),
        ];
        call.fields.extend(about.map(|(name, value)| (name, value.to_owned())));
        call = call.with("addr", address.to_canonical());
        // Who connects has no number yet, there.
        if kind == Kind::Connect {
            call = call.with("epoch", 0);
        } else {
            call = call.with("clientid", client);
        }
        call.with("call", kind.name())
    }

    /// One more field, behind the others.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.fields.push((name, value.to_string()));
        self
    }

    /// What the peer has put behind the `?` goes behind everything else, as it is.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Option<&str>) -> Self {
        self.arguments = arguments.filter(|arguments| !arguments.is_empty()).map(str::to_owned);
        self
    }

    /// As a form, or a query.
    pub fn form(&self) -> String {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(&self.fields);
        if let Some(arguments) = &self.arguments {
            // Read and written again, so that whatever a peer has sent is one line of well-formed fields.
            form.extend_pairs(url::form_urlencoded::parse(arguments.as_bytes()));
        }
        form.finish()
    }

    /// As an object. Arguments of the peer stand apart: they must not pass for our own fields.
    pub fn json(&self) -> String {
        let mut object: serde_json::Map<_, _> =
            self.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        let arguments = self.arguments.as_deref().unwrap_or_default();
        let arguments = url::form_urlencoded::parse(arguments.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()));
        object.insert("arguments".to_owned(), serde_json::Value::Object(arguments.collect()));
        serde_json::Value::Object(object).to_string()
    }
}
