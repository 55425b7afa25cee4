//! Ctrl-C in the middle of everything, and signals that come twice.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use harness::ffmpeg::Publish;
use harness::process::program;
use harness::server::{KEY, OTHER_KEY};
use harness::{Process, Server, wait_for};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Ends by pairs of signals for each program.
const ENDS: u32 = 20;
/// The streamer may take eight seconds, the server four.
const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn interrupt_ends_a_busy_server_soon_and_closes_playlists() {
    let mut server = Server::start();
    let _publisher = Publish::default().to(&server.rtmp(KEY));
    server.demo().wait_playable("enhanced");
    // A reader that waits for the next part sees the end of the playlist instead of an error.
    let url = format!("{}/hls/demo/enhanced/index.m3u8", server.http());
    let text = server.demo().playlist("enhanced").unwrap();
    let next = harness::hls::segments(&text).last().unwrap().number + 2;
    let reader = std::thread::spawn(move || {
        let mut answer = harness::server::agent().get(format!("{url}?_HLS_msn={next}")).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    });
    std::thread::sleep(Duration::from_millis(300));
    server.process.signal("INT");
    let start = Instant::now();
    let status = server.process.wait(Duration::from_secs(5));
    assert!(status.success(), "{status}: {}", server.process.stderr());
    let last = reader.join().unwrap();
    assert!(last.contains("#EXT-X-ENDLIST") || last.contains(&format!("seg-{next}.m4s")), "{last}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn interrupt_ends_an_idle_server() {
    let mut server = Server::start();
    server.process.signal("TERM");
    assert!(server.process.wait(Duration::from_secs(5)).success());
}

/// A generator whose seed is printed: a failure can be had again, as far as the machine's timing allows.
fn dice(name: &str) -> StdRng {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    println!("{name}: seed {seed}");
    StdRng::seed_from_u64(seed.into())
}

/// Two signals, shortly after one another or together: the first to the process, the second to it or to its group. Gives how
/// it ended, which must be soon, and in a way that a signal of ours or the program itself has chosen.
fn end_by_two_signals(process: &mut Process, in_group: bool, dice: &mut StdRng) -> ExitStatus {
    let first = if dice.random() { "-INT" } else { "-TERM" };
    let pause = Duration::from_millis(if dice.random_ratio(3, 4) {
        dice.random_range(0..20)
    } else {
        dice.random_range(0..800)
    });
    let id = process.id().to_string();
    let target = if in_group && dice.random() { format!("-{id}") } else { id.clone() };
    // After the first one it may be gone already.
    let kill = |signal: &str, target: &str| {
        Command::new("kill").args([signal, "--", target]).stderr(Stdio::null()).status().unwrap();
    };
    kill(first, &id);
    std::thread::sleep(pause);
    if process.running() {
        kill("-TERM", &target);
    }
    let status = process.wait(LIMIT);
    // Before it listens, a signal ends a program as any other.
    let killed = status.signal();
    assert!(
        killed.is_none_or(|signal| signal == 15 || (signal == 2 && first == "-INT")),
        "{first}, {pause:?}, -TERM to {target}: {status}: {}",
        process.stderr()
    );
    status
}

#[test]
fn two_signals_never_break_a_streamer_that_trains() {
    let server = Server::start();
    let footage = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.deps/footage/trailer.mp4");
    let run = |name: &str, key: &str| {
        let mut dice = dice(name);
        for _ in 0..ENDS / 2 {
            let mut command = Command::new(program("streamer"));
            command.arg("push").arg(&footage).args(["--to", &server.rtmp_app(), "--server", &server.http()]);
            command.args(["--name", name, "--loop", "--size", "320x180", "--train", "always"]);
            command.env("SHARPCAST_KEY", key).process_group(0);
            let mut streamer = Process::start("streamer", &mut command);
            // Most ends are worth having while it trains: its libraries work on many threads then.
            if dice.random_ratio(3, 4) {
                wait_for("a step of training", Duration::from_secs(30), || {
                    assert!(streamer.running(), "{}", streamer.stderr());
                    let figures = streamer.stdout();
                    let steps =
                        figures.lines().last()?.split(' ').find_map(|field| field.strip_prefix("steps="))?;
                    (steps != "0").then_some(())
                });
            }
            std::thread::sleep(Duration::from_millis(dice.random_range(50..1000)));
            let status = end_by_two_signals(&mut streamer, true, &mut dice);
            // 1 where it is ended before anything has arrived.
            assert!(
                matches!(status.code(), None | Some(0 | 1 | 130 | 143)),
                "{status}: {}",
                streamer.stderr()
            );
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| run("demo", KEY));
        scope.spawn(|| run("other", OTHER_KEY));
    });
}

#[test]
fn two_signals_never_break_a_server_that_enhances() {
    let run = || {
        let mut dice = dice("server");
        for _ in 0..ENDS / 2 {
            let mut server = Server::start();
            let publish = Publish { size: Some("320x180"), ..Publish::default() };
            let _publisher = publish.to(&server.rtmp(KEY));
            std::thread::sleep(Duration::from_millis(dice.random_range(0..2000)));
            let status = end_by_two_signals(&mut server.process, false, &mut dice);
            assert!(matches!(status.code(), Some(0 | 130 | 143)), "{status}: {}", server.process.stderr());
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(run);
        scope.spawn(run);
    });
}
