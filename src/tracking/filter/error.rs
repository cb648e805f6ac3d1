//! What is wrong with a search.

/// A search that can't be understood; the text says what was found and what would do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FilterError(pub String);

impl FilterError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<FilterError> for crate::tracking::TrackingError {
    fn from(error: FilterError) -> Self {
        Self::new(crate::tracking::ErrorKind::Invalid, error.0)
    }
}
