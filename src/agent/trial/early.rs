//! The early stopping of a sweep, and what it leaves in the tags of runs.

use tokio::sync::Mutex;

use crate::record::{Peers, curve, tags};
use crate::stopping::{BY_HAND, Compares, Judge, ReachedValues, Rule, StopDecision};
use crate::tracking::{RunId, Store};

/// The early stopping of a sweep.
pub struct EarlyStopping {
    pub(in crate::agent) judge: Judge,
    pub(in crate::agent) metric: String,
    pub(in crate::agent) peers: Mutex<Peers>,
    /// Nothing is stopped: it is only said what would have been.
    pub shadow: bool,
}

impl EarlyStopping {
    /// Judges trials by this rule.
    #[must_use]
    pub fn new(judge: Judge, metric: String, peers: Peers, shadow: bool) -> Self {
        Self { judge, metric, peers: Mutex::new(peers), shadow }
    }

    /// What a trial that is over has reached, as a tag for the other agents. Where it can't be read, they read it.
    pub(in crate::agent) async fn reached(&self, store: &dyn Store, run: &RunId) -> Option<(String, String)> {
        if self.judge.compares() == Compares::Nobody {
            return None;
        }
        match store.metric_history(run, &self.metric).await {
            Ok(history) => Some(reached_tag(&self.judge.marks(&curve(&history)))),
            Err(error) => {
                tracing::debug!(%error, "what a trial had reached could not be read");
                None
            }
        }
    }
}

pub(in crate::agent) fn reached_tag(marks: &ReachedValues) -> (String, String) {
    (tags::REACHED.to_owned(), marks.to_string())
}

/// The tags that say why a run was stopped, or would have been.
pub(in crate::agent) fn stop_tags(stop: &StopDecision, prefix: &str) -> Vec<(String, String)> {
    let StopDecision { rule, rung, step, value, threshold } = stop;
    let known = *rule != BY_HAND || !value.is_nan();
    let said = [
        ("rule", Some((*rule).to_owned())),
        ("rung", rung.map(|rung| rung.to_string())),
        ("step", known.then(|| step.to_string())),
        ("value", known.then(|| value.to_string())),
        ("threshold", threshold.map(|threshold| threshold.to_string())),
    ];
    said.into_iter().filter_map(|(key, value)| Some((format!("{prefix}{key}"), value?))).collect()
}
