//! `streamer`: see [`streamer`] for how it is made and `streamer --help` for how it is used.

use api::shutdown::leave;
use clap::Parser;
use streamer::cli::Cli;
use streamer::command;
use streamer::status::Screen;

fn main() -> ! {
    let cli = Cli::parse();
    let mut screen = Screen::new();
    screen.take_log(cli.log_format);
    media::ffmpeg::quiet_logs();
    let result = command::run(cli, &mut screen);
    screen.finish();
    match result {
        Ok(last) => {
            eprintln!("{last}");
            leave(0)
        }
        Err(failure) => {
            eprintln!("streamer: {failure}");
            leave(failure.exit_code())
        }
    }
}
