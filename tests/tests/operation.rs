//! What operators have beside the server: the dashboard, the service manager, the log.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use harness::ffmpeg::Publish;
use harness::server::{KEY, Setup};
use harness::{Server, wait_for};
use serde_json::Value;

/// The names of metrics in a query.
fn names(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("sharpcast_"))
}

/// Everything in the dashboard that is a query.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let text = value.as_str().filter(|_| key == "expr" || key == "query");
                found.extend(text.map(str::to_owned));
                queries(value, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| queries(value, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_asks_for_what_there_is() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/grafana.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut asked = Vec::new();
    queries(&dashboard, &mut asked);
    assert!(asked.len() > 12, "{asked:?}");

    let server = Server::start();
    let _publisher = Publish::default().to(&server.rtmp(KEY));
    server.demo().wait_enhanced(3);
    let (status, metrics) = server.get("/metrics");
    assert_eq!(status, 200);
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let there: BTreeSet<String> = types
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .collect();
    for query in &asked {
        for name in names(query) {
            assert!(there.contains(name), "`{query}` asks for {name}; there are {there:#?}");
        }
    }
    // What is shown for a stream is there for a stream.
    for name in ["pictures_enhanced_total", "lane_picture_seconds", "publisher_connected"] {
        assert!(metrics.contains(&format!("sharpcast_{name}{{stream=\"demo\"")), "{name} in {metrics}");
    }
}

#[test]
fn the_service_manager_hears_that_it_lives_reads_again_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let hear = |expected: &str| {
        let mut buffer = [0; 512];
        loop {
            let length = manager.recv(&mut buffer).unwrap_or_else(|error| panic!("{expected}: {error}"));
            let said = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if said.contains(expected) {
                return said;
            }
            // Nothing but signs of life comes in between.
            assert!(said.contains("WATCHDOG=1"), "{expected} was expected: {said}");
        }
    };
    let environment = [("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "400000")];
    let mut server = Server::set_up(&Setup { environment: &environment, ..Setup::default() });
    hear("READY=1");
    hear("WATCHDOG=1");
    let text = server.configuration();
    server.configure(&text);
    assert!(hear("RELOADING=1").contains("MONOTONIC_USEC="));
    hear("READY=1");
    hear("WATCHDOG=1");
    server.process.signal("TERM");
    hear("STOPPING=1");
}

#[test]
fn the_log_has_one_line_for_a_publication_that_begins_and_one_for_its_end() {
    let more = "[log]\nformat = \"json\"";
    let server = Server::set_up(&Setup { more, ..Setup::default() });
    let mut publisher = Publish { seconds: 3, ..Publish::default() }.to(&server.rtmp(KEY));
    assert!(publisher.wait(Duration::from_secs(15)).success());
    let lines = |message: &str| -> Vec<Value> {
        let log = server.process.stderr();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["fields"]["message"] == message).collect()
    };
    let gone = wait_for("the line of the end", Duration::from_secs(5), || {
        Some(lines("publisher gone")).filter(|lines| !lines.is_empty())
    });
    let came = lines("publisher came");
    assert_eq!((came.len(), gone.len()), (1, 1), "{}", server.process.stderr());
    let fields = &gone[0]["fields"];
    assert_eq!(
        (&fields["stream"], &fields["app"], &fields["peer"]),
        (&came[0]["fields"]["stream"], &came[0]["fields"]["app"], &came[0]["fields"]["peer"])
    );
    assert!((2.0..5.0).contains(&fields["seconds"].as_f64().unwrap()), "{fields}");
    assert!(fields["bytes"].as_u64().unwrap() > 100_000, "{fields}");
    assert_eq!(fields["why"], "the publisher ended it");
}
