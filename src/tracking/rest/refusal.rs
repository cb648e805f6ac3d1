//! What MLflow says where it refuses a request, and the kind of failure that is.

use reqwest::StatusCode;

use super::expect::Expect;
use crate::tracking::ErrorKind;

/// An error of MLflow's.
#[derive(serde::Deserialize)]
pub(super) struct Refusal {
    /// Its word for the kind.
    pub error_code: String,
    /// Its sentence.
    #[serde(default)]
    pub message: String,
}

impl Refusal {
    /// The error in a body; `None`: there is none.
    pub fn read(body: &[u8]) -> Option<Self> {
        // Most answers are large and hold none: look for the word before anything is parsed.
        let word = br#""error_code""#;
        body.windows(word.len()).any(|window| window == word).then_some(())?;
        serde_json::from_slice(body).ok()
    }

    /// What kind of failure it is, with this status.
    pub fn kind(&self, status: StatusCode, expect: Expect) -> ErrorKind {
        if self.is_of_a_busy_database() {
            ErrorKind::Unavailable
        } else {
            kind_of(&self.error_code, status, expect)
        }
    }

    /// Whether MLflow's connection to its database failed, not the request: it answers 400 to that, with SQLAlchemy's
    /// words. Nothing was written, and the next connection may be a good one.
    pub fn is_of_a_busy_database(&self) -> bool {
        self.error_code == "BAD_REQUEST"
            && self.message.contains("sqlalche.me/e/")
            && DATABASE_ERRORS.iter().any(|code| self.message.contains(&format!("/{code})")))
    }
}

/// SQLAlchemy's codes of errors that pass: no connection was free in time, one was lost, was closed, or failed within.
const DATABASE_ERRORS: [&str; 4] = ["3o7r", "8s2b", "rvf5", "2j85"];

/// The kind of failure by MLflow's error code (empty: none) first and the HTTP status second.
pub(super) fn kind_of(code: &str, status: StatusCode, expect: Expect) -> ErrorKind {
    match (code, status.as_u16()) {
        (_, 401) | ("UNAUTHENTICATED", _) => ErrorKind::Unauthorized,
        (_, 403) | ("PERMISSION_DENIED", _) => ErrorKind::Forbidden,
        ("RESOURCE_ALREADY_EXISTS", _) => ErrorKind::AlreadyExists,
        ("RESOURCE_DOES_NOT_EXIST", _) => ErrorKind::NotFound,
        ("NOT_IMPLEMENTED" | "ENDPOINT_NOT_FOUND", _) => ErrorKind::Unsupported,
        ("INTERNAL_ERROR" | "TEMPORARILY_UNAVAILABLE" | "REQUEST_LIMIT_EXCEEDED", 200..300)
        | (_, 408 | 429 | 500..) => ErrorKind::Unavailable,
        // A server without error codes is an old one that lacks the endpoint, or none of MLflow's: it says nothing of
        // whether a run exists. Files come through other layers, which have no codes.
        ("", 404) if expect == Expect::Json => ErrorKind::Unsupported,
        ("", 404) => ErrorKind::NotFound,
        ("", _) => ErrorKind::Protocol,
        _ => ErrorKind::Invalid,
    }
}
