//! Error answers: problem documents (RFC 9457) that say what is wrong and what to do.

use std::fmt;
use std::time::Duration;

use api::control::model::PATCH_CONTENT_TYPE;
use api::control::{Problem, problem};
use axum::extract::OriginalUri;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::inference::PackageRejection;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nothing lives at this path.
    #[error("there is nothing at {0}")]
    NoRoute(String),
    /// The path knows other methods.
    #[error("{0} is not possible here; the Allow header says what is")]
    NoMethod(Method),
    /// No such stream.
    #[error("there is no stream named {0:?}; GET /api/v1/streams lists all")]
    NoStream(String),
    /// A file of a stream that is not there (any more).
    #[error("{0}")]
    NotFound(String),
    /// A request that makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// The answer is not there yet, or not in time.
    #[error("{0}")]
    Unavailable(String),
    /// The key is missing.
    #[error("send the {0} key: `Authorization: Bearer KEY`")]
    NoKey(Whose),
    /// The key is another one.
    #[error("this is not the {0} key")]
    WrongKey(Whose),
    /// There is none.
    #[error(
        "this stream is open to everybody and has no key: nets are taken for streams with a key only ([[stream]])"
    )]
    OpenStream,
    /// Something else is in the way.
    #[error("{0}")]
    Conflict(String),
    /// Not from there.
    #[error("{0}")]
    Forbidden(String),
    /// Too many of them were.
    #[error("too many wrong keys came from your address; try the right one in {} s", whole_seconds(*.0))]
    TooManyKeys(Duration),
    /// The range begins behind the end.
    #[error("there are only {0} bytes")]
    NoSuchBytes(u64),
    /// The body is too long.
    #[error("the {what} is larger than {limit} bytes, {}", what.limit_reason())]
    TooLarge {
        /// What was sent.
        what: Upload,
        /// Bytes that are accepted.
        limit: usize,
    },
    /// The body took too long.
    #[error("the {0} came too slowly; send at least 2 kB a second")]
    TooSlow(Upload),
    /// The body broke off.
    #[error("the {0} did not arrive whole; send it again")]
    Broken(Upload),
    /// More uploads than make sense.
    #[error("packages come too fast; send the newest one in {} s", whole_seconds(*.0))]
    TooMany(Duration),
    /// The stream runs no net.
    #[error("this stream is configured for plain upsampling: there is nothing to train")]
    NoTraining,
    /// The body of a patch is of another media type.
    #[error("send patches as `Content-Type: {PATCH_CONTENT_TYPE}`, or the whole package with PUT")]
    NotAPatch,
    /// A patch that does not say of what.
    #[error("say which package the patch starts from: `Delta-Base: \"FINGERPRINT\"`")]
    NoBase,
    /// The package is not used.
    #[error("{0}")]
    Rejected(#[from] PackageRejection),
    /// The report has other fields than it should, of other types, or numbers that cannot be.
    #[error("{0}")]
    BadReport(String),
    #[error("nobody publishes to this stream: publish first, then say how training stands")]
    NotPublished,
}

/// Whose key is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Stream,
    Admin,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "stream",
            Self::Admin => "admin",
        })
    }
}

/// What comes as the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {
    /// A model package.
    Package,
    /// A training report.
    Report,
}

impl Upload {
    fn limit_reason(self) -> &'static str {
        match self {
            Self::Package => "the most that this stream's net can have",
            Self::Report => "the most that a report may have; send the newest looks and trainings only",
        }
    }
}

impl fmt::Display for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Package => "package",
            Self::Report => "report",
        })
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute(_) | Self::NoStream(_) | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::NoMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) | Self::Broken(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable(_) | Self::Rejected(PackageRejection::Busy | PackageRejection::Engine(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NoKey(_) | Self::WrongKey(_) => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany(_) | Self::TooManyKeys(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoSuchBytes(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::OpenStream | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NoTraining
            | Self::NotPublished
            | Self::Conflict(_)
            | Self::Rejected(PackageRejection::NoNets) => StatusCode::CONFLICT,
            Self::NotAPatch => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NoBase => StatusCode::PRECONDITION_REQUIRED,
            Self::Rejected(PackageRejection::OtherBase) => StatusCode::PRECONDITION_FAILED,
            Self::Rejected(_) | Self::BadReport(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// Name and title of the kind of problem.
    fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoRoute(_) | Self::NotFound(_) => ("not-found", "Not found"),
            Self::NoStream(_) => ("no-such-stream", "No such stream"),
            Self::NoMethod(_) => ("method-not-allowed", "Method not allowed"),
            Self::BadRequest(_) => ("bad-request", "Bad request"),
            Self::Unavailable(_) | Self::Rejected(PackageRejection::Busy | PackageRejection::Engine(_)) => {
                ("not-available", "Not available now")
            }
            Self::NoKey(_) => ("key-missing", "Key missing"),
            Self::WrongKey(_) => ("key-wrong", "Wrong key"),
            Self::Conflict(_) => ("conflict", "In conflict with what is there"),
            Self::Forbidden(_) => ("forbidden", "Not allowed from there"),
            Self::OpenStream => ("stream-open", "Stream without a key"),
            Self::TooManyKeys(_) => ("too-many-keys", "Too many wrong keys"),
            Self::NoSuchBytes(_) => ("no-such-bytes", "Range not satisfiable"),
            Self::TooLarge { what: Upload::Package, .. } => ("model-too-large", "Model package too large"),
            Self::TooLarge { what: Upload::Report, .. } => ("report-too-large", "Training report too large"),
            Self::TooSlow(Upload::Package) | Self::Broken(Upload::Package) => {
                ("model-incomplete", "Model package incomplete")
            }
            Self::TooSlow(Upload::Report) | Self::Broken(Upload::Report) => {
                ("report-incomplete", "Training report incomplete")
            }
            Self::TooMany(_) => ("too-many-uploads", "Too many uploads"),
            Self::NoTraining | Self::Rejected(PackageRejection::NoNets) => {
                ("no-training", "Nothing to train")
            }
            Self::NotAPatch => ("media-type-not-supported", "Media type not supported"),
            Self::NoBase => ("base-missing", "Delta-Base missing"),
            Self::Rejected(PackageRejection::OtherBase) => ("other-base", "Patch of another package"),
            Self::Rejected(_) => ("model-rejected", "Model package rejected"),
            Self::BadReport(_) => ("report-rejected", "Training report rejected"),
            Self::NotPublished => ("not-published", "Nobody publishes"),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(wait) | Self::TooManyKeys(wait) => Some(whole_seconds(*wait)),
            Self::Unavailable(_) => Some(1),
            Self::Rejected(PackageRejection::Busy | PackageRejection::Engine(_)) => Some(5),
            _ => None,
        }
    }
}

/// At least one, and enough: who comes back after them is not told to wait again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).max(1) as u64
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (kind, title) = self.kind();
        let problem = Problem::new(kind, title, self.status().as_u16(), self.to_string());
        let body = serde_json::to_vec(&problem).expect("strings and a number always serialise");
        let mut response =
            (self.status(), [(header::CONTENT_TYPE, problem::CONTENT_TYPE)], body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let challenge = match self {
            Self::NoKey(_) => Some("Bearer"),
            Self::WrongKey(_) => Some("Bearer error=\"invalid_token\""),
            _ => None,
        };
        if let Self::NoSuchBytes(length) = self
            && let Ok(range) = HeaderValue::try_from(format!("bytes */{length}"))
        {
            headers.insert(header::CONTENT_RANGE, range);
        }
        if matches!(self, Self::NotAPatch) {
            headers.insert("accept-patch", HeaderValue::from_static(PATCH_CONTENT_TYPE));
        }
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// Answers where no route fits.
pub(super) async fn no_route(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::NoRoute(uri.path().chars().take(200).collect())
}

/// Answers where no method fits.
pub(super) async fn no_method(method: Method) -> ApiError {
    ApiError::NoMethod(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn errors_are_problem_documents() {
        let response = ApiError::TooMany(Duration::from_secs(2)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.headers()[header::CONTENT_TYPE], problem::CONTENT_TYPE);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!((problem.kind.as_str(), problem.status), ("/problems/too-many-uploads", 429));
    }
}
