//! Manual pages and completions, from the definition of the command line and the commented configuration.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Command;

/// The configuration with all its comments.
const CONFIGURATION: &str = include_str!("../configs/sharpcast.toml");

/// What no option says.
const SIGNALS: &str = "\
.SH SIGNALS
.TP
SIGHUP
The configuration is read again; who publishes or watches notices nothing.
.TP
SIGTERM, SIGINT
Everything ends within four seconds; a second one ends at once.
.SH FILES
.TP
/etc/sharpcast/sharpcast.toml
The configuration of the service, see sharpcast.toml(5).
.TP
$XDG_STATE_HOME/sharpcast/live.key
The key of the stream that there is without a configuration.
.SH ENVIRONMENT
.TP
RUST_LOG
Overrides [log] level.
";

/// The completions of a shell, on standard output.
pub fn completions(shell: Shell) {
    let mut command = Command::command();
    clap_complete::generate(shell, &mut command, "sharpcast", &mut io::stdout());
}

/// Manual pages into a folder: a page for each command (section 1), and one for the configuration (section 5).
pub fn write(folder: &Path) -> io::Result<()> {
    clap_mangen::generate_to(Command::command(), folder)?;
    let serve = folder.join("sharpcast-serve.1");
    fs::write(&serve, fs::read_to_string(&serve)? + SIGNALS)?;
    fs::write(folder.join("sharpcast.toml.5"), configuration())
}

fn configuration() -> String {
    let mut page = ".TH sharpcast.toml 5\n.SH NAME\nsharpcast.toml \\- configuration of sharpcast(1)\n.SH DESCRIPTION\n\
                    Every key with its default; what is left out is as it stands here. Examples are comments.\n.PP\n.nf\n"
        .to_owned();
    for line in CONFIGURATION.lines() {
        // A line that begins with one of these would be an order to the formatter.
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        let _ = writeln!(page, "{guard}{}", line.replace('\\', "\\e").replace('-', "\\-"));
    }
    page.push_str(".fi\n.SH SEE ALSO\nsharpcast-serve(1), sharpcast-check-config(1)\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_the_configuration_have_a_page() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        for page in ["sharpcast.1", "sharpcast-serve.1", "sharpcast-import.1", "sharpcast-check-config.1"] {
            let text = fs::read_to_string(folder.path().join(page)).unwrap();
            assert!(text.contains(".SH NAME"), "{page}");
        }
        let page = fs::read_to_string(folder.path().join("sharpcast.toml.5")).unwrap();
        assert!(page.contains("takeover = true") && page.contains("naming = \"sequential\""));
        assert!(
            page.lines().filter(|line| line.starts_with(['.', '\''])).count() < 10,
            "no line is an order"
        );
    }
}
