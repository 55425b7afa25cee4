//! What sharpcast costs. `benches/` has the criterion benchmarks of the parts, `src/bin/` what is measured on the whole
//! programs: `latency` (publisher's picture to playlist), `endurance` (does memory grow in an hour?), `uplink` (do
//! uploads disturb the video? [`uplink`]), `evaluate` (picture quality, [`evaluate`]) and `evaluate-training` (what training
//! while streaming earns, [`adaptation`]). Dated results, each with its command and machine, lie in `runs/`. Nothing here is asserted: figures are for reading.

pub mod adaptation;
pub mod evaluate;
pub mod uplink;

use std::fmt::Write as _;

/// Value below which the share `p` (0..=1) of `values` lies; NaN if there are none.
pub fn percentile(values: &mut [f64], p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * p).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Seconds that all cores together have spent on this process.
pub fn processor_time() -> f64 {
    streamer::clock::processor_time().as_secs_f64()
}

/// One line on the machine that figures were taken on.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("?").to_owned()
    };
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let memory: u64 =
        read("/proc/meminfo").split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0);
    let mut text = format!("{cores} cores, {}, {} GiB", field("model name"), memory / 1024 / 1024);
    for feature in ["avx512_bf16", "amx_bf16"] {
        if cpu.contains(feature) {
            let _ = write!(text, ", {feature}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_of_a_hundred() {
        let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert!((percentile(&mut values, 0.5) - 50.0).abs() < 1e-9);
        assert!((percentile(&mut values, 0.95) - 95.0).abs() < 1e-9);
        assert!(percentile(&mut [], 0.5).is_nan());
    }
}
