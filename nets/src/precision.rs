//! In which numbers a net computes.

use std::fmt;
use std::str::FromStr;

use crate::error::{NetError, NetErrorKind};

/// In which numbers a net computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// Whichever is measured faster where the hardware has both.
    #[default]
    Auto,
    F32,
    /// bfloat16: 8 bits of mantissa, inputs exact, sums in single precision. About half the time of [`Precision::F32`] on
    /// processors with AVX-512 BF16.
    Bf16,
    /// 8-bit integers, on processors with instructions for them.
    Int8,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        })
    }
}

impl FromStr for Precision {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        match text {
            "auto" => Ok(Self::Auto),
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "int8" => Ok(Self::Int8),
            _ => {
                let what = format!("{text:?} is no precision; write auto, f32, bf16 or int8");
                Err(NetError::new(NetErrorKind::Word, what))
            }
        }
    }
}
