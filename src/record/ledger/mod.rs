//! The ledger: who runs which trial, decided once.
//!
//! MLflow has no locks, but a param of a run can be written only once: that is a compare-and-set, and every fact that
//! may be decided only once is such a param. The ledger is a chain of runs, each for [`SHARD`] trials, because a *losing*
//! write and a read cost more the more params a run has, while a winning write does not. The root is the first shard,
//! and holds the ids of the others.
//!
//! Agents avoid each other instead of colliding: an agent walks from its own place through the free trials, and only
//! after a lost claim reads the shard again and moves to another place. Where many agents share a shard, several are open at
//! a time ([`front`]).
//!
//! A trial whose agent is lost, or that was given back, is run by a further attempt; which attempt counts is decided by
//! `done/…`, once. A trial that is run again on a person's word begins a new round, which has a result of its own.

mod claim;
mod front;
mod given;
mod keys;
mod point_shards;
mod points;
mod reading;
mod snapshot;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;

use super::lease::{DEFAULT_LEASE, claim_text};
use super::tags;
use crate::process::now_ms;
use crate::tracking::{
    ErrorKind, ExperimentId, NewRun, ParamWrite, Result, Run, RunId, RunInfo, Store, TrackingError,
};
use crate::trial::TrialIndex;
use claim::{BACK, FAILED, NO_RUN, missing_shard};
use keys::LedgerFact;
use point_shards::PointShards;
use snapshot::LedgerShard;
use view::{LedgerView, first_place};

pub use claim::{Claim, ClaimOrder, SHARD, SettleOutcome, SettledClaim, UnfinishedTrial};
pub use points::FixedPoint;
pub use snapshot::{LedgerLook, LedgerSnapshot};

/// Each thousand of trials costs a run: an index that a file makes up must not cost a million of them.
const HIGHEST_ENTERED: u64 = 1_000_000;
/// The experiment that holds the ledgers, so that the user's own gains no odd columns.
const EXPERIMENT: &str = "sweep-ledger";
/// The fact on the root that says which agent announces the end of the sweep.
const ANNOUNCED: &str = "announced/end";

/// The ledger of one sweep, as one agent sees it.
pub struct Ledger {
    store: Arc<dyn Store>,
    root: RunInfo,
    /// Who this agent is.
    token: String,
    /// What it writes into its claims.
    claim_text: String,
    order: ClaimOrder,
    /// Trials from 0 up to this one may be claimed; `None`: there is no end.
    limit: RwLock<Option<u64>>,
    /// Locked across calls to the store: one agent makes one claim at a time.
    view: Mutex<LedgerView>,
    /// Where it is kept which trial has which point.
    points: Mutex<PointShards>,
}

impl Ledger {
    /// Makes the root run of a new ledger: in the experiment `sweep-ledger`, or beside the parent run where that may
    /// not be made.
    ///
    /// # Errors
    /// As the store's.
    pub async fn create(store: &dyn Store, parent: &RunInfo, user: &str) -> Result<RunId> {
        let experiment_id = match experiment(store, EXPERIMENT).await {
            Ok(experiment) => experiment,
            Err(error) if error.kind == ErrorKind::Forbidden => parent.experiment_id.clone(),
            Err(error) => return Err(error),
        };
        let run = ledger_run(experiment_id, parent, user, None);
        Ok(store.create_run(&run).await?.id)
    }

    /// Opens the ledger whose root is `root` for an agent that is known by `token`.
    ///
    /// # Errors
    /// `NotFound` where the ledger is gone, and as the store's.
    pub async fn open(
        store: Arc<dyn Store>,
        root: &RunId,
        token: String,
        order: ClaimOrder,
        limit: Option<u64>,
    ) -> Result<Self> {
        let run = store.run(root).await?;
        let runs = std::iter::once(root.clone()).chain(shard_runs(&run));
        let mut shards: Vec<LedgerShard> =
            (0..).zip(runs).map(|(number, run)| LedgerShard::new(number, run)).collect();
        shards[0].learn(&run);
        let current = first_place(&run, shards.len(), order, &token);
        if let Some(shard) = shards.get_mut(current).filter(|_| current > 0) {
            shard.learn(&store.run(&shard.run).await?);
        }
        let reopened = run.tag(tags::REOPENED).map(str::to_owned);
        Ok(Self {
            store,
            points: Mutex::new(PointShards::of(&run, limit)),
            root: run.info,
            claim_text: claim_text(&token, DEFAULT_LEASE),
            token,
            order,
            limit: RwLock::new(limit),
            view: Mutex::new(LedgerView::new(shards, current, reopened)),
        })
    }

    /// For an agent that may show no sign of life for so long: its claims say so.
    #[must_use]
    pub fn leased(mut self, lease: Duration) -> Self {
        self.claim_text = claim_text(&self.token, lease);
        self
    }

    /// Trials from 0 up to this one may be claimed; `None`: there is no end.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        *self.limit.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on so many trials may be claimed: the sweep was edited. What is claimed already stays.
    pub fn set_limit(&self, limit: Option<u64>) {
        *self.limit.write().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// Claims a trial that is not claimed: `None` when all of them are taken.
    ///
    /// # Errors
    /// As the store's.
    pub async fn claim(&self) -> Result<Option<Claim>> {
        let mut view = self.view.lock().await;
        loop {
            let Some(index) = view.next_free(self.limit()) else {
                if !self.move_on(&mut view).await? {
                    return Ok(None);
                }
                continue;
            };
            let claim = Claim { trial: TrialIndex(index), attempt: 1, round: 1, preemptions: 0 };
            if self.write_claim(&mut view, claim).await? {
                view.win(index);
                return Ok(Some(claim));
            }
            view.cursor = index + 1;
            if self.order == ClaimOrder::Spread {
                self.refresh(&mut view, claim.trial).await?;
                view.move_away(&self.token, self.limit());
            }
        }
    }

    /// Claims the next attempt at a trial that was given back, whose agent is lost, or that failed: `None` where
    /// another agent was faster.
    ///
    /// # Errors
    /// As the store's.
    pub async fn claim_again(&self, trial: &UnfinishedTrial) -> Result<Option<Claim>> {
        let mut view = self.view.lock().await;
        let UnfinishedTrial { trial, attempts, round, preemptions, .. } = *trial;
        let claim = Claim { trial, attempt: attempts.saturating_add(1), round, preemptions };
        Ok(self.write_claim(&mut view, claim).await?.then_some(claim))
    }

    /// Trials that are taken, as far as this agent knows.
    pub async fn taken(&self) -> u64 {
        self.view.lock().await.taken()
    }

    /// Decides that `run` is the result of the claimed trial, unless another attempt was first.
    ///
    /// # Errors
    /// As the store's.
    pub async fn settle(&self, claim: Claim, run: &RunId) -> Result<SettleOutcome> {
        let fact = LedgerFact::Done { trial: claim.trial, round: claim.round };
        match self.write(claim.trial, fact, run.as_str()).await? {
            ParamWrite::Held => Ok(SettleOutcome::Counts),
            ParamWrite::Refused => Ok(SettleOutcome::TooLate),
        }
    }

    /// Decides that this agent announces the end of the sweep; false where another does.
    ///
    /// # Errors
    /// As the store's.
    pub async fn announces_the_end(&self) -> Result<bool> {
        let written = self.store.log_param(&self.root.id, ANNOUNCED, &self.token).await?;
        Ok(written == ParamWrite::Held)
    }

    /// Decides what was reported of an attempt that another program ran; false: something else was reported before.
    ///
    /// # Errors
    /// As the store's.
    pub async fn enter_report(&self, trial: TrialIndex, attempt: u32, report: &str) -> Result<bool> {
        let fact = LedgerFact::Reported { trial, attempt };
        Ok(self.write(trial, fact, report).await? == ParamWrite::Held)
    }

    /// Lets a trial be claimed at once: by any free agent, as the attempt after `attempt`. Where it was taken over in
    /// the meantime, nothing changes.
    ///
    /// # Errors
    /// As the store's.
    pub async fn give_back(&self, trial: TrialIndex, attempt: u32) -> Result<()> {
        self.free(trial, attempt, BACK).await
    }

    /// The same for a trial whose attempt failed, and is to be repeated by another agent: it is one of the failures.
    ///
    /// # Errors
    /// As the store's.
    pub async fn pass_on(&self, trial: TrialIndex, attempt: u32) -> Result<()> {
        self.free(trial, attempt, FAILED).await
    }

    async fn free(&self, trial: TrialIndex, attempt: u32, why: &str) -> Result<()> {
        // Only the agent of the attempt writes this, and it writes the same again.
        self.write(trial, LedgerFact::Back { trial, attempt: attempt.saturating_add(1) }, why).await.map(drop)
    }

    /// Lets trials that have their result be run again, and returns those; one without a result is left as it is.
    ///
    /// # Errors
    /// As the store's.
    pub async fn reopen(&self, trials: &BTreeSet<TrialIndex>) -> Result<BTreeSet<TrialIndex>> {
        self.unfinished().await?;
        let settled: Vec<(TrialIndex, u32)> = {
            let view = self.view.lock().await;
            let wanted =
                view.known.trials().filter(|(trial, entry)| trials.contains(trial) && entry.is_done());
            wanted.map(|(trial, entry)| (trial, entry.attempts)).collect()
        };
        for (trial, attempts) in &settled {
            let again = LedgerFact::Again { trial: *trial, attempt: attempts.saturating_add(1) };
            // Anyone who writes this writes the same.
            self.write(*trial, again, "yes").await?;
        }
        if !settled.is_empty() {
            // Agents that are waiting look again at what they had known as complete.
            let when = (tags::REOPENED.to_owned(), format!("{} {}", now_ms(), self.token));
            self.store.log_batch(&self.root.id, &[], &[], &[when]).await?;
        }
        Ok(settled.into_iter().map(|(trial, _)| trial).collect())
    }

    /// The trials that were started and have no result. Reads only the runs of the chain that may have changed.
    ///
    /// # Errors
    /// As the store's.
    pub async fn unfinished(&self) -> Result<Vec<UnfinishedTrial>> {
        let mut view = self.view.lock().await;
        let root = self.store.run(&self.root.id).await?;
        view.take_in(&root);
        let reopened = root.tag(tags::REOPENED);
        let any_changed = reopened != view.reopened.as_deref();
        for shard in &mut view.known.shards {
            if shard.run == root.info.id {
                shard.learn(&root);
            } else if any_changed || !shard.is_complete() {
                shard.learn(&self.store.run(&shard.run).await?);
            }
        }
        view.reopened = reopened.map(str::to_owned);
        Ok(view.known.unfinished())
    }

    /// The trials that have their result, each with the latest. Reads only the runs of the chain that may have changed.
    ///
    /// # Errors
    /// As the store's.
    pub async fn settled(&self) -> Result<Vec<SettledClaim>> {
        let mut view = self.view.lock().await;
        for shard in &mut view.known.shards {
            if !shard.is_complete() {
                shard.learn(&self.store.run(&shard.run).await?);
            }
        }
        Ok(view.known.settled())
    }

    /// The result of each trial that has one. Reads only the runs of the chain that may have changed.
    ///
    /// # Errors
    /// As the store's.
    pub async fn look(&self) -> Result<LedgerLook> {
        self.unfinished().await?;
        Ok(self.view.lock().await.known.look())
    }

    /// What this agent knows of the ledger, without asking the store.
    pub async fn known(&self) -> LedgerSnapshot {
        self.view.lock().await.known.clone()
    }

    /// Enters that there is nothing to run under a claimed index: there are fewer points than there might have been.
    ///
    /// # Errors
    /// As the store's.
    pub async fn settle_without_run(&self, claim: Claim) -> Result<()> {
        self.settle(claim, &RunId(NO_RUN.to_owned())).await.map(drop)
    }

    /// Enters trials whose results come from elsewhere, each with the attempt that its run is.
    ///
    /// # Errors
    /// `Invalid` for an index beyond a million, and as the store's.
    pub async fn enter(&self, results: &[(TrialIndex, u32, RunId)]) -> Result<()> {
        let mut shards: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
        for (trial, attempt, run) in results {
            let shard = usize::try_from(trial.0 / SHARD).unwrap_or(usize::MAX);
            if trial.0 > HIGHEST_ENTERED {
                return Err(TrackingError::new(
                    ErrorKind::Invalid,
                    format!("trial {trial} lies beyond {HIGHEST_ENTERED}"),
                ));
            }
            let facts = shards.entry(shard).or_default();
            facts.push((LedgerFact::Claimed { trial: *trial, attempt: *attempt }.key(), self.token.clone()));
            facts.push((LedgerFact::Done { trial: *trial, round: 1 }.key(), run.to_string()));
        }
        let mut view = self.view.lock().await;
        for (shard, facts) in shards {
            while view.known.shards.len() <= shard {
                self.enter_next_shard(&mut view).await?;
            }
            if let Some(shard) = view.known.shards.get(shard) {
                self.store.log_batch(&shard.run, &[], &facts, &[]).await?;
            }
        }
        Ok(())
    }

    /// Writes a claim; false where another agent has it. Either way the trial is taken then.
    async fn write_claim(&self, view: &mut LedgerView, claim: Claim) -> Result<bool> {
        let Some(shard) = view.known.shard_of(claim.trial) else {
            return Err(missing_shard(claim.trial));
        };
        let fact = LedgerFact::Claimed { trial: claim.trial, attempt: claim.attempt };
        let outcome = self.store.log_param(&shard.run, &fact.key(), &self.claim_text).await?;
        let held = outcome == ParamWrite::Held;
        // Whose it is else is known once the shard is read.
        shard.claimed(claim.trial, claim.attempt, if held { &self.claim_text } else { "" });
        Ok(held)
    }

    async fn write(&self, trial: TrialIndex, fact: LedgerFact, value: &str) -> Result<ParamWrite> {
        let run = self.view.lock().await.known.shard_of(trial).map(|shard| shard.run.clone());
        let run = run.ok_or_else(|| missing_shard(trial))?;
        self.store.log_param(&run, &fact.key(), value).await
    }

    async fn refresh(&self, view: &mut LedgerView, trial: TrialIndex) -> Result<()> {
        if let Some(shard) = view.known.shard_of(trial) {
            shard.learn(&self.store.run(&shard.run).await?);
        }
        Ok(())
    }

    /// Makes the run that this fact of the root is to name, unless another agent is faster: then that one's, and false.
    async fn make_shard(&self, fact: LedgerFact, what: &str) -> Result<(RunId, bool)> {
        let key = fact.key();
        let new = ledger_run(self.root.experiment_id.clone(), &self.root, "", Some(what));
        let made = self.store.create_run(&new).await?.id;
        if self.store.log_param(&self.root.id, &key, made.as_str()).await? == ParamWrite::Held {
            return Ok((made, true));
        }
        self.store.delete_run(&made).await?;
        let root = self.store.run(&self.root.id).await?;
        let theirs = root.param(&key).map(|id| RunId(id.to_owned()));
        theirs.map(|run| (run, false)).ok_or_else(|| self.lost(&key))
    }

    /// The error of a fact that was refused, and is not there.
    fn lost(&self, key: &str) -> TrackingError {
        let ledger = &self.root.id;
        TrackingError::new(ErrorKind::Protocol, format!("the ledger {ledger} refused {key} but has none"))
    }
}

/// The id of the active experiment of this name, made where there is none.
///
/// # Errors
/// `Invalid` where the experiment was deleted, and as the store's.
pub(super) async fn experiment(store: &dyn Store, name: &str) -> Result<ExperimentId> {
    for _ in 0..2 {
        if let Some(experiment) = store.experiment_by_name(name).await? {
            if experiment.active {
                return Ok(experiment.id);
            }
            return Err(TrackingError::new(
                ErrorKind::Invalid,
                format!("the experiment `{name}` was deleted"),
            )
            .hint("Restore it (mlflow experiments restore), or set another experiment_name."));
        }
        match store.create_experiment(name).await {
            // Somebody else was faster: then it is there now.
            Err(error) if error.kind == ErrorKind::AlreadyExists => {}
            outcome => return outcome,
        }
    }
    Err(TrackingError::new(
        ErrorKind::Protocol,
        format!("the experiment `{name}` is neither there nor can it be made"),
    ))
}

fn ledger_run(experiment_id: ExperimentId, of: &RunInfo, user: &str, part: Option<&str>) -> NewRun {
    let note = "The ledger of a sweep: its params say which agent runs which trial (`trial/…`) and which run counts \
                (`done/…`). It is no trial. Deleting it ends the sweep.";
    NewRun {
        experiment_id,
        name: part.map_or_else(|| format!("ledger of {}", of.name), |part| format!("{} ({part})", of.name)),
        user: user.to_owned(),
        start_time: of.start_time,
        tags: vec![
            (tags::NOTE.into(), note.into()),
            (tags::LEDGER_OF.into(), of.id.to_string()),
            (tags::SOURCE_NAME.into(), "sweep".into()),
            (tags::SOURCE_TYPE.into(), "LOCAL".into()),
        ],
    }
}

/// The runs after the root that the root names, in order.
fn shard_runs(root: &Run) -> Vec<RunId> {
    (1..)
        .map_while(|number| root.param(&LedgerFact::Shard(number).key()).map(|id| RunId(id.to_owned())))
        .collect()
}
