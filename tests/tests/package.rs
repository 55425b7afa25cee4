//! The Debian package: built from the programs that are there, installed into a clean root, run from there, and removed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use harness::{Process, wait_for};

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// dpkg over another root. Its scripts run outside of it, and know by DPKG_ROOT that it is not this machine.
fn dpkg(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("dpkg");
    command.arg(format!("--root={}", root.display()));
    // What it depends on is on this machine, not in the empty root; and the root belongs to whoever runs this.
    command.args(["--force-depends", "--force-script-chrootless", "--force-not-root", "--log=/dev/null"]);
    command.args(arguments);
    command
}

/// Everything below a folder that is no folder itself.
fn files(folder: &Path) -> Vec<String> {
    let output = run(Command::new("find").arg(folder).args(["-not", "-type", "d", "-printf", "%P\n"]));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_package_installs_runs_and_leaves_nothing_but_its_configuration() {
    let built = run(Command::new("scripts/package").current_dir(repository()));
    let package = repository().join(String::from_utf8(built.stdout).unwrap().trim());
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for sub in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        std::fs::create_dir_all(root.join(sub)).unwrap();
    }
    std::fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    run(&mut dpkg(root, &["--install", package.to_str().unwrap()]));

    let program = |arguments: &[&str]| {
        let mut command = Command::new(root.join("usr/lib/sharpcast/sharpcast"));
        // As the wrapper has it, in another root.
        command
            .env("LD_LIBRARY_PATH", root.join("usr/lib/sharpcast"))
            .env("XDG_STATE_HOME", root.join("var/lib"));
        command.args(arguments);
        command
    };
    let bash = root.join("usr/share/bash-completion/completions/sharpcast");
    run(Command::new("bash").arg("-n").arg(&bash));
    assert!(std::fs::read_to_string(bash).unwrap().contains("--nginx-conf"));
    for page in ["man1/sharpcast.1", "man1/sharpcast-serve.1", "man5/sharpcast.toml.5"] {
        let page = root.join(format!("usr/share/man/{page}.gz"));
        let shown =
            run(Command::new("sh").arg("-c").arg(format!("zcat {} | grep -c '^[.]SH NAME'", page.display())));
        assert_eq!(shown.stdout, b"1\n");
    }

    // What the container runs and says is in the package.
    let container = std::fs::read_to_string(repository().join("packaging/Containerfile")).unwrap();
    for place in ["/usr/bin/sharpcast", "/etc/sharpcast/sharpcast.toml"] {
        assert!(container.contains(&format!("\"{place}\"")) && root.join(&place[1..]).is_file(), "{place}");
    }

    let config = root.join("etc/sharpcast/sharpcast.toml");
    let config = config.to_str().unwrap();
    run(&mut program(&["check-config", config]));
    let serve = ["serve", "--config", config, "--rtmp", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let mut server = Process::start("sharpcast", &mut program(&serve));
    let http = wait_for("the ready line", Duration::from_secs(40), || {
        assert!(server.running(), "it ended: {}", server.stderr());
        let stdout = server.stdout();
        stdout.split_whitespace().find_map(|word| word.strip_prefix("http=")).map(str::to_owned)
    });
    let health = ureq::get(&format!("http://{http}/healthz")).call().unwrap();
    assert_eq!(health.status().as_u16(), 200);
    assert!(
        root.join("var/lib/sharpcast/live.key").is_file(),
        "the key lies where the service keeps its state"
    );
    server.signal("TERM");
    assert!(server.wait(Duration::from_secs(10)).success());

    run(&mut dpkg(root, &["--remove", "sharpcast"]));
    let left = files(root);
    let kept = |file: &&String| !file.starts_with("var/lib/dpkg/");
    let left: Vec<_> = left.iter().filter(kept).collect();
    assert_eq!(
        left,
        ["etc/sharpcast/sharpcast.toml", "var/lib/sharpcast/live.key"],
        "configuration and state"
    );
    run(&mut dpkg(root, &["--purge", "sharpcast"]));
    assert!(!files(root).iter().any(|file| kept(&file)), "{:?}", files(root));
}
