//! HLS and DASH files of a folder, for players that read them where nginx had them. Keys are not among them: this server knows nobody who
//! may have them.

use std::path::{Path as FilePath, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeFile;

use crate::http::app::App;
use crate::http::error::ApiError;

/// `PATH/NAME.m3u8`, and `PATH/NAME/0.ts` where each stream has a folder.
pub(super) fn routes(path: &str, folder: &FilePath) -> Router<App> {
    let flat = folder.to_owned();
    let nested = folder.to_owned();
    Router::new()
        .route(
            &format!("{path}/{{file}}"),
            get(move |Path(file): Path<String>, request: Request| hand_out(flat, vec![file], request)),
        )
        .route(
            &format!("{path}/{{name}}/{{file}}"),
            get(move |Path((name, file)): Path<(String, String)>, request: Request| {
                hand_out(nested, vec![name, file], request)
            }),
        )
}

async fn hand_out(folder: PathBuf, parts: Vec<String>, request: Request) -> Result<Response, ApiError> {
    let missing = || {
        ApiError::NotFound(format!(
            "there is no file {}",
            parts.join("/").chars().take(200).collect::<String>()
        ))
    };
    // One name each, never hidden, never a way out of the folder.
    if parts.iter().any(|part| part.starts_with('.') || part.contains(['/', '\\', '\0'])) {
        return Err(missing());
    }
    let name = parts.last().map_or("", String::as_str);
    let (kind, caching) = kind(name).ok_or_else(missing)?;
    let path = parts.iter().fold(folder, |path, part| path.join(part));
    let answer = ServeFile::new(path).try_call(request).await.map_err(|_| missing())?;
    if answer.status().is_client_error() {
        return Err(missing());
    }
    let mut answer = answer.map(Body::new).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(answer)
}

/// What a file is, and how long it may be kept. `None` for what is not handed out.
fn kind(name: &str) -> Option<(&'static str, &'static str)> {
    const SEGMENT: &str = "max-age=3600";
    const CHANGES: &str = "no-cache";
    let (stem, extension) = name.rsplit_once('.')?;
    // What segments are decoded with keeps its name when it changes.
    let fragment = if stem.ends_with("init") { CHANGES } else { SEGMENT };
    match extension {
        "m3u8" => Some(("application/vnd.apple.mpegurl", CHANGES)),
        "ts" => Some(("video/mp2t", SEGMENT)),
        "mpd" => Some(("application/dash+xml", CHANGES)),
        "m4v" => Some(("video/mp4", fragment)),
        "m4a" => Some(("audio/mp4", fragment)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_playlists_and_segments_are_handed_out() {
        let table = [
            ("demo.m3u8", Some(("application/vnd.apple.mpegurl", "no-cache"))),
            ("demo-1.ts", Some(("video/mp2t", "max-age=3600"))),
            ("demo.mpd", Some(("application/dash+xml", "no-cache"))),
            ("demo-init.m4v", Some(("video/mp4", "no-cache"))),
            ("90000.m4a", Some(("audio/mp4", "max-age=3600"))),
            ("demo-1.key", None),
            ("passwd", None),
        ];
        for (name, expected) in table {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}
