//! Why a command can't be made.

/// Why a command can't be made for a point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A value would be read as shell code where it stands.
    #[error("`${{{name}}}` can't be quoted safely here: {reason}")]
    Unquotable {
        /// The parameter.
        name: String,
        /// Why.
        reason: String,
    },
    /// No command can hold this character.
    #[error("the value of `{0}` holds a NUL character, which no command can take")]
    Nul(String),
    /// Nothing is left to run.
    #[error("the command is empty")]
    Empty,
}
