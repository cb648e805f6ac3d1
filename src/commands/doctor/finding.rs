//! What a check found.

use itertools::Itertools as _;
use serde::Serialize;

use crate::commands::shared::CommandFailure;

/// How something is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CheckState {
    Ok,
    /// It works, and deserves a look.
    Warn,
    /// It does not work.
    Bad,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CheckResult {
    pub(super) check: &'static str,
    pub(super) state: CheckState,
    pub(super) found: String,
    /// What to do.
    pub(super) advice: Option<String>,
}

impl CheckResult {
    fn new(check: &'static str, state: CheckState, found: impl Into<String>) -> Self {
        Self { check, state, found: found.into(), advice: None }
    }

    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, CheckState::Ok, found)
    }

    pub(super) fn warn(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..Self::new(check, CheckState::Warn, found) }
    }

    pub(super) fn bad(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..Self::new(check, CheckState::Bad, found) }
    }

    /// What failed, with its causes and its hint.
    pub(super) fn failed(check: &'static str, failure: &CommandFailure) -> Self {
        let mut found = std::iter::once(failure.message.clone()).chain(failure.causes.iter().cloned());
        Self { advice: failure.hint.clone(), ..Self::new(check, CheckState::Bad, found.join(": ")) }
    }
}
