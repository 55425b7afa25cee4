//! `Range` (RFC 9110, 14.2): which bytes of a file somebody wants.
//!
//! One range is served. Several at once, other units and what cannot be read are ignored, which the specification
//! allows: the whole file is the answer then. So it is with `If-Range`, because media carry no validators.

use std::ops::Range;

use axum::http::{HeaderMap, header};

/// The wanted bytes of `length`; `None` is all of them. An error if there are no such bytes.
pub(super) fn wanted(headers: &HeaderMap, length: u64) -> Result<Option<Range<u64>>, NoSuchBytes> {
    let mut values = headers.get_all(header::RANGE).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    if values.next().is_some() || headers.contains_key(header::IF_RANGE) {
        return Ok(None);
    }
    match value.and_then(read) {
        None => Ok(None),
        Some((Some(first), last)) if first < length => {
            Ok(Some(first..last.map_or(length, |last| last.saturating_add(1).min(length))))
        }
        Some((None, Some(suffix))) if suffix > 0 && length > 0 => {
            Ok(Some(length.saturating_sub(suffix)..length))
        }
        Some(_) => Err(NoSuchBytes(length)),
    }
}

/// The file has only so many bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSuchBytes(pub(super) u64);

/// First and last byte; without a first one, the number of bytes at the end.
fn read(value: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, set) = value.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(first) && digits(last)) {
        return None;
    }
    let first = number(first);
    let last = number(last);
    let backwards = first.is_some_and(|first| last.is_some_and(|last| last < first));
    let meant =
        unit.trim().eq_ignore_ascii_case("bytes") && !backwards && (first.is_some() || last.is_some());
    meant.then_some((first, last))
}

/// Digits may be missing, and numbers larger than any file.
fn number(digits: &str) -> Option<u64> {
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn ask(value: &str, length: u64) -> Result<Option<Range<u64>>, NoSuchBytes> {
        let value = HeaderValue::from_str(value).unwrap();
        wanted(&HeaderMap::from_iter([(header::RANGE, value)]), length)
    }

    #[test]
    fn ranges_as_the_specification_has_them() {
        for (value, expected) in [
            ("bytes=0-9", Ok(Some(0..10))),
            ("bytes=0-0", Ok(Some(0..1))),
            ("Bytes = 90-", Ok(Some(90..100))),
            ("bytes=90-4000", Ok(Some(90..100))),
            ("bytes=99-99999999999999999999999", Ok(Some(99..100))),
            ("bytes=-1", Ok(Some(99..100))),
            ("bytes=-4000", Ok(Some(0..100))),
            ("bytes=100-", Err(NoSuchBytes(100))),
            ("bytes=18446744073709551615-", Err(NoSuchBytes(100))),
            ("bytes=-0", Err(NoSuchBytes(100))),
            ("bytes=9-0", Ok(None)),
            ("bytes=-", Ok(None)),
            ("bytes=", Ok(None)),
            ("bytes=0-1,5-6", Ok(None)),
            ("bytes=+1-2", Ok(None)),
            ("bytes=1-2-3", Ok(None)),
            ("bytes", Ok(None)),
            ("pictures=0-9", Ok(None)),
        ] {
            assert_eq!(ask(value, 100), expected, "{value}");
        }
        assert_eq!(ask("bytes=0-", 0), Err(NoSuchBytes(0)));
        assert_eq!(ask("bytes=-5", 0), Err(NoSuchBytes(0)));
    }

    #[test]
    fn whoever_has_another_version_gets_the_whole() {
        let mut headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=0-9"))]);
        assert_eq!(wanted(&headers, 100), Ok(Some(0..10)));
        headers.append(header::RANGE, HeaderValue::from_static("bytes=5-6"));
        assert_eq!(wanted(&headers, 100), Ok(None));
        headers.remove(header::RANGE);
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-9"));
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"v1\""));
        assert_eq!(wanted(&headers, 100), Ok(None));
    }

    proptest! {
        #[test]
        fn any_header_is_answered_within_the_file(value in proptest::collection::vec(any::<u8>(), 0..40), length in 0_u64..200) {
            if let Ok(value) = HeaderValue::from_bytes(&value)
                && let Ok(Some(range)) = wanted(&HeaderMap::from_iter([(header::RANGE, value)]), length)
            {
                prop_assert!(range.start < range.end && range.end <= length);
            }
        }

        #[test]
        fn any_range_is_what_it_says(first in proptest::option::of(0_u64..300), last in proptest::option::of(0_u64..300), length in 0_u64..200) {
            let text = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
            let asked = ask(&format!("bytes={}-{}", text(first), text(last)), length);
            let bytes: Vec<u64> = (0..length).collect();
            let expected: Vec<u64> = match (first, last) {
                (Some(first), Some(last)) => bytes.iter().copied().filter(|byte| (first..=last).contains(byte)).collect(),
                (Some(first), None) => bytes.iter().copied().filter(|byte| *byte >= first).collect(),
                (None, Some(last)) => bytes.iter().copied().rev().take(last as usize).rev().collect(),
                (None, None) => bytes.clone(),
            };
            match asked {
                Ok(Some(range)) => prop_assert_eq!(&bytes[range.start as usize..range.end as usize], &expected[..]),
                Ok(None) => prop_assert!((first, last) == (None, None) || first > last),
                Err(NoSuchBytes(all)) => prop_assert!(all == length && expected.is_empty()),
            }
        }
    }
}
