//! What can be typed, and what it means: arguments override the configuration file, which overrides the defaults.

use std::net::SocketAddr;
use std::path::PathBuf;

use api::Invalid;
use clap::{Args, Parser};
use clap_complete::Shell;
use nets::device::DeviceChoice;

use crate::config::Config;
use crate::nginx;

/// Live-streaming server that sharpens thin streams with neural networks trained while they run.
#[derive(Debug, Parser)]
#[command(name = "sharpcast", version)]
pub enum Command {
    /// Take streams over RTMP, sharpen them, hand them out as HLS.
    Serve(Serve),
    /// Read an nginx.conf and say, line by line, what becomes of its rtmp block.
    Import {
        /// The file, with everything that it includes.
        file: PathBuf,
    },
    /// Read a configuration file and say what is wrong with it.
    CheckConfig {
        /// The file (TOML).
        file: PathBuf,
    },
    /// Print what completes these commands in a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Write manual pages into a folder, for packages.
    #[command(hide = true)]
    Manual {
        /// The folder, which has to be there.
        folder: PathBuf,
    },
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Configuration file (TOML); without it: loopback, ports 1935 and 8080, one stream with a key of its own.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run from the rtmp block of an nginx.conf instead; `sharpcast import` says what becomes of each line.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub nginx_conf: Option<PathBuf>,
    /// Address for RTMP publishers; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR")]
    pub rtmp: Option<SocketAddr>,
    /// Address for HTTP; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// What runs the nets: auto, cpu, cuda or cuda:N.
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
}

impl Serve {
    /// The configuration that these arguments ask for.
    pub fn config(&self) -> Result<Config, Invalid> {
        let mut config = match (&self.config, &self.nginx_conf) {
            (Some(file), _) => Config::read(file)?,
            (None, Some(file)) => nginx::config(file)?,
            (None, None) => Config::default(),
        };
        if let Some(address) = self.rtmp {
            config.rtmp.listen = address;
            config.rtmp_also.clear();
        }
        if let Some(address) = self.http {
            config.http.listen = address;
        }
        if let Some(device) = self.device {
            config.enhance.device = device;
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Command::command().debug_assert();
    }

    #[test]
    fn arguments_override_the_configuration() {
        let line = ["sharpcast", "serve", "--rtmp", "127.0.0.1:0", "--http", "[::1]:0", "--device", "cpu"];
        let Command::Serve(serve) = Command::parse_from(line) else { panic!("serve expected") };
        let config = serve.config().unwrap();
        assert_eq!(config.rtmp.listen, "127.0.0.1:0".parse().unwrap());
        assert_eq!(config.http.listen, "[::1]:0".parse().unwrap());
        assert_eq!(config.enhance.device, DeviceChoice::Cpu);
    }
}
