//! Arrows between modules and files, which the compiler does not hold.

use std::collections::BTreeSet;

use crate::source::{crates, uses};

/// Whom each module of the server may use. Media flow down the list ingest -> streams -> lane -> inference -> out, and no
/// arrow goes up; http shows and steers what is there; only the composition knows the configuration, which is made of the
/// settings of those that it configures.
const SERVER: [(&str, &[&str]); 22] = [
    ("", &[]),
    ("abuse", &[]),
    ("apps", &["clients", "hooks", "ingest", "out", "problems", "streams"]),
    ("clients", &[]),
    ("cli", &["config", "nginx", "server", "telemetry"]),
    ("config", &["apps", "hooks", "http", "inference", "ingest", "out", "streams", "telemetry", "tls"]),
    ("hooks", &[]),
    ("http", &["abuse", "clients", "inference", "lane", "out", "streams", "tls"]),
    ("inference", &["out"]),
    ("ingest", &["abuse", "clients", "out", "problems", "streams", "tls"]),
    ("lane", &["inference", "out", "problems"]),
    ("manual", &["cli"]),
    ("nginx", &["apps", "config", "hooks", "http", "ingest", "out"]),
    ("out", &["problems"]),
    ("problems", &[]),
    ("reload", &["apps", "config", "http", "streams", "supervisor"]),
    (
        "server",
        &[
            "abuse",
            "apps",
            "clients",
            "config",
            "hooks",
            "http",
            "inference",
            "ingest",
            "lane",
            "out",
            "reload",
            "streams",
            "supervisor",
            "telemetry",
            "tls",
        ],
    ),
    ("sound", &["out", "problems"]),
    ("streams", &["inference", "lane", "out", "problems", "sound"]),
    ("supervisor", &[]),
    ("telemetry", &[]),
    ("tls", &[]),
];

/// Arrows between parts of modules that would still be wrong.
const NEVER: [(&str, &str); 1] = [("lane", "out::hls")];

/// Whether `module` is `part` or stands below it.
fn within(module: &str, part: &str) -> bool {
    module.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn first(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

#[test]
fn modules_of_the_server_use_whom_they_may() {
    let mut wrong = BTreeSet::new();
    for (user, used) in uses("src") {
        let rule = SERVER.iter().find(|(name, _)| *name == first(&user));
        let (_, allowed) = rule.unwrap_or_else(|| panic!("SERVER does not say whom {user} may use"));
        for used in used {
            let own = first(&used) == first(&user);
            let never = NEVER.iter().any(|(from, to)| within(&user, from) && within(&used, to));
            if never || !own && !allowed.contains(&first(&used)) {
                wrong.insert(format!("{user} -> {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that must not be:\n{wrong:#?}");
}

#[test]
fn no_two_files_use_each_other() {
    let mut circles = BTreeSet::new();
    for folder in crates() {
        let uses = uses(&folder);
        for (user, used) in &uses {
            // Each circle once, from the name that sorts first.
            let back = used.iter().filter(|other| user < *other && uses[*other].contains(user));
            circles.extend(back.map(|other| format!("{folder}: {user} <-> {other}")));
        }
    }
    assert!(circles.is_empty(), "files that use each other:\n{circles:#?}");
}
