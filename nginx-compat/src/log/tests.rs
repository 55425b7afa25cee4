//! Formats and lines.

use std::time::Duration;

use super::*;

fn line() -> Line<'static> {
    Line {
        connection: 7,
        address: "192.0.2.1",
        app: "live",
        flash_version: "FMLE/3.0",
        page_url: "http://page",
        did: Did { publish: true, play: false },
        name: "demo\" x\n",
        arguments: "user=me",
        bytes_sent: 10,
        bytes_received: 2000,
        time_local: "27/Nov/2026:10:00:00 +0000",
        time: Duration::from_millis(1_500),
        lasted: Duration::from_secs(3600 + 5),
        ..Line::default()
    }
}

#[test]
fn without_a_format_lines_are_combined() {
    assert_eq!(
        Format::default().write(&line()),
        "192.0.2.1 [27/Nov/2026:10:00:00 +0000] PUBLISH \"live\" \"demo\\x22 x\\x0A\" \"user=me\" - 2000 10 \
         \"http://page\" \"FMLE/3.0\" (1h 0m 5s)"
    );
}

#[test]
fn variables_stand_in_text() {
    let table = [
        ("$connection:$session_time", "7:3605"),
        ("a${app}b$$", ""),
        ("${app}_$msec;", "live_1.500;"),
        ("", ""),
        ("no variable", "no variable"),
    ];
    for (text, expected) in table {
        match text.parse::<Format>() {
            Ok(format) => assert_eq!(format.write(&line()), expected, "{text}"),
            Err(error) => assert_eq!((text, error), ("a${app}b$$", FormatError::Nameless)),
        }
    }
    assert_eq!("${app".parse::<Format>(), Err(FormatError::Open("app".to_owned())));
    let unknown = "$status".parse::<Format>().unwrap_err().to_string();
    assert!(unknown.starts_with("`$status` is no variable") && unknown.contains("remote_addr"), "{unknown}");
}

#[test]
fn times_are_readable() {
    let readable = |seconds| {
        let line = Line { lasted: Duration::from_secs(seconds), ..line() };
        "$session_readable_time".parse::<Format>().unwrap().write(&line)
    };
    assert_eq!([0, 59, 60, 86_400 + 61].map(readable), ["0s", "59s", "1m 0s", "1d 0h 1m 1s"]);
}

proptest::proptest! {
    #[test]
    fn a_line_stays_one_whatever_peers_say(text in ".*") {
        let said = Line { name: &text, app: &text, page_url: &text, ..line() };
        let written = Format::default().write(&said);
        proptest::prop_assert!(!written.contains(['\n', '\r']));
        proptest::prop_assert_eq!(written.matches('"').count(), 10);
    }
}
