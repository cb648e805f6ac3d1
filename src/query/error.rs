//! Why a question about a sweep has no answer.

use crate::strategy::StrategyError;
use crate::tracking::TrackingError;

/// Why a question about a sweep has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TrackingError),
    /// The sweep's method can't make its points.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// What was asked for is not there.
    #[error("{message}")]
    Unknown {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The store does not hold what the answer is made from.
    #[error("{message}")]
    Unrecorded {
        /// What is missing.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl QueryError {
    /// What was asked for is not there.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::Unknown { message: message.into(), hint: None }
    }

    /// The store does not hold what the answer is made from.
    pub fn unrecorded(message: impl Into<String>) -> Self {
        Self::Unrecorded { message: message.into(), hint: None }
    }

    /// Adds what to do, where the error has none of its own.
    #[must_use]
    pub fn with_hint(self, text: impl Into<String>) -> Self {
        let hint = Some(text.into());
        match self {
            Self::Unknown { message, .. } => Self::Unknown { message, hint },
            Self::Unrecorded { message, .. } => Self::Unrecorded { message, hint },
            other => other,
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Store(error) => error.hint.as_deref(),
            Self::Strategy(error) => error.hint(),
            Self::Unknown { hint, .. } | Self::Unrecorded { hint, .. } => hint.as_deref(),
        }
    }
}
