//! Why files can't be written or read, or not be brought into a store.

use std::error::Error;

use crate::tracking::TrackingError;

/// Why files can't be written or read, or not be brought into a store.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The folder belongs to something else.
    #[error("{folder} holds something else: {found}")]
    Taken {
        /// The folder.
        folder: String,
        /// What was found there.
        found: String,
    },
    /// A file does not say what it should.
    #[error("{file}: {problem}")]
    Content {
        /// The file, and the line where it is known.
        file: String,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A file that was named can't be read.
    #[error("{file} can't be read")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// What was asked for can't be done.
    #[error("{problem}")]
    Refused {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The disk refuses, or a path leads out of the folder.
    #[error("{0}")]
    Disk(#[source] TrackingError),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] TrackingError),
    /// It was asked to end before its time.
    #[error("the import was interrupted: what it had made was removed")]
    Interrupted,
}

impl ExchangeError {
    /// A file that does not say what it should.
    pub fn content(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Content { file: file.into(), problem: problem.into(), hint: None }
    }

    /// What was asked for can't be done; and what to do.
    pub fn refused(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { problem: problem.into(), hint: Some(hint.into()) }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Taken { .. } => {
                Some("Name a new or empty folder, or an earlier export of this sweep.".into())
            }
            Self::Content { hint, .. } | Self::Refused { hint, .. } => hint.clone(),
            Self::Disk(error) | Self::Store(error) => error.hint.clone(),
            Self::Unreadable { .. } | Self::Interrupted => None,
        }
    }
}
