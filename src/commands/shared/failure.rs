//! Why a command could not do its work: the one error that reaches the person.

use std::error::Error;
use std::fmt;

use super::exit::Exit;
use crate::agent::AgentError;
use crate::exchange::ExchangeError;
use crate::process::machine_hint;
use crate::query::QueryError;
use crate::strategy::StrategyError;
use crate::tracking::{ErrorKind, TrackingError};

/// A failure as it is printed: what is wrong, why, what to do, and how the program ends.
#[derive(Debug)]
pub struct CommandFailure {
    /// How the program ends.
    pub exit: Exit,
    /// What is wrong.
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl CommandFailure {
    /// A failure that ends with this code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a cause and its causes.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn Error) -> Self {
        let mut next = Some(cause);
        while let Some(error) = next {
            let text = error.to_string();
            // Some errors repeat the text of their source in their own.
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }
}

impl fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, "\n  because: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl From<TrackingError> for CommandFailure {
    fn from(error: TrackingError) -> Self {
        let exit = match error.kind {
            // What was asked for is not there, or can't be: the person's to mend.
            ErrorKind::NotFound | ErrorKind::Invalid => Exit::Usage,
            _ => Exit::Tracking,
        };
        let mut failure = Self::new(exit, error.message.clone());
        if let Some(source) = error.source() {
            failure = failure.caused_by(source);
        }
        failure.hint = error.hint;
        failure
    }
}

impl From<AgentError> for CommandFailure {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::Tracking(error) => Self { exit: Exit::Tracking, ..error.into() },
            AgentError::Strategy(error) => error.into(),
            AgentError::Command(error) => Self::new(Exit::Usage, error.to_string()),
            AgentError::Spawn(ref spawn) => {
                Self::new(Exit::WorkFailed, spawn.to_string()).caused_by(&spawn.source).hint(spawn.hint())
            }
            AgentError::Io { ref what, ref source } => {
                let failure = Self::new(Exit::WorkFailed, what.clone()).caused_by(source);
                Self { hint: machine_hint(source), ..failure }
            }
        }
    }
}

impl From<ExchangeError> for CommandFailure {
    fn from(error: ExchangeError) -> Self {
        let hint = error.hint();
        let failure = match error {
            // The disk, not the store.
            ExchangeError::Disk(error) => Self { exit: Exit::WorkFailed, ..error.into() },
            ExchangeError::Store(error) => error.into(),
            ExchangeError::Unreadable { ref source, .. } => {
                Self::new(Exit::Usage, error.to_string()).caused_by(source.as_ref())
            }
            other => Self::new(Exit::Usage, other.to_string()),
        };
        Self { hint, ..failure }
    }
}

impl From<QueryError> for CommandFailure {
    fn from(error: QueryError) -> Self {
        let hint = error.hint().map(str::to_owned);
        let failure = match error {
            QueryError::Store(error) => error.into(),
            QueryError::Strategy(error) => error.into(),
            QueryError::Unknown { message, .. } => Self::new(Exit::Usage, message),
            QueryError::Unrecorded { message, .. } => Self::new(Exit::WorkFailed, message),
        };
        Self { hint, ..failure }
    }
}

impl From<StrategyError> for CommandFailure {
    fn from(error: StrategyError) -> Self {
        Self { hint: error.hint().map(str::to_owned), ..Self::new(Exit::Usage, error.to_string()) }
    }
}
