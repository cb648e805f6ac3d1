//! Why there is no point.

use crate::config::ConstraintError;

/// Why there is no point.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StrategyError {
    /// A parameter can't be listed.
    #[error("a grid can't list the values of `{0}`")]
    NotListable(String),
    /// The space has more combinations than can be counted.
    #[error("the space has more than 2^127 combinations")]
    TooLarge,
    /// Constraints and conditions leave (nearly) nothing.
    #[error("no point satisfies the constraints: {tried} in a row did not")]
    NothingFits {
        /// How many were tried.
        tried: u64,
    },
    /// A constraint can't be computed.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// A config without `budget` (one that was checked has it).
    #[error("`method: successive_halving` needs a `budget`")]
    NoBudget,
    /// The conditions of the space contradict each other.
    #[error("the conditions of the parameters can't be resolved")]
    Conditions,
}

impl StrategyError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotListable(_) => Some("write its values out, or use `method: random`"),
            Self::TooLarge => Some("use `method: random`"),
            Self::NothingFits { .. } => {
                Some("loosen the constraints, or narrow the ranges to where they hold")
            }
            Self::Constraint(_) | Self::Conditions | Self::NoBudget => None,
        }
    }
}
