//! Streams that are fetched from another server: for players, always, over TLS or not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail where they stand")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::{Publish, complaints, ffmpeg, probe};
use harness::server::Setup;
use harness::{Process, Server, wait_for};
use serde_json::Value;

const OPEN: &str = "[[application]]\nname = \"live\"\npublish = \"open\"\n";
const KEY: &str = "orders";

fn pull(from: &str, more: &str) -> String {
    format!("{OPEN}[[application.pull]]\nurl = \"{from}\"\nreconnect = \"1s\"\n{more}\n")
}

/// A server with an open application that tells who is connected.
fn server(more: &str) -> Server {
    let http = format!("admin_key = \"{KEY}\"");
    Server::set_up(&Setup { http: &http, more, ..Setup::default() })
}

/// What connections of a server do.
fn doing(server: &Server) -> Vec<String> {
    let clients: Value = serde_json::from_str(&server.order("GET", "/api/v1/clients", KEY, "").1).unwrap();
    let clients = clients.as_array().unwrap().iter();
    clients.map(|client| client["doing"].as_str().unwrap().to_owned()).collect()
}

fn pictures(file: &Path) -> u64 {
    let arguments = ["-count_packets", "-select_streams", "v", "-show_streams"];
    let found = probe(file.to_str().unwrap(), &arguments);
    found["streams"][0]["nb_read_packets"].as_str().unwrap().parse().unwrap()
}

#[test]
fn what_a_player_asks_for_is_fetched_as_long_as_it_plays() {
    let far = server(OPEN);
    let near = server(&pull(&far.rtmp_app(), ""));
    let _publisher = Publish { gop: 24, ..Publish::default() }.to(&format!("{}/match", far.rtmp_app()));
    far.stream("match").wait_playable("source");
    assert_eq!(doing(&far), ["publishes"], "nothing is fetched before somebody asks");

    let folder = tempfile::tempdir().unwrap();
    let files = ["one.mkv", "two.mkv"].map(|name| folder.path().join(name));
    let players = files.each_ref().map(|file| {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-loglevel", "warning", "-y", "-i"]);
        command.arg(format!("{}/match", near.rtmp_app())).args(["-t", "4", "-c", "copy"]).arg(file);
        Process::start("ffmpeg player", &mut command)
    });
    wait_for("both players", Duration::from_secs(10), || (doing(&near).len() == 3).then_some(()));
    assert_eq!(doing(&far), ["publishes", "plays"], "once for both");
    for (mut player, file) in players.into_iter().zip(&files) {
        assert!(player.wait(Duration::from_secs(20)).success(), "{}", player.stderr());
        assert_eq!(complaints(file.to_str().unwrap()), "");
        assert!((90..=100).contains(&pictures(file)), "four seconds at 24 a second: {}", pictures(file));
    }
    wait_for("the end of fetching", Duration::from_secs(15), || (doing(&far) == ["publishes"]).then_some(()));
    assert!(doing(&near).is_empty());

    let url = format!("{}/nothing", near.rtmp_app());
    let output = ffmpeg(&["-loglevel", "warning", "-i", &url, "-f", "null", "-"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no such stream, or nobody publishes"), "{said}");
}

#[test]
fn what_is_fetched_always_comes_back_when_its_publisher_does() {
    let far = server(OPEN);
    let near = server(&pull(&far.rtmp_app(), "name = \"relayed\"\npath = \"match\"\nalways = true"));
    let publish =
        |seconds| Publish { seconds, ..Publish::default() }.to(&format!("{}/match", far.rtmp_app()));
    let mut first = publish(5);
    near.stream("relayed").wait_playable("source");
    assert!(first.wait(Duration::from_secs(15)).success());
    let _second = publish(20);
    wait_for("the second publisher", Duration::from_secs(15), || {
        (near.stream("relayed").count("/video/frames") > 8 * 24).then_some(())
    });
    // Told once, and not with every try.
    let told = near.process.stderr().matches("not fetched").count();
    assert_eq!(told, 1, "{}", near.process.stderr());
}
