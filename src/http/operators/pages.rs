//! Which pages there are.

use std::path::PathBuf;

/// Which of them there are, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorPages {
    /// Path of the statistics.
    pub stat: Option<String>,
    /// What browsers show them with.
    pub stylesheet: Option<String>,
    /// Path in front of the orders. They are taken from this machine alone.
    pub control: Option<String>,
    /// Folders with HLS files: the path, and what lies behind it.
    pub folders: Vec<(String, PathBuf)>,
}

/// What the server has at the root itself.
const OWN: [&str; 6] = ["api", "assets", "healthz", "hls", "metrics", "watch"];

impl OperatorPages {
    /// Whether pages may lie there: what is wrong, if they may not. Our own pages stay where they are, but files may lie among our HLS.
    pub fn check(&self) -> Result<(), String> {
        let pages = self.stat.iter().chain(&self.control).map(|path| (path.as_str(), false));
        let folders = self.folders.iter().map(|(path, _)| (path.as_str(), true));
        let mut seen: Vec<&str> = Vec::new();
        for (path, is_folder) in pages.chain(folders) {
            let first = path.trim_matches('/').split('/').next().unwrap_or_default();
            let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'));
            let is_hls = is_folder && path == "/hls";
            if !plain || !path.starts_with('/') || first.is_empty() || OWN.contains(&first) && !is_hls {
                return Err(format!(
                    "nothing can lie at {path}: the server has pages of its own there; choose another path"
                ));
            }
            if seen.contains(&first) {
                return Err(format!("two pages begin with /{first}; give each a path of its own"));
            }
            seen.push(first);
        }
        Ok(())
    }
}
