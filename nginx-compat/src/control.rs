//! Orders to `/control/SECTION/METHOD?srv=&app=&name=...`, and how they are answered.

mod answer;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

pub use answer::Answer;

/// An order. What is not said matches everything; what is said and empty matches nothing, except for the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub action: Action,
    /// Which `server` of the configuration, counted from 0.
    pub server: usize,
    pub app: Option<String>,
    pub name: Option<String>,
    pub address: Option<IpAddr>,
    pub client: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Of the recorder of this name; of the one without a name if there is none.
    RecordStart(Option<String>),
    RecordStop(Option<String>),
    Drop(Whom),
    /// To another name.
    Redirect(Whom, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Publisher,
    Subscriber,
    Client,
}

impl Action {
    /// The word of `rtmp_control` that allows it.
    pub fn section(&self) -> &'static str {
        match self {
            Self::RecordStart(_) | Self::RecordStop(_) => "record",
            Self::Drop(_) => "drop",
            Self::Redirect(..) => "redirect",
        }
    }
}

/// Understands an order: a path whose last two parts are what is meant (`/control/drop/publisher`), and the fields of the query. The
/// error says what is wrong.
pub fn understand(path: &str, fields: &[(String, String)]) -> Result<Order, String> {
    let said = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let not_empty = |name: &str| said(name).filter(|value| !value.is_empty());
    let mut parts = path.trim_end_matches('/').rsplit('/');
    let method = parts.next().unwrap_or_default();
    let section = parts.next().unwrap_or_default();
    let action = match (section, method) {
        ("record", "start") => Action::RecordStart(not_empty("rec")),
        ("record", "stop") => Action::RecordStop(not_empty("rec")),
        ("record", other) => return Err(format!("`{other}` is neither start nor stop")),
        ("drop", _) => Action::Drop(whom(method)?),
        ("redirect", _) => {
            Action::Redirect(whom(method)?, not_empty("newname").ok_or("say where to: newname=NAME")?)
        }
        (other, _) => {
            return Err(format!("`{other}` is no kind of order; there are record, drop and redirect"));
        }
    };
    let address = said("addr").map(|text| text.parse().map_err(|_| format!("addr={text} is no address")));
    let client =
        said("clientid").map(|text| text.parse().map_err(|_| format!("clientid={text} is no number")));
    let server = said("srv").map(|text| text.parse().map_err(|_| format!("srv={text} is no number")));
    Ok(Order {
        action,
        server: server.transpose()?.unwrap_or(0),
        app: not_empty("app"),
        name: said("name"),
        address: address.transpose()?,
        client: client.transpose()?,
    })
}

fn whom(method: &str) -> Result<Whom, String> {
    match method {
        "publisher" => Ok(Whom::Publisher),
        "subscriber" => Ok(Whom::Subscriber),
        "client" => Ok(Whom::Client),
        other => Err(format!("`{other}` is nobody; there are publisher, subscriber and client")),
    }
}
