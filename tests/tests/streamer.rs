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

/// `streamer push` to its end: exit code and last line.
fn pushed(to: &str, arguments: &[&str], meanwhile: impl FnOnce()) -> (Option<i32>, String) {
    let mut command = Command::new(program("streamer"));
    command.arg("push").arg(footage()).args(["--to", to, "--loop", "--size", "320x180"]);
    command.args(arguments).env("SHARPCAST_KEY", KEY);
    let mut streamer = Process::start("streamer", &mut command);
    meanwhile();
    let status = streamer.wait(Duration::from_secs(30));
    (status.code(), streamer.stderr().lines().last().unwrap_or_default().to_owned())
}

#[test]
fn a_stream_that_reached_nobody_has_failed() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let to = format!("rtmp://{nobody}/live");
    for arguments in [&["--no-train", "--duration", "2"][..], &["--duration", "2"]] {
        let (code, said) = pushed(&to, arguments, || {});
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(&format!("nothing reached {to}: connection refused (tried ")), "{said}");
        assert!(!said.contains("watch it"), "{said}");
    }
    // It takes the connection, and nothing more.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("rtmp://{}/live", silent.local_addr().unwrap());
    let (code, said) = pushed(&to, &["--no-train", "--duration", "1"], || {});
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("nothing reached {to}: no answer (tried for ")), "{said}");
}

#[test]
fn the_last_line_says_what_a_lost_server_got() {
    let mut server = Server::start();
    let to = server.rtmp_app();
    let (code, said) = pushed(&to, &["--no-train", "--duration", "6"], || {
        std::thread::sleep(Duration::from_secs(3));
        server.process.signal("KILL");
        server.process.wait(Duration::from_secs(5));
    });
    assert_eq!(code, Some(0), "{said}");
    let numbers: Vec<u32> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert!(numbers.len() > 2 && (1..numbers[1]).contains(&numbers[0]), "{said}");
    assert!(said.contains("pictures reached the server"), "{said}");
    assert!(
        said.contains("the connection was lost once and did not come back: connection refused"),
        "{said}"
    );
}

#[test]
fn refused_training_is_in_the_last_line() {
    let server = Server::start();
    let to = server.rtmp_app();
    let (code, said) =
        pushed(&to, &["--server", &server.http(), "--name", "wrong", "--duration", "4"], || {});
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("no network reached the server: ") && said.contains("--name"), "{said}");
    assert!(!said.contains("watch it"), "{said}");
}
