//! The two programs together: thin RTMP and trained nets go in, a picture that got sharper comes out.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use harness::process::{Process, program};
use harness::server::KEY;
use harness::{Server, wait_for};

fn footage() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.deps/footage/trailer.mp4");
    assert!(path.exists(), "sample footage is missing: run `make setup`");
    path
}

fn streamer(server: &Server, arguments: &[&str]) -> Process {
    let mut command = Command::new(program("streamer"));
    command.arg("push").arg(footage()).args(["--to", &server.rtmp_app(), "--server", &server.http()]);
    command.args(["--name", "demo", "--loop"]).args(arguments).env("SHARPCAST_KEY", KEY);
    Process::start("streamer", &mut command)
}

#[test]
fn trained_nets_are_swapped_in_while_the_stream_is_live() {
    let server = Server::start();
    let mut streamer = streamer(&server, &["--size", "320x180", "--bitrate", "300k"]);
    let demo = server.demo();
    demo.wait_playable("enhanced");
    wait_for("a trained net in use", Duration::from_secs(120), || {
        assert!(streamer.running(), "{}", streamer.stderr());
        (demo.count("/enhance/model/version") >= 1).then_some(())
    });
    let status = demo.status();
    assert_eq!(status["enhance"]["model"]["origin"], "trained", "{status}");
    assert!(
        demo.number("/enhance/model/gain_db") > 0.0,
        "a net that does not gain must not be sent: {status}"
    );
    assert_eq!(status["enhance"]["skipped"], 0, "{status}");
    assert_eq!(status["discontinuities"], 0, "{status}");
    let sent =
        streamer.stdout().lines().last().and_then(|line| line.rsplit("upload_bytes=").next()?.parse().ok());
    assert!(sent.is_some_and(|bytes: u64| bytes > 1000), "what was uploaded is counted: {sent:?}");
    assert!(!streamer.stderr().contains(KEY) && !streamer.stdout().contains(KEY), "keys are never logged");

    streamer.signal("INT");
    let ended = streamer.wait(Duration::from_secs(5));
    assert!(ended.success(), "{ended}: {}", streamer.stderr());
}

#[test]
fn wrong_key_is_said_clearly() {
    let server = Server::start();
    let mut command = Command::new(program("streamer"));
    command.arg("push").arg(footage()).args([
        "--to",
        &server.rtmp_app(),
        "--key",
        "wrong-key-0815",
        "--no-train",
    ]);
    let mut streamer = Process::start("streamer", &mut command);
    let ended = streamer.wait(Duration::from_secs(15));
    assert!(!ended.success());
    let said = streamer.stderr();
    assert!(said.contains("key"), "{said}");
    assert!(!said.contains("wrong-key-0815"), "{said}");
}
