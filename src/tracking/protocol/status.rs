//! The state of a run in MLflow's JSON.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::trial::RunStatus;

/// How the failure to read a status begins: serde's errors are texts.
const UNKNOWN: &str = "unknown run status";

/// Reads the state of a run. A guess at a word that is not known would decide whether the run's result counts.
pub(super) fn run_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RunStatus, D::Error> {
    let word = Cow::<str>::deserialize(deserializer)?;
    RunStatus::parse(&word).ok_or_else(|| D::Error::custom(format!("{UNKNOWN} `{word}`")))
}

/// Reads the state that a request gives a run.
pub(super) fn new_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RunStatus>, D::Error> {
    let Some(word) = Option::<Cow<str>>::deserialize(deserializer)? else { return Ok(None) };
    RunStatus::parse(&word).map(Some).ok_or_else(|| D::Error::custom(format!("{UNKNOWN} `{word}`")))
}

/// The words of this failure where it is that of an unknown status, so that it is not taken for an answer of something
/// else than MLflow.
pub(crate) fn unknown_status(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let rest = text.strip_prefix(UNKNOWN)?;
    let word = rest.strip_prefix(" `")?.split('`').next()?;
    Some(format!("the {UNKNOWN} `{word}`"))
}
