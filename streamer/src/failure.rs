//! How a command ends when it does not end well: whose turn it is decides the exit code.

use std::process::ExitCode;

use thiserror::Error;

/// Why a command ended early.
#[derive(Debug, Error)]
pub enum Failure {
    /// The command has to change: wrong arguments, a key or a name that the server does not take.
    #[error("{0:#}")]
    Refused(#[source] anyhow::Error),
    /// Something else has to change: a file, the network, the machine, the server.
    #[error("{0:#}")]
    Failed(#[source] anyhow::Error),
}

impl Failure {
    /// The command has to change.
    pub fn refused(error: impl Into<anyhow::Error>) -> Self {
        Self::Refused(error.into())
    }

    /// Something else has to change.
    pub fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self::Failed(error.into())
    }

    /// 2 if the command has to change, else 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}
