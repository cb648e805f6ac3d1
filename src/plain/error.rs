//! What can be wrong with a folder of plain files, or with a table.

use crate::tracking::TrackingError;

/// Why plain files can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
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
    /// The disk refuses, or a path leads out of the folder.
    #[error("{0}")]
    Disk(#[source] TrackingError),
}

impl PlainError {
    /// A file that does not say what it should.
    pub fn content(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Content { file: file.into(), problem: problem.into(), hint: None }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Taken { .. } => {
                Some("Name a new or empty folder, or an earlier export of this sweep.".into())
            }
            Self::Content { hint, .. } => hint.clone(),
            Self::Disk(error) => error.hint.clone(),
        }
    }
}

impl From<TrackingError> for PlainError {
    fn from(error: TrackingError) -> Self {
        Self::Disk(error)
    }
}
