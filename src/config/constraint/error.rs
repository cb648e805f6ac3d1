//! What is wrong with an expression.

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// It can't be read.
    #[error("{message} at character {at}")]
    Syntax {
        /// Character, from 1.
        at: usize,
        /// What was expected.
        message: String,
    },
    /// It can't be computed for a point.
    #[error("{0}")]
    Type(String),
}
