//! `Delta-Base` (RFC 3229, 10.5.1): which package a patch starts from. Entity tags of packages are their fingerprints.

use axum::http::HeaderMap;
use models::Fingerprint;

use super::error::ApiError;

const NAME: &str = "delta-base";

/// What the request says. Tags that are no fingerprints name no package of ours.
pub(super) fn delta_base(headers: &HeaderMap) -> Result<Fingerprint, ApiError> {
    let mut values = headers.get_all(NAME).iter();
    let value = values.next().ok_or(ApiError::NoBase)?;
    if values.next().is_some() {
        return Err(malformed());
    }
    let tag = value.to_str().map_err(|_| malformed())?.trim();
    let name = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or_else(malformed)?;
    name.parse().map_err(|_| malformed())
}

fn malformed() -> ApiError {
    ApiError::BadRequest("Delta-Base holds a package's entity tag: `Delta-Base: \"FINGERPRINT\"`".to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::http::header::HeaderName;
    use axum::response::IntoResponse;

    use super::*;

    fn read(values: &[&str]) -> Result<Fingerprint, StatusCode> {
        let name = HeaderName::from_static(NAME);
        let values = values.iter().map(|value| (name.clone(), value.parse().unwrap()));
        delta_base(&values.collect()).map_err(|error| error.into_response().status())
    }

    #[test]
    fn one_tag_that_is_a_fingerprint() {
        let base = Fingerprint::of(b"1");
        let tag = format!("\"{}\"", base.to_hex());
        assert_eq!(read(&[&tag]), Ok(base));
        assert_eq!(read(&[&format!(" {tag} ")]), Ok(base));
        assert_eq!(read(&[]), Err(StatusCode::PRECONDITION_REQUIRED));
        let (bare, weak, list) = (base.to_hex(), format!("W/{tag}"), format!("{tag}, {tag}"));
        for malformed in [&bare, &weak, &list, "", "\"", "\"a", "\"v1\"", "*"] {
            assert_eq!(read(&[malformed]), Err(StatusCode::BAD_REQUEST), "{malformed:?}");
        }
        assert_eq!(read(&[&tag, &tag]), Err(StatusCode::BAD_REQUEST), "twice");
    }
}
