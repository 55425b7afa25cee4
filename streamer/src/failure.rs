//! How a command ends when it does not end well: whose turn it is decides the exit code.

use thiserror::Error;

/// Why a command ended early.
#[derive(Debug, Error)]
pub enum Failure {
    /// The command has to change: wrong arguments, a key or a name that the server does not take.
    #[error("{}", with_causes(.0))]
    Refused(anyhow::Error),
    /// Something else has to change: a file, the network, the machine, the server.
    #[error("{}", with_causes(.0))]
    Failed(anyhow::Error),
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
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Refused(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

/// The error and what caused it, without saying anything twice: some errors name their cause themselves.
fn with_causes(error: &anyhow::Error) -> String {
    error
        .chain()
        .map(ToString::to_string)
        .reduce(|text, cause| if text.contains(&cause) { text } else { format!("{text}: {cause}") })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, Error)]
    #[error("no answer: {0}; ask again")]
    struct NamesItsCause(#[source] io::Error);

    #[test]
    fn nothing_is_said_twice() {
        let error = anyhow::Error::new(NamesItsCause(io::Error::other("refused"))).context("cannot upload");
        assert_eq!(Failure::Failed(error).to_string(), "cannot upload: no answer: refused; ask again");
    }
}
