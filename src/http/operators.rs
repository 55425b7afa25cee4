//! What operators of nginx-rtmp know: `/stat`, `/control`, and folders of HLS files, where the configuration wants them.

mod files;
pub(super) mod orders;
pub(super) mod pages;
mod stat;

use axum::Router;
use axum::routing::get;

use super::app::App;
use pages::OperatorPages;

pub(super) fn routes(pages: &OperatorPages) -> Router<App> {
    let mut router = Router::new();
    if let Some(path) = &pages.stat {
        router = router.route(path, get(stat::page));
    }
    if let Some(path) = &pages.control {
        router = router.route(&format!("{}/{{*order}}", path.trim_end_matches('/')), get(orders::take));
    }
    for (path, folder) in &pages.folders {
        router = router.merge(files::routes(path, folder));
    }
    router
}
