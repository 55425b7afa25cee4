//! Problem documents (RFC 9457): every error answer of the HTTP API.

use serde::{Deserialize, Serialize};

/// Media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// One error answer. `title` names the kind of problem, `detail` says what is wrong here and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable name of the kind of problem, as a relative URI (`/problems/model-rejected`).
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, the same for every problem of this kind.
    pub title: String,
    pub status: u16,
    /// What is wrong in this case, and what to do.
    pub detail: String,
}

impl Problem {
    /// `kind` is the last part of the type URI, such as `model-rejected`.
    pub fn new(kind: &str, title: &str, status: u16, detail: impl Into<String>) -> Self {
        Self { kind: format!("/problems/{kind}"), title: title.into(), status, detail: detail.into() }
    }
}
