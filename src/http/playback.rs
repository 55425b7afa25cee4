//! Playback: playlists that wait for what is asked for, and the media that they list.
//!
//! | path below `/hls/NAME/` | |
//! |---|---|
//! | `index.m3u8` | multivariant playlist |
//! | `RENDITION/index.m3u8` | media playlist; `_HLS_msn`, `_HLS_part` and `_HLS_skip` as in RFC 8216bis |
//! | `RENDITION/init-N.mp4` | initialisation segment |
//! | `RENDITION/seg-MSN.m4s` | segment |
//! | `RENDITION/part-MSN-PART.m4s` | part; the one that the playlist hints at is sent once it is complete |
//!
//! Media can be fetched in pieces ([`range`]), and players on other sites may play: preflight requests are answered at
//! every address, known or not. Media never changes under its address: playlists add the session to it (`?v=`), so that
//! caches do not mix up two streams of the same name. Nothing here needs a key, and nothing here can change a stream.

mod body;
mod range;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use media::MediaTime;
use serde::Deserialize;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowHeaders, AllowPrivateNetwork, Any, CorsLayer};

use super::app::App;
use super::error::{self, ApiError};
use crate::out::RenditionId;
use crate::out::hls::{Delta, Packager, Reload, ReloadError, Resource};
use body::SegmentBody;
use range::NoSuchBytes;

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
const REVALIDATE: &str = "no-cache";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Where handlers find streams.
pub(super) trait Playable: Clone + Send + Sync + 'static {
    /// Whether there is a stream of this name, live or not.
    fn check(&self, name: &str) -> Result<(), ApiError>;

    /// What can be played of the stream of this name.
    fn packager(&self, name: &str) -> Result<Arc<Packager>, ApiError>;
}

impl Playable for App {
    fn check(&self, name: &str) -> Result<(), ApiError> {
        self.stream(name).map(|_| ())
    }

    fn packager(&self, name: &str) -> Result<Arc<Packager>, ApiError> {
        let packager = self.stream(name)?.packager();
        packager.ok_or_else(|| {
            ApiError::NotFound(format!("nobody has published {name} yet; come back when it is live"))
        })
    }
}

pub(super) fn routes<S: Playable>() -> Router<S> {
    let routes = Router::new()
        .route("/{name}/index.m3u8", get(multivariant::<S>))
        .route("/{name}/{rendition}/{file}", get(file::<S>))
        .layer(CompressionLayer::new().compress_when(is_playlist))
        // Fallbacks of its own, because layers hold for what is there already: errors are for other sites, too.
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(cors());
    Router::new().nest("/hls", routes)
}

/// Anybody may play from anywhere, and with any header: players and their sites add their own.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_private_network(AllowPrivateNetwork::yes())
        .expose_headers([
            header::ACCEPT_RANGES,
            header::AGE,
            header::CONTENT_LENGTH,
            header::CONTENT_RANGE,
            header::DATE,
            header::RETRY_AFTER,
        ])
        .max_age(Duration::from_secs(3600))
        // Answers are the same for every origin, so caches may keep one for all.
        .vary([])
}

/// Media is compressed already; playlists shrink to a fifth.
fn is_playlist(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == PLAYLIST)
}

async fn multivariant<S: Playable>(
    State(streams): State<S>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let packager = streams.packager(&name)?;
    let text = packager.wait_multivariant().await?;
    // Asked for anew every time: a track that came later is in the next answer.
    Ok(answer(PLAYLIST, REVALIDATE, text.into()))
}

async fn file<S: Playable>(
    State(streams): State<S>,
    Path((name, rendition, file)): Path<(String, String, String)>,
    query: Result<Query<Directives>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let packager = streams.packager(&name)?;
    let missing = || ApiError::NotFound(format!("{rendition}/{file} is not (or no longer) part of {name}"));
    let id = RenditionId::parse(&rendition).ok_or_else(missing)?;
    let resource = Resource::parse(&file).ok_or_else(missing)?;
    let Query(directives) = query.map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?;
    if directives.v.as_ref().is_some_and(|session| *session != packager.version_tag()) {
        return Err(missing());
    }
    let bytes = match resource {
        Resource::Playlist => return media_playlist(&packager, id, directives.reload()).await,
        Resource::Segment(msn) => {
            let segment = SegmentBody::new(Arc::clone(&packager), id, msn).ok_or_else(missing)?;
            let length = segment.length();
            return media(&packager, id, &headers, length, |range| Body::new(segment.only(range)));
        }
        Resource::Init(number) => packager.init(id, number),
        Resource::Part { msn, part } => packager.part(id, msn, part).await,
    };
    let bytes = bytes.ok_or_else(missing)?;
    let length = bytes.len() as u64;
    // A slice shares the bytes.
    media(&packager, id, &headers, length, |range| {
        bytes.slice(range.start as usize..range.end as usize).into()
    })
}

/// A file of this length, or the range of it that is asked for.
fn media(
    packager: &Packager,
    id: RenditionId,
    headers: &HeaderMap,
    length: u64,
    body: impl FnOnce(Range<u64>) -> Body,
) -> Result<Response, ApiError> {
    let wanted =
        range::wanted(headers, length).map_err(|NoSuchBytes(length)| ApiError::NoSuchBytes(length))?;
    let content_range = wanted.as_ref().and_then(|range| {
        HeaderValue::try_from(format!("bytes {}-{}/{length}", range.start, range.end - 1)).ok()
    });
    let mut response = answer(packager.media_type(id), IMMUTABLE, body(wanted.unwrap_or(0..length)));
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(content_range) = content_range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        response.headers_mut().insert(header::CONTENT_RANGE, content_range);
    }
    Ok(response)
}

async fn media_playlist(packager: &Packager, id: RenditionId, reload: Reload) -> Result<Response, ApiError> {
    let text = packager.playlist(id, reload).await?;
    let cache = match reload.msn {
        // Whoever asks for the same later does so because it is behind: it may have the old answer.
        Some(_) => format!("public, max-age={}", seconds(packager) * 6),
        None => half_a_target(packager),
    };
    Ok(answer(PLAYLIST, &cache, text.into()))
}

fn half_a_target(packager: &Packager) -> String {
    format!("public, max-age={}", seconds(packager) / 2)
}

fn seconds(packager: &Packager) -> i64 {
    packager.target_duration().map_or(0, |target| target.ticks() / MediaTime::HZ)
}

fn answer(content_type: &'static str, cache: &str, body: Body) -> Response {
    let cache = HeaderValue::from_str(cache).unwrap_or(HeaderValue::from_static("no-cache"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type)), (header::CACHE_CONTROL, cache)], body)
        .into_response()
}

/// The query that playlists and players put behind an address.
#[derive(Debug, Default, Deserialize)]
struct Directives {
    #[serde(rename = "_HLS_msn")]
    msn: Option<u64>,
    #[serde(rename = "_HLS_part")]
    part: Option<u64>,
    #[serde(rename = "_HLS_skip")]
    skip: Option<String>,
    /// The session that the address was made for.
    v: Option<String>,
}

impl Directives {
    fn reload(&self) -> Reload {
        let delta = match self.skip.as_deref() {
            Some("YES" | "v2") => Delta::Skip,
            _ => Delta::Full,
        };
        Reload { msn: self.msn, part: self.part, delta }
    }
}

impl From<ReloadError> for ApiError {
    fn from(error: ReloadError) -> Self {
        let text = error.to_string();
        match error {
            ReloadError::PartWithoutMsn | ReloadError::TooFarAhead { .. } => Self::BadRequest(text),
            ReloadError::TimedOut(_) | ReloadError::NotReady => Self::Unavailable(text),
            ReloadError::NoRendition(_) => Self::NotFound(text),
        }
    }
}

#[cfg(test)]
mod tests;
