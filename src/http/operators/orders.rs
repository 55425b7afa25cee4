//! Orders as nginx-rtmp takes them: `/control/drop/publisher?app=live&name=demo`. From this machine alone: they have no key.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use nginx_compat::control::{Action, Answer, Order, Whom, understand};
use tokio::sync::oneshot;

use crate::clients::{Client, Letter, Role};
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
) -> Result<(StatusCode, String), ApiError> {
    // A proxy on this machine speaks for anybody, and so does a page in a browser that runs here.
    let is_passed_on = FOREIGN.iter().any(|name| headers.contains_key(*name));
    if is_passed_on || !peer.ip().to_canonical().is_loopback() {
        return Err(ApiError::Forbidden("orders are taken from the server's own machine only".to_owned()));
    }
    let order = understand(&order, &fields).map_err(ApiError::BadRequest)?;
    let all = app.clients.all();
    let answer = match &order.action {
        Action::Drop(whom) => {
            let meant = all.iter().filter(|client| is_meant(client, *whom, &order));
            Answer::Count(meant.inspect(|client| drop_by_order(client)).count())
        }
        Action::Redirect(whom, name) => {
            let meant = all.iter().filter(|client| is_meant(client, *whom, &order));
            Answer::Count(meant.inspect(|client| client.post(Letter::Redirect(name.clone()))).count())
        }
        Action::RecordStart(_) | Action::RecordStop(_) => record(&app, order).await?,
    };
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, answer.body()))
}

fn drop_by_order(client: &Client) {
    tracing::info!(client = client.id, peer = %client.peer, "dropped by order");
    client.end();
}

/// Gives an order to the recorders.
pub(in crate::http) async fn record(app: &App, order: Order) -> Result<Answer, ApiError> {
    let (answer, answered) = oneshot::channel();
    let busy = || ApiError::Unavailable("the server is busy with earlier orders; try again".to_owned());
    app.record.try_send((order, answer)).map_err(|_| busy())?;
    answered.await.map_err(|_| busy())
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
