//! Calls as nginx-rtmp 1.2.2 has made them to a program that wrote them down.

use super::*;

const FFMPEG: Peer<'static> = Peer {
    app: "live",
    flash_version: "FMLE/3.0 (compatible; Lavf59.27",
    swf_url: "",
    tc_url: "rtmp://127.0.0.1:19370/live?token=ab",
    page_url: "",
    address: "127.0.0.1",
    client: 1,
};
const SAID: &str = "app=live&flashver=FMLE/3.0%20(compatible%3B%20Lavf59.27&swfurl=&\
    tcurl=rtmp://127.0.0.1:19370/live%3Ftoken=ab&pageurl=&addr=127.0.0.1&";

fn call<'a>(event: Event<'a>, arguments: &'a str) -> Call<'a> {
    Call { peer: FFMPEG, event, arguments }
}

#[test]
fn calls_have_the_fields_that_they_have_there() {
    let of_name = "key=v&w=a%20b";
    for (event, arguments, expected) in [
        (Event::Connect { epoch: 47_364_084 }, "token=ab", "epoch=47364084&call=connect&token=ab"),
        (Event::Disconnect, "token=ab", "clientid=1&call=disconnect&app=live&token=ab"),
        (
            Event::Publish { name: "s", kind: "live" },
            of_name,
            "clientid=1&call=publish&name=s&type=live&key=v&w=a%20b",
        ),
        (
            Event::Play { name: "s", start: -2000, duration: 0, reset: false },
            "who=me",
            "clientid=1&call=play&name=s&start=4294965296&duration=0&reset=0&who=me",
        ),
        (Event::PublishDone { name: "s" }, of_name, "clientid=1&call=publish_done&name=s&key=v&w=a%20b"),
        (Event::PlayDone { name: "s" }, "who=me", "clientid=1&call=play_done&name=s&who=me"),
        (Event::Done { name: "" }, "", "clientid=1&call=done"),
        (
            Event::Update { action: Action::Publish, name: "s", seconds: 1, timestamp: 523 },
            of_name,
            "clientid=1&call=update_publish&time=1&timestamp=523&name=s&key=v&w=a%20b",
        ),
        (
            Event::Update { action: Action::Play, name: "", seconds: 2, timestamp: 0 },
            "",
            "clientid=1&call=update_play&time=2&timestamp=0",
        ),
        (
            Event::RecordDone { name: "s", recorder: "r", path: "/rec/s-r.flv" },
            of_name,
            "clientid=1&call=record_done&recorder=r&name=s&path=/rec/s-r.flv&key=v&w=a%20b",
        ),
    ] {
        assert_eq!(call(event, arguments).form(), format!("{SAID}{expected}"));
    }
}

#[test]
fn what_peers_say_stays_in_its_field() {
    let event = Event::Publish { name: "a&call=done ü+%", kind: "live" };
    let form = call(event, "x=1 HTTP/1.1\r\nHost: y#z").form();
    let behind = form.strip_prefix(SAID).unwrap();
    assert_eq!(
        behind,
        "clientid=1&call=publish&name=a%26call=done%20%C3%BC%2B%25&type=live&x=1%20HTTP/1.1%0D%0AHost:%20y%23z"
    );
}

#[test]
fn a_query_stands_behind_the_path() {
    let call = call(Event::Disconnect, "");
    assert_eq!(call.target("/hook"), format!("/hook?{SAID}clientid=1&call=disconnect&app=live"));
    assert!(call.target("/hook?a=1").starts_with("/hook?a=1&app=live&"));
}

#[test]
fn every_event_has_a_directive() {
    for event in [
        Event::Connect { epoch: 0 },
        Event::Disconnect,
        Event::Publish { name: "", kind: "" },
        Event::Play { name: "", start: 0, duration: 0, reset: false },
        Event::PublishDone { name: "" },
        Event::PlayDone { name: "" },
        Event::Done { name: "" },
        Event::Update { action: Action::Play, name: "", seconds: 0, timestamp: 0 },
        Event::RecordDone { name: "", recorder: "", path: "" },
    ] {
        assert!(crate::directives::find(event.directive()).is_some(), "{event:?}");
    }
}

#[test]
fn answers_mean_what_they_mean_there() {
    let connect = Event::Connect { epoch: 0 };
    let publish = Event::Publish { name: "s", kind: "live" };
    let play = Event::Play { name: "s", start: 0, duration: 0, reset: false };
    let update = Event::Update { action: Action::Play, name: "s", seconds: 1, timestamp: 0 };
    let done = Event::Done { name: "s" };
    let rename = |name: &str| Answer::Rename(name.to_owned());
    let relay = |address: &str| Answer::Relay(address.to_owned());
    for (event, reply, expected) in [
        (publish, Some((200, None)), Answer::Allow),
        (publish, Some((204, Some("other"))), Answer::Allow),
        (publish, Some((302, Some("other"))), rename("other")),
        (publish, Some((301, Some("RTMP://192.0.2.1/app"))), relay("RTMP://192.0.2.1/app")),
        (publish, Some((302, None)), Answer::Allow),
        (publish, Some((404, None)), Answer::Deny),
        (publish, Some((500, Some("other"))), Answer::Deny),
        (publish, Some((100, None)), Answer::Deny),
        (publish, None, Answer::Deny),
        (play, Some((302, Some("rtmp://192.0.2.1/app/s"))), relay("rtmp://192.0.2.1/app/s")),
        (play, Some((302, Some("ü"))), rename("ü")),
        (connect, Some((302, Some("app2"))), rename("app2")),
        (connect, Some((302, Some("rtmp://h/a"))), rename("rtmp://h/a")),
        (connect, Some((403, None)), Answer::Deny),
        (update, Some((302, Some("other"))), Answer::Allow),
        (update, Some((403, None)), Answer::Deny),
        (update, None, Answer::Deny),
        (done, Some((500, None)), Answer::Allow),
        (done, None, Answer::Allow),
    ] {
        let reply = reply.map(|(status, location)| Reply { status, location });
        assert_eq!(Answer::of(&event, reply, Updates::Lenient), expected, "{event:?} {reply:?}");
    }
    let redirect = Some(Reply { status: 302, location: None });
    assert_eq!(Answer::of(&update, redirect, Updates::Strict), Answer::Deny);
    assert_eq!(Answer::of(&play, redirect, Updates::Strict), Answer::Allow);
}

proptest::proptest! {
    #[test]
    fn a_form_is_one_line_of_ascii(name in "\\PC{0,20}", arguments in "[\\x00-\\x7fü]{0,30}") {
        let form = call(Event::Publish { name: &name, kind: "live" }, &arguments).form();
        proptest::prop_assert!(form.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}
