//! The nets, one architecture per file.

pub mod f_edsr;
