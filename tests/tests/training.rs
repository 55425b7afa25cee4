//! The streamer trains when the picture asks for it, says so, and survives being killed in the middle.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::ffmpeg;
use harness::process::{Process, program};
use harness::server::KEY;
use harness::{Server, wait_for};
use serde_json::Value;

/// When the second scene begins.
const CUT_S: f64 = 24.0;

/// A test picture for [`CUT_S`], and then a fractal that is slowly zoomed into.
fn two_scenes(file: &Path) {
    let graph = format!(
        "testsrc2=size=640x360:rate=24:duration={CUT_S}[a];mandelbrot=size=640x360:rate=24:maxiter=400,trim=duration=40[b];[a][b]concat"
    );
    let coded =
        ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p", "-threads", "2"];
    let file = file.to_string_lossy();
    let made = ffmpeg(&[&["-f", "lavfi", "-i", &graph][..], &coded, &[&file]].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn streamer(server: &Server, clip: &Path, arguments: &[&str]) -> Process {
    let mut command = Command::new(program("streamer"));
    command.arg("push").arg(clip).args(["--to", &server.rtmp_app(), "--server", &server.http()]);
    command.args(["--name", "demo", "--size", "320x180", "--bitrate", "300k"]).args(arguments);
    Process::start("streamer", command.env("SHARPCAST_KEY", KEY))
}

fn trainings(status: &Value) -> Vec<Value> {
    status["training"]["trainings"].as_array().cloned().unwrap_or_default()
}

/// The value of a key in the newest status line.
fn shown(streamer: &Process, key: &str) -> Option<String> {
    let text = streamer.stdout();
    let line = text.lines().last()?;
    line.split(' ').find_map(|field| Some(field.strip_prefix(key)?.strip_prefix('=')?.to_owned()))
}

#[test]
fn a_cut_asks_for_one_training_and_the_server_shows_both() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("scenes.mp4");
    two_scenes(&clip);
    let server = Server::start();
    let mut streamer = streamer(&server, &clip, &[]);
    let demo = server.demo();
    let both = wait_for("the second training on the server", Duration::from_secs(60), || {
        assert!(streamer.running(), "{}", streamer.stderr());
        let jumps = |one: &Value| one["reason"] == "drop" || one["reason"] == "rise";
        let known = trainings(&demo.status());
        known.iter().any(jumps).then_some(known)
    });
    assert_eq!(both[0]["reason"], "start", "{both:?}");
    assert!(both[0]["end"].is_string() && both[0]["to_s"].as_f64().unwrap() <= CUT_S + 2.0, "{both:?}");
    let at: Vec<f64> = both
        .iter()
        .filter(|one| one["reason"] == "drop" || one["reason"] == "rise")
        .map(|one| one["from_s"].as_f64().unwrap())
        .collect();
    assert!(at.len() == 1 && (CUT_S..CUT_S + 3.0).contains(&at[0]), "the cut is at {CUT_S} s: {both:?}");
    let status = demo.status();
    assert!(status["training"]["looks"].as_array().is_some_and(|looks| looks.len() > 20), "{status}");
    assert_eq!(status["enhance"]["skipped"], 0, "{status}");

    streamer.signal("INT");
    let ended = streamer.wait(Duration::from_secs(5));
    assert!(ended.success(), "{ended}: {}", streamer.stderr());
    let said = streamer.stderr();
    assert!(said.contains("training begins") && said.contains("training ended"), "{said}");
}

#[test]
fn killed_in_the_middle_it_learns_on_and_nothing_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("scenes.mp4");
    two_scenes(&clip);
    let state = folder.path().join("state");
    // So slow that an upload is caught in the middle.
    let slow = ["--loop", "--upload-rate", "16k", "--state-dir", state.to_str().unwrap()];
    let server = Server::start();
    let demo = server.demo();
    for moment in ["training=training", "upload=sending"] {
        let streamer = streamer(&server, &clip, &slow);
        let (key, wanted) = moment.split_once('=').unwrap();
        wait_for(moment, Duration::from_secs(60), || (shown(&streamer, key)? == wanted).then_some(()));
        streamer.signal("KILL");
    }
    let before = demo.status();
    assert_eq!(
        before["enhance"]["model"]["version"].as_u64().unwrap_or(0),
        0,
        "half an upload changes nothing: {before}"
    );
    let mut last = streamer(&server, &clip, &["--loop", "--state-dir", state.to_str().unwrap()]);
    wait_for("a trained net in use", Duration::from_secs(100), || {
        assert!(last.running(), "{}", last.stderr());
        (demo.count("/enhance/model/version") >= 1).then_some(())
    });
    wait_for("a training that is learnt from", Duration::from_secs(100), || {
        let record = std::fs::read(state.join("gains.json")).ok()?;
        let record: Value = serde_json::from_slice(&record).expect("the record is whole at any time");
        record["nets"].as_object().is_some_and(|nets| !nets.is_empty()).then_some(())
    });
    assert!(!last.stderr().contains("cannot be used"), "{}", last.stderr());
    last.signal("INT");
    assert!(last.wait(Duration::from_secs(5)).success(), "{}", last.stderr());
}
