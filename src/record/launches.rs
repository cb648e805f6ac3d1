//! The launches of a sweep: agents that were submitted to an engine together. Each is kept as a tag of the parent run, so that
//! any machine knows of it. Its number is claimed first, as trials are: of two programs that submit at the same time each knows
//! of the other.

use serde::{Deserialize, Serialize};

use super::catalog::Sweep;
use crate::launch::{LaunchRequest, LaunchedProcess};
use crate::tracking::{ErrorKind, ParamWrite, Result, Run, Store, TrackingError};

/// Before the number of a launch, on the parent run.
const TAG: &str = "sweep.launch.";
/// Before the number of a launch, on the ledger's root: who submits it.
const CLAIM: &str = "launch/";
/// Longer tags are cut by some servers.
const LONGEST: usize = 5000;

/// A launch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchRecord {
    /// What was asked for.
    pub request: LaunchRequest,
    /// The engine's own number or name of it.
    pub job: String,
    /// The processes, where it has no engine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<LaunchedProcess>,
    /// When it was submitted, epoch milliseconds.
    pub at: i64,
    /// The person.
    pub by: String,
    /// The machine that submitted it.
    pub host: String,
    /// It was cancelled.
    #[serde(default)]
    pub cancelled: bool,
}

/// The launches that a parent run knows of, by their numbers.
#[must_use]
pub fn launches_of(parent: &Run) -> Vec<LaunchRecord> {
    let kept = parent.tags.iter().filter(|(key, _)| key.starts_with(TAG));
    let mut launches: Vec<LaunchRecord> =
        kept.filter_map(|(_, text)| serde_json::from_str(text).ok()).collect();
    launches.sort_by_key(|launch| launch.request.number);
    launches
}

/// Keeps a launch with its sweep.
///
/// # Errors
/// `Invalid` where it says more than a tag holds, and as the store's.
pub async fn keep_launch(store: &dyn Store, sweep: &Sweep, launch: &LaunchRecord) -> Result<()> {
    let text = serde_json::to_string(launch).unwrap_or_default();
    if text.len() > LONGEST {
        let message = "the launch has more to be kept than a tag of the tracking store holds";
        return Err(TrackingError::new(ErrorKind::Invalid, message)
            .hint("Put the lines of --setup into a script, or launch on fewer hosts at once."));
    }
    let tag = (format!("{TAG}{:04}", launch.request.number), text);
    store.log_batch(sweep.id(), &[], &[], &[tag]).await
}

/// The highest number that a launch of the sweep has claimed; 0: there is none.
///
/// # Errors
/// As the store's.
pub async fn last_launch(store: &dyn Store, sweep: &Sweep) -> Result<u32> {
    let root = store.run(&sweep.ledger).await?;
    let numbers = root.params.iter().filter_map(|(key, _)| key.strip_prefix(CLAIM)?.parse().ok());
    Ok(numbers.max().unwrap_or(0))
}

/// Claims the number of a launch; false: another program has it.
///
/// # Errors
/// As the store's.
pub async fn claim_launch(store: &dyn Store, sweep: &Sweep, number: u32, by: &str) -> Result<bool> {
    let key = format!("{CLAIM}{number:04}");
    Ok(store.log_param(&sweep.ledger, &key, by).await? == ParamWrite::Held)
}
