//! Orders as scripts give them.

use super::*;

fn order(path: &str, query: &[(&str, &str)]) -> Result<Order, String> {
    let fields: Vec<_> = query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    understand(path, &fields)
}

#[test]
fn orders_are_understood() {
    let found = order("/drop/publisher", &[("app", "live"), ("name", "demo")]).unwrap();
    assert_eq!(found.action, Action::Drop(Whom::Publisher));
    assert_eq!((found.app.as_deref(), found.name.as_deref(), found.server), (Some("live"), Some("demo"), 0));
    let found = order("drop/client/", &[("addr", "192.0.2.1"), ("clientid", "7"), ("srv", "1")]).unwrap();
    assert_eq!((found.address, found.client, found.server), (Some("192.0.2.1".parse().unwrap()), Some(7), 1));
    let found = order("record/start", &[("rec", "all")]).unwrap();
    assert_eq!((&found.action, found.action.section()), (&Action::RecordStart(Some("all".into())), "record"));
    let found = order("record/stop", &[("rec", "")]).unwrap();
    assert_eq!(found.action, Action::RecordStop(None));
    let found = order("/control/redirect/subscriber", &[("newname", "other")]).unwrap();
    assert_eq!(found.action, Action::Redirect(Whom::Subscriber, "other".into()));
}

#[test]
fn what_a_script_has_left_empty_does_not_mean_everybody() {
    let found = order("drop/publisher", &[("app", ""), ("name", "")]).unwrap();
    assert_eq!((found.app, found.name.as_deref()), (None, Some("")), "no stream has an empty name");
    assert_eq!(order("drop/publisher", &[]).unwrap().name, None);
    for field in ["addr", "clientid", "srv"] {
        assert!(order("drop/publisher", &[(field, "")]).is_err(), "{field}");
    }
}

#[test]
fn what_is_no_order_says_why() {
    for (path, why) in [
        ("", "no kind of order"),
        ("drop", "no kind of order"),
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

#[test]
fn answers_are_those_that_programs_know() {
    for (answer, status, body) in [
        (Answer::Count(0), 200, "0"),
        (Answer::Count(3), 200, "3"),
        (Answer::Recorded(Some("/rec/a.flv".into())), 200, "/rec/a.flv"),
        (Answer::Recorded(None), 204, ""),
        (Answer::NotTaken, 404, ""),
        (Answer::Failed("why".into()), 500, "why"),
    ] {
        assert_eq!((answer.status(), answer.body().as_str()), (status, body));
    }
}

proptest::proptest! {
    #[test]
    fn any_order_is_understood_or_refused(path in "\\PC{0,30}", value in "\\PC{0,10}") {
        let fields = ["app", "name", "addr", "clientid", "srv", "newname"].map(|name| (name, value.as_str()));
        let _ = order(&path, &fields);
        let _ = order("redirect/client", &fields);
    }
}
