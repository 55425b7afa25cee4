//! What operators of nginx-rtmp know: `/stat`, `/control`, and folders of HLS files, where the configuration wants them.

mod orders;
mod stat;

use std::path::PathBuf;

use axum::Router;
use axum::routing::get;
use tower_http::services::ServeDir;

use super::app::App;

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

pub(super) fn routes(pages: &OperatorPages) -> Router<App> {
    let mut router = Router::new();
    if let Some(path) = &pages.stat {
        router = router.route(path, get(stat::page));
    }
    if let Some(path) = &pages.control {
        router = router.route(&format!("{}/{{*order}}", path.trim_end_matches('/')), get(orders::take));
    }
    for (path, folder) in &pages.folders {
        router = router.nest_service(path, ServeDir::new(folder).append_index_html_on_directories(false));
    }
    router
}
