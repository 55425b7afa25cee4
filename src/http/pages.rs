//! Pages for people: the list of streams and the player, with what they load.
//!
//! Everything is embedded in the program. Pages hold no state and no data of a stream: their scripts ask the control
//! API. No script or style is inline, which the content security policy enforces. What is embedded is compressed once,
//! not for every reader.

use std::io::Write;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::error::ApiError;
use super::playback::Playable;

/// Scripts, styles and connections of our own only. hls.js runs its worker from, and feeds the video through, `blob:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'";
/// Named by its version.
const HLS_JS: &str = "hls-1.7.4.min.js";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Ours change with the program, and are small.
const SHORT: &str = "public, max-age=60";
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Name, media type, caching and content of everything below `/assets/`.
const ASSETS: [(&str, &str, &str, &[u8]); 10] = [
    (HLS_JS, SCRIPT, IMMUTABLE, include_bytes!("../../web/node_modules/hls.js/dist/hls.min.js")),
    ("style.css", STYLE, SHORT, include_bytes!("../../web/style.css")),
    ("home.js", SCRIPT, SHORT, include_bytes!("../../web/home.js")),
    ("watch.js", SCRIPT, SHORT, include_bytes!("../../web/watch.js")),
    ("player.js", SCRIPT, SHORT, include_bytes!("../../web/player.js")),
    ("compare.js", SCRIPT, SHORT, include_bytes!("../../web/compare.js")),
    ("status.js", SCRIPT, SHORT, include_bytes!("../../web/status.js")),
    ("training.js", SCRIPT, SHORT, include_bytes!("../../web/training.js")),
    ("training.css", STYLE, SHORT, include_bytes!("../../web/training.css")),
    ("icon.svg", "image/svg+xml", SHORT, include_bytes!("../../web/icon.svg")),
];

pub(super) fn routes<S: Playable>() -> Router<S> {
    Router::new()
        .route("/", get(home))
        .route("/watch/{name}", get(watch::<S>))
        .route("/assets/{file}", get(asset))
}

async fn home() -> Response {
    page(StatusCode::OK, include_str!("../../web/index.html"))
}

/// The page itself says so if there is no such stream; the status says it to programs.
async fn watch<S: Playable>(State(streams): State<S>, Path(name): Path<String>) -> Response {
    let status = if streams.check(&name).is_ok() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    page(status, include_str!("../../web/watch.html"))
}

async fn asset(headers: HeaderMap, Path(file): Path<String>) -> Result<Response, ApiError> {
    let index = ASSETS
        .iter()
        .position(|(name, ..)| *name == file)
        .ok_or_else(|| ApiError::NotFound("there is no such asset".to_owned()))?;
    let (_, kind, cache, content) = ASSETS[index];
    let common = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
        NO_SNIFF,
    ];
    Ok(if takes_gzip(&headers) {
        (common, [(header::CONTENT_ENCODING, "gzip")], COMPRESSED[index].clone()).into_response()
    } else {
        (common, content).into_response()
    })
}

/// The assets, compressed when the first one is asked for.
static COMPRESSED: LazyLock<[Bytes; ASSETS.len()]> = LazyLock::new(|| {
    ASSETS.map(|(.., content)| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let written = encoder.write_all(content).and_then(|()| encoder.finish());
        written.expect("memory takes everything").into()
    })
});

/// Whether the reader names gzip, and does not refuse it with a weight of zero.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
    })
}

const NO_SNIFF: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

fn page(status: StatusCode, html: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(HTML)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, html).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What pages and scripts name below `/assets/` is there.
    #[tokio::test]
    async fn everything_that_pages_load_is_embedded() {
        let texts = ASSETS.iter().skip(1).map(|(.., content)| std::str::from_utf8(content).unwrap());
        let pages = [include_str!("../../web/index.html"), include_str!("../../web/watch.html")];
        let mut found = 0;
        for text in texts.chain(pages) {
            for rest in text.split("/assets/").skip(1) {
                let name: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
                let response = asset(HeaderMap::new(), Path(name.clone())).await;
                assert!(response.is_ok(), "{name}");
                found += 1;
            }
        }
        assert!(found >= 8, "{found}");
        assert!(asset(HeaderMap::new(), Path("nothing.js".to_owned())).await.is_err());
    }

    #[tokio::test]
    async fn assets_are_compressed_for_who_takes_it() {
        for (accepted, expected) in [("br, gzip;q=0.5", true), ("gzip;q=0", false), ("identity", false)] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            let response = asset(headers, Path("watch.js".to_owned())).await.unwrap();
            assert_eq!(response.headers().contains_key(header::CONTENT_ENCODING), expected, "{accepted}");
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            assert_eq!(body.starts_with(&[0x1f, 0x8b]), expected, "{accepted}");
        }
    }

    #[tokio::test]
    async fn pages_need_nothing_that_their_policy_forbids() {
        for html in [include_str!("../../web/index.html"), include_str!("../../web/watch.html")] {
            for forbidden in ["style=", "<style", "onclick", "onload", "javascript:", "http://", "https://"] {
                assert!(!html.contains(forbidden), "{forbidden}");
            }
            assert_eq!(
                html.matches("<script").count(),
                html.matches("<script src=").count()
                    + html.matches("<script defer src=").count()
                    + html.matches("<script type=\"module\" src=").count()
            );
        }
        let response = home().await;
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
    }

    #[test]
    fn the_library_is_the_version_that_its_name_says() {
        let package = include_str!("../../web/node_modules/hls.js/package.json");
        let version = HLS_JS.trim_start_matches("hls-").trim_end_matches(".min.js");
        assert!(
            package.contains(&format!("\"version\": \"{version}\"")),
            "rename the asset in pages.rs and web/*.html"
        );
    }
}
