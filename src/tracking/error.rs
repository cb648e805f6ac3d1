//! What can go wrong between us and a tracking store.

use std::fmt;

/// The result of every call to a store.
pub type Result<T, E = TrackingError> = std::result::Result<T, E>;

/// The kinds of failure that callers distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The experiment, run or artifact does not exist (`RESOURCE_DOES_NOT_EXIST`).
    NotFound,
    /// The name is taken (`RESOURCE_ALREADY_EXISTS`).
    AlreadyExists,
    /// The store refused the request as wrong (`INVALID_PARAMETER_VALUE`, `BAD_REQUEST`).
    Invalid,
    /// No or wrong credentials (401).
    Unauthorized,
    /// Credentials without the right to do this (403).
    Forbidden,
    /// The store can't be reached or keeps failing; trying again later may help.
    Unavailable,
    /// The store answered with something that is not MLflow's protocol or schema.
    Protocol,
    /// The store does not have this operation.
    Unsupported,
    /// A local file could not be read or written.
    Io,
}

/// A failure with its kind, what failed, and what to do about it.
#[derive(Debug)]
pub struct TrackingError {
    /// What callers decide by.
    pub kind: ErrorKind,
    /// What failed, for a person; never holds credentials.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What caused it.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TrackingError {
    /// A failure of this kind, with what failed.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

impl fmt::Display for TrackingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TrackingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
