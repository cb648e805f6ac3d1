//! Trials that were run elsewhere, entered as they were.

use super::catalog::Sweep;
use super::importing::unmark;
use super::ledger::{ClaimOrder, Ledger};
use super::tags;
use super::trials::LONGEST_TAG;
use crate::space::Point;
use crate::tracking::{NewRun, Result, RunId, Store};
use crate::trial::TrialIndex;

use std::collections::BTreeMap;
use std::sync::Arc;

/// In the place of an agent's name.
const TOKEN: &str = "sweep import";

/// A trial that was run elsewhere, without its histories and artifacts.
pub struct PastTrial<'a> {
    /// Its index.
    pub index: TrialIndex,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// Id of its run there; empty: it is not known.
    pub run_id: &'a str,
    /// Name of its run.
    pub name: &'a str,
    /// Who runs it here, where its tags do not say who did there.
    pub user: &'a str,
    /// Start, epoch milliseconds.
    pub start: i64,
    /// What it was run with.
    pub point: &'a Point,
    /// Its tags there.
    pub tags: &'a BTreeMap<String, String>,
}

impl PastTrial<'_> {
    /// Its run.
    #[must_use]
    pub fn run(&self, sweep: &Sweep) -> NewRun {
        let parent = &sweep.parent.info;
        let mut own = vec![
            (tags::PARENT_RUN_ID, parent.id.to_string()),
            (tags::SWEEP_ID, parent.id.to_string()),
            (tags::TRIAL, self.index.to_string()),
            (tags::ATTEMPT, self.attempt.to_string()),
        ];
        let point = self.point.to_json().to_string();
        if !self.tags.contains_key(tags::POINT) && point.len() <= LONGEST_TAG {
            own.push((tags::POINT, point));
        }
        if !self.run_id.is_empty() {
            let inferred: Vec<&str> =
                own.iter().map(|(key, _)| *key).filter(|key| !self.tags.contains_key(*key)).collect();
            if !inferred.is_empty() {
                let inferred = inferred.join(",");
                own.push((tags::IMPORTED_INFERRED, inferred));
            }
            own.push((tags::IMPORTED_RUN, self.run_id.to_owned()));
        }
        let mut all = self.tags.clone();
        // The name and its tag follow each other: the name is the one that counts.
        all.remove(RUN_NAME);
        all.extend(own.into_iter().map(|(key, value)| (key.to_owned(), value)));
        NewRun {
            experiment_id: parent.experiment_id.clone(),
            name: self.name.to_owned(),
            user: self.tags.get(tags::USER).map_or(self.user, String::as_str).to_owned(),
            start_time: self.start,
            tags: all.into_iter().collect(),
        }
    }
}

/// MLflow: the name of a run, as a tag.
pub(super) const RUN_NAME: &str = "mlflow.runName";

/// Enters the results of a sweep whose trials were all run elsewhere, and ends it.
///
/// # Errors
/// As the store's.
pub async fn conclude_past(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    results: &[(TrialIndex, u32, RunId)],
    end: i64,
) -> Result<()> {
    let (token, order) = (TOKEN.to_owned(), ClaimOrder::Ascending);
    let ledger = Ledger::open(Arc::clone(store), &sweep.ledger, token, order, None).await?;
    ledger.enter(results).await?;
    // What is known of its command may be nothing: no agent is to continue by accident.
    sweep.give_order(store.as_ref(), super::SweepOrder::Stop).await?;
    sweep.finish(store.as_ref(), end).await?;
    unmark(store.as_ref(), sweep.id()).await
}
