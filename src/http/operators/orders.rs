//! Orders as nginx-rtmp takes them: `/control/drop/publisher?app=live&name=demo`. From this machine alone: they have no key.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::HeaderMap;
use nginx_compat::control::{Action, Order, Whom, understand};

use crate::clients::{Client, Role};
use crate::http::app::App;
use crate::http::error::ApiError;

/// Headers of requests that somebody else has made or passed on.
const FOREIGN: [&str; 6] = ["forwarded", "origin", "referer", "sec-fetch-site", "via", "x-forwarded-for"];

pub(super) async fn take(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path(order): Path<String>,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<String, ApiError> {
    // A proxy on this machine speaks for anybody, and so does a page in a browser that runs here.
    let is_passed_on = FOREIGN.iter().any(|name| headers.contains_key(*name));
    if is_passed_on || !peer.ip().to_canonical().is_loopback() {
        return Err(ApiError::Forbidden("orders are taken from the server's own machine only".to_owned()));
    }
    let order = understand(&order, &fields).map_err(ApiError::BadRequest)?;
    let Action::Drop(whom) = order.action else {
        let what = order.action.section();
        return Err(ApiError::BadRequest(format!(
            "`{what}` is not possible here: recordings begin and end with their publishers, and hooks redirect"
        )));
    };
    let mut dropped = 0;
    for client in app.clients.all().iter().filter(|client| is_meant(client, whom, &order)) {
        tracing::info!(client = client.id, peer = %client.peer, "dropped by order");
        client.end();
        dropped += 1;
    }
    // As there: how many it were.
    Ok(format!("{dropped}"))
}

fn is_meant(client: &Client, whom: Whom, order: &Order) -> bool {
    let role = client.role();
    let fits = match (whom, &role) {
        (Whom::Publisher, Role::Publishes(_)) | (Whom::Subscriber, Role::Plays(_)) => true,
        (Whom::Client, role) => *role != Role::Waits,
        _ => false,
    };
    let app = client.introduction().map(|said| said.app.trim_matches('/')).unwrap_or_default();
    let in_app = order.app.as_deref().is_none_or(|wanted| app.split('?').next() == Some(wanted));
    let name = match &role {
        Role::Waits => "",
        Role::Publishes(name) | Role::Plays(name) => name.as_str(),
    };
    let own = name.strip_prefix(app).and_then(|name| name.strip_prefix('.')).unwrap_or(name);
    let named = order.name.as_deref().is_none_or(|wanted| wanted == name || wanted == own);
    let from = order.address.is_none_or(|address| address == client.peer.ip().to_canonical());
    let numbered = order.client.is_none_or(|id| id == client.id);
    fits && in_app && named && from && numbered
}
