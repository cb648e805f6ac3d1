//! Why nothing can be submitted.

/// What was asked for is nothing that the engine can be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LaunchRefusal {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl LaunchRefusal {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}
