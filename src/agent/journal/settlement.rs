//! All that is to be written down about a trial that is over.

use serde::{Deserialize, Serialize};

use super::kept_values::{kept, unkept};
use super::values::log_values;
use crate::agent::outcome::TrialFate;
use crate::agent::trial::{StopReason, WatchedCommand, stop_tags};
use crate::process::CommandExit;
use crate::record::{Claim, tags};
use crate::space::Point;
use crate::tracking::{Metric, Result, RunId, RunInfo, Store};
use crate::trial::RunStatus;

/// All that is to be written down about a trial that is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::agent) struct Settlement {
    pub(in crate::agent) run: RunId,
    #[serde(flatten)]
    pub(in crate::agent) claim: Claim,
    pub(in crate::agent) status: RunStatus,
    /// Epoch milliseconds.
    pub(in crate::agent) end_time: i64,
    /// The sampled values: those that the script did not log itself become params.
    pub(in crate::agent) params: Vec<(String, String)>,
    pub(in crate::agent) tags: Vec<(String, String)>,
    /// Values from the output that the store did not get while the command ran: key, value, time and step.
    #[serde(default)]
    pub(in crate::agent) values: Vec<(String, String, i64, i64)>,
    pub(in crate::agent) fate: TrialFate,
}

impl Settlement {
    /// The exit code decides the state, whatever the script's exit hook wrote.
    pub(in crate::agent) fn new(
        claim: Claim,
        run: &RunInfo,
        point: &Point,
        watched: &WatchedCommand,
        retries: u32,
    ) -> Self {
        let status = match watched.cut {
            Some(_) => RunStatus::Killed,
            None if watched.ended.success() => RunStatus::Finished,
            None => RunStatus::Failed,
        };
        let attempts_before = claim.attempt.saturating_sub(claim.round.saturating_add(claim.preemptions));
        let fate = match watched.cut {
            Some(StopReason::Superseded) => TrialFate::Superseded,
            Some(StopReason::TakenAway) => TrialFate::GivenBack,
            None if status == RunStatus::Failed && attempts_before < retries => TrialFate::Retried,
            _ => TrialFate::Result,
        };
        Self {
            run: run.id.clone(),
            claim,
            status,
            end_time: watched.end_time,
            params: point.leaves().into_iter().map(|(name, value)| (name, value.text())).collect(),
            tags: outcome_tags(watched),
            values: watched.unsent.iter().map(kept).collect(),
            fate,
        }
    }

    /// Logs the values from the output that are still waiting; to be done before anybody reads the run. How many of them
    /// the store refused for what they are.
    pub(in crate::agent) async fn deliver_values(&self, store: &dyn Store) -> Result<usize> {
        let metrics: Vec<Metric> = self.values.iter().map(unkept).collect();
        log_values(store, &self.run, &metrics).await
    }
}

fn outcome_tags(watched: &WatchedCommand) -> Vec<(String, String)> {
    let how = match watched.ended {
        CommandExit::Exited(code) => (tags::EXIT_CODE, code.to_string()),
        CommandExit::NotStarted => (tags::EXIT_CODE, watched.ended.code().to_string()),
        CommandExit::Signaled(_) => (tags::SIGNAL, watched.ended.to_string()),
    };
    let not_started =
        || (watched.ended == CommandExit::NotStarted).then(|| watched.tail.last_lines().join(" "));
    let why = watched.cut.map(|cut| cut.reason().to_owned()).or_else(not_started);
    let why = why.map(|why| (tags::REASON, why));
    let mut all: Vec<_> =
        std::iter::once(how).chain(why).map(|(key, value)| (key.to_owned(), value)).collect();
    if let Some(stop) = &watched.verdict {
        let stopped = watched.cut == Some(StopReason::StoppedEarly);
        all.extend(stop_tags(stop, if stopped { tags::STOPPED_PREFIX } else { tags::WOULD_STOP_PREFIX }));
    }
    all
}
