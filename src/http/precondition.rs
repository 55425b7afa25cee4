//! `If-Match` (RFC 9110, 13.1.1): which package a patch was made for. Entity tags of packages are their fingerprints.

use axum::http::{HeaderMap, header};

use super::error::ApiError;
use crate::enhance::Condition;

/// Tags that are looked at; a client has one package in mind, or a few.
const MAX_TAGS: usize = 16;

/// What the request says. Weak tags and tags that are no fingerprints name no package of ours.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Condition, ApiError> {
    let mut fingerprints = Vec::new();
    let mut given = false;
    for value in headers.get_all(header::IF_MATCH) {
        given = true;
        let value = value.to_str().map_err(|_| malformed())?;
        if value.trim() == "*" {
            return Ok(Condition::Any);
        }
        for tag in value.split(',').take(MAX_TAGS) {
            let (weak, tag) = tag.trim().strip_prefix("W/").map_or((false, tag.trim()), |tag| (true, tag));
            let name = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or_else(malformed)?;
            if let (Ok(fingerprint), false) = (name.parse(), weak) {
                fingerprints.push(fingerprint);
            }
        }
    }
    if given { Ok(Condition::OneOf(fingerprints)) } else { Err(ApiError::NoCondition) }
}

fn malformed() -> ApiError {
    ApiError::BadRequest("If-Match holds entity tags in quotes: `If-Match: \"FINGERPRINT\"`".to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    use models::Fingerprint;

    use super::*;

    fn read(values: &[&str]) -> Result<Condition, StatusCode> {
        let values = values.iter().map(|value| (header::IF_MATCH, value.parse().unwrap()));
        if_match(&values.collect()).map_err(|error| error.into_response().status())
    }

    #[test]
    fn conditions_as_clients_write_them() {
        let (one, two) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        let (first, second) = (format!("\"{}\"", one.to_hex()), format!("\"{}\"", two.to_hex()));
        let only = |fingerprints: &[Fingerprint]| Ok(Condition::OneOf(fingerprints.to_vec()));
        assert_eq!(read(&[&first]), only(&[one]));
        assert_eq!(read(&[&format!("{first} , {second}")]), only(&[one, two]));
        assert_eq!(read(&[&first, &second]), only(&[one, two]));
        assert_eq!(read(&[&format!("W/{first}, {second}")]), only(&[two]), "weak tags are not strong enough");
        assert_eq!(read(&["\"v1\""]), only(&[]), "somebody else's tag");
        assert_eq!(read(&["*"]), Ok(Condition::Any));
        assert_eq!(read(&[]), Err(StatusCode::PRECONDITION_REQUIRED));
        for malformed in [one.to_hex().as_str(), "", "\"", "\"a", "\"a\","] {
            assert_eq!(read(&[malformed]), Err(StatusCode::BAD_REQUEST), "{malformed:?}");
        }
    }
}
