//! Where nets run, and on how many threads.
//!
//! One build serves both kinds of machine: libtorch is linked without CUDA, and its CUDA library is opened when it is
//! wanted and there ([`cuda`]).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What the user asked for: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// CUDA if it is there, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The CUDA device with this number.
    Cuda(usize),
}

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// The word names no device.
    #[error("{0:?} is no device; write auto, cpu, cuda or cuda:N")]
    Unknown(String),
    /// CUDA was asked for and is not there.
    #[error(
        "CUDA is not available ({0}); install libtorch with CUDA (GPU=1 scripts/setup), or choose auto or cpu"
    )]
    NoCuda(String),
    /// The device's number is too large.
    #[error("there is no cuda:{wanted}, the machine has {present} CUDA device(s)")]
    NoSuchCuda {
        /// The number that was asked for.
        wanted: usize,
        /// How many there are.
        present: usize,
    },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(text.to_owned());
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                number.parse::<u8>().map(|number| Self::Cuda(number.into())).map_err(|_| unknown())
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_and_written() {
        for text in ["auto", "cpu", "cuda:0", "cuda:7"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for bad in ["", "gpu", "cuda:", "cuda:-1", "cuda:256", "CPU"] {
            assert_eq!(bad.parse::<DeviceChoice>(), Err(DeviceError::Unknown(bad.to_owned())));
        }
    }
}
