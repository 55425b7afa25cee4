//! Orders to `/control/SECTION/METHOD?srv=&app=&name=...`.

use std::net::IpAddr;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub action: Action,
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

/// Understands an order: what stands behind the location (`/drop/publisher`), and the fields of the query. The error says what is
/// wrong.
pub fn understand(path: &str, fields: &[(String, String)]) -> Result<Order, String> {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    let mut parts = path.trim_matches('/').split('/');
    let section = parts.next().unwrap_or_default();
    let method = parts.next().unwrap_or_default();
    let whom = || match method {
        "publisher" => Ok(Whom::Publisher),
        "subscriber" => Ok(Whom::Subscriber),
        "client" => Ok(Whom::Client),
        other => Err(format!("`{other}` is nobody; there are publisher, subscriber and client")),
    };
    let action = match (section, method) {
        ("record", "start") => Action::RecordStart(field("rec")),
        ("record", "stop") => Action::RecordStop(field("rec")),
        ("record", other) => return Err(format!("`{other}` is neither start nor stop")),
        ("drop", _) => Action::Drop(whom()?),
        ("redirect", _) => {
            let name = field("newname").ok_or("say where to: newname=NAME")?;
            Action::Redirect(whom()?, name)
        }
        (other, _) => {
            return Err(format!("`{other}` is no kind of order; there are record, drop and redirect"));
        }
    };
    let number = |text: Option<String>, what: &str| {
        text.map(|text| text.parse().map_err(|_| format!("{what}={text} is no number"))).transpose()
    };
    let address = field("addr")
        .map(|text| text.parse().map_err(|_| format!("addr={text} is no address")))
        .transpose()?;
    let client = number(field("clientid"), "clientid")?;
    Ok(Order { action, app: field("app"), name: field("name"), address, client })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(path: &str, query: &[(&str, &str)]) -> Result<Order, String> {
        let fields: Vec<_> =
            query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        understand(path, &fields)
    }

    #[test]
    fn orders_are_understood() {
        let found = order("/drop/publisher", &[("app", "live"), ("name", "demo")]).unwrap();
        assert_eq!(found.action, Action::Drop(Whom::Publisher));
        assert_eq!((found.app.as_deref(), found.name.as_deref()), (Some("live"), Some("demo")));
        let found = order("drop/client/", &[("addr", "192.0.2.1"), ("clientid", "7")]).unwrap();
        assert_eq!((found.address, found.client), (Some("192.0.2.1".parse().unwrap()), Some(7)));
        let found = order("record/start", &[("rec", "all")]).unwrap();
        assert_eq!(
            (&found.action, found.action.section()),
            (&Action::RecordStart(Some("all".into())), "record")
        );
        let found = order("redirect/subscriber", &[("newname", "other")]).unwrap();
        assert_eq!(found.action, Action::Redirect(Whom::Subscriber, "other".into()));
    }

    #[test]
    fn what_is_no_order_says_why() {
        for (path, why) in [
            ("", "no kind of order"),
            ("shutdown/now", "no kind of order"),
            ("drop/everybody", "is nobody"),
            ("record/pause", "neither start nor stop"),
            ("redirect/client", "newname=NAME"),
        ] {
            let refused = order(path, &[]).unwrap_err();
            assert!(refused.contains(why), "{path}: {refused}");
        }
        assert!(order("drop/client", &[("addr", "x")]).unwrap_err().contains("no address"));
    }
}
