//! Test pictures and test sound: made of nothing, the same on every run.
