//! HTTP: playback, control API, pages, metrics.
//!
//! Every error answer is a problem document ([`error`]), also where no route or no method fits. Connections are
//! limited and headers must come in time ([`serve()`]); idle ones end ([`activity`]). Handlers never wait for media
//! work: they read figures, or wait for a change that somebody else announces.

mod access;
mod activity;
mod admin;
mod app;
pub mod control;
mod delta_base;
pub mod error;
mod gate;
mod guard;
mod health;
mod key;
mod metrics;
mod operators;
mod orders;
mod pages;
mod playback;
mod serve;
mod status;

use axum::Router;

pub use access::AccessSettings;
pub use app::{App, Parts};
pub use operators::pages::OperatorPages;
pub use orders::{Record, RecordOrders, Reload, ReloadOrders, record_orders, reload_orders};
pub use serve::{Web, serve};

/// All routes.
pub fn router(app: App) -> Router {
    let operators = operators::routes(&app.pages);
    Router::new()
        .merge(operators)
        .merge(pages::routes())
        .merge(playback::routes())
        .merge(status::routes())
        .merge(control::routes())
        .merge(admin::routes())
        .merge(metrics::routes())
        .merge(health::routes())
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .with_state(app)
}
