//! The ledger: who runs which trial, decided once.
//!
//! MLflow has no locks, but a param of a run can be written only once: that is a compare-and-set, and every fact that
//! may be decided only once is such a param. The ledger is a chain of runs, each for [`SHARD`] trials, because a *losing*
//! write and a read cost more the more params a run has, while a winning write does not. The root is the first shard,
//! and holds the ids of the others.
//!
//! Agents avoid each other instead of colliding: an agent walks from its own place through the free trials, and only
//! after a lost claim reads the shard again and moves to another place.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::tags;
use crate::tracking::{
    ErrorKind, ExperimentId, NewRun, ParamWrite, Result, Run, RunId, RunInfo, Store, TrackingError,
};
use crate::trial::TrialIndex;

/// Trials of one ledger run.
pub const SHARD: u64 = 1000;
/// The experiment that holds the ledgers, so that the user's own gains no odd columns.
const EXPERIMENT: &str = "sweep-ledger";

/// In which order trials are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The lowest free index first: for strategies that read history.
    Ascending,
    /// Any: agents spread over the free indices.
    Spread,
}

/// A trial that this agent, and no other, runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The trial.
    pub trial: TrialIndex,
    /// Which attempt at it, from 1.
    pub attempt: u32,
}

/// Whether a settled attempt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the trial's result.
    Counts,
    /// Another attempt was settled first.
    TooLate,
}

/// The ledger of one sweep, as one agent sees it.
pub struct Ledger {
    store: Arc<dyn Store>,
    root: RunInfo,
    /// What this agent writes into its claims.
    token: String,
    order: Order,
    /// Trials from 0 up to this one may be claimed; `None`: there is no end.
    limit: Option<u64>,
    /// Locked across calls to the store: one agent makes one claim at a time.
    view: Mutex<View>,
}

/// What the agent knows of the ledger; others may have moved on.
struct View {
    shards: Vec<Shard>,
    /// Where the next claim is tried.
    cursor: u64,
    /// Lost claims so far: each one moves the agent to another place.
    losses: u64,
}

struct Shard {
    run: RunId,
    /// By offset in the shard.
    claimed: Vec<bool>,
}

impl Shard {
    fn new(run: RunId) -> Self {
        Self { run, claimed: vec![false; SHARD as usize] }
    }
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
        let run = ledger_run(experiment_id, parent, user, 0);
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
        order: Order,
        limit: Option<u64>,
    ) -> Result<Self> {
        let run = store.run(root).await?;
        let mut shards = vec![Shard::new(root.clone())];
        shards.extend(shard_entries(&run).into_iter().map(Shard::new));
        let mut view = View { shards, cursor: 0, losses: 0 };
        view.learn(0, &run);
        // Full shards are passed by without being read: whoever opened a later one had found them full.
        let last = view.shards.len() as u64 - 1;
        view.cursor = last * SHARD;
        let ledger = Self { store, root: run.info, token, order, limit, view: Mutex::new(view) };
        if last > 0 {
            let mut view = ledger.view.lock().await;
            ledger.refresh(&mut view, last).await?;
        }
        Ok(ledger)
    }

    /// Claims a free trial: `None` when all of them are taken.
    ///
    /// # Errors
    /// As the store's.
    pub async fn claim(&self) -> Result<Option<Claim>> {
        let mut view = self.view.lock().await;
        loop {
            let Some(index) = view.next_free(self.limit) else {
                if !self.next_shard(&mut view).await? {
                    return Ok(None);
                }
                continue;
            };
            let (shard, offset) = (index / SHARD, (index % SHARD) as usize);
            let key = claim_key(TrialIndex(index), 1);
            let run = view.shards[shard as usize].run.clone();
            let outcome = self.store.log_param(&run, &key, &self.token).await?;
            view.shards[shard as usize].claimed[offset] = true;
            match outcome {
                ParamWrite::Held => {
                    view.cursor = index + 1;
                    return Ok(Some(Claim { trial: TrialIndex(index), attempt: 1 }));
                }
                ParamWrite::Refused if self.order == Order::Ascending => view.cursor = index + 1,
                ParamWrite::Refused => {
                    self.refresh(&mut view, shard).await?;
                    view.move_away(shard, &self.token, self.limit);
                }
            }
        }
    }

    /// Decides that `run` is the result of the claimed trial, unless another attempt was first.
    ///
    /// # Errors
    /// As the store's.
    pub async fn settle(&self, claim: Claim, run: &RunId) -> Result<Verdict> {
        let shard = (claim.trial.0 / SHARD) as usize;
        let ledger_run = self.view.lock().await.shards[shard].run.clone();
        match self.store.log_param(&ledger_run, &done_key(claim.trial), run.as_str()).await? {
            ParamWrite::Held => Ok(Verdict::Counts),
            ParamWrite::Refused => Ok(Verdict::TooLate),
        }
    }

    /// Reads which run counts for each settled trial.
    ///
    /// # Errors
    /// As the store's.
    pub async fn results(store: &dyn Store, root: &RunId) -> Result<BTreeMap<TrialIndex, RunId>> {
        let root = store.run(root).await?;
        let mut results = done_entries(&root);
        for shard in shard_entries(&root) {
            results.append(&mut done_entries(&store.run(&shard).await?));
        }
        Ok(results)
    }

    async fn refresh(&self, view: &mut View, shard: u64) -> Result<()> {
        let run = self.store.run(&view.shards[shard as usize].run).await?;
        view.learn(shard, &run);
        Ok(())
    }

    /// Enters the next shard, making it if need be; false where the limit lies before it.
    async fn next_shard(&self, view: &mut View) -> Result<bool> {
        let number = view.shards.len() as u64;
        if self.limit.is_some_and(|limit| number.saturating_mul(SHARD) >= limit) {
            return Ok(false);
        }
        let key = shard_key(number);
        let known = |root: &Run| root.param(&key).map(|id| RunId(id.to_owned()));
        let run = match known(&self.store.run(&self.root.id).await?) {
            Some(run) => run,
            None => self.make_shard(number, &key).await?,
        };
        view.shards.push(Shard::new(run));
        view.cursor = number * SHARD;
        if self.order == Order::Spread {
            self.refresh(view, number).await?;
            if view.shards[number as usize].claimed.contains(&true) {
                view.move_away(number, &self.token, self.limit);
            }
        }
        Ok(true)
    }

    async fn make_shard(&self, number: u64, key: &str) -> Result<RunId> {
        let new = ledger_run(self.root.experiment_id.clone(), &self.root, "", number);
        let made = self.store.create_run(&new).await?.id;
        if self.store.log_param(&self.root.id, key, made.as_str()).await? == ParamWrite::Held {
            return Ok(made);
        }
        self.store.delete_run(&made).await?;
        let root = self.store.run(&self.root.id).await?;
        root.param(key).map(|id| RunId(id.to_owned())).ok_or_else(|| {
            TrackingError::new(
                ErrorKind::Protocol,
                format!("the ledger {} refused {key} but has none", root.info.id),
            )
        })
    }
}

impl View {
    /// Takes in what a shard's run says.
    fn learn(&mut self, shard: u64, run: &Run) {
        let Some(known) = self.shards.get_mut(shard as usize) else { return };
        for (key, _) in &run.params {
            let index = key.strip_prefix("trial/").and_then(|rest| rest.parse::<u64>().ok());
            if let Some(index) = index.filter(|index| index / SHARD == shard) {
                known.claimed[(index % SHARD) as usize] = true;
            }
        }
    }

    /// The first free index from the cursor on, and else the first one before it.
    fn next_free(&self, limit: Option<u64>) -> Option<u64> {
        let end = (self.shards.len() as u64 * SHARD).min(limit.unwrap_or(u64::MAX));
        let free = |index: &u64| !self.shards[(index / SHARD) as usize].claimed[(index % SHARD) as usize];
        // Only the last shard can have holes that matter: the ones before were full when it was entered.
        let start = (self.shards.len() as u64 - 1) * SHARD;
        let cursor = self.cursor.clamp(start, end.max(start));
        (cursor..end).find(free).or_else(|| (start..cursor.min(end)).find(free))
    }

    /// Moves the cursor to a free index that depends on the agent, so that agents spread out.
    fn move_away(&mut self, shard: u64, token: &str, limit: Option<u64>) {
        self.losses += 1;
        let end = ((shard + 1) * SHARD).min(limit.unwrap_or(u64::MAX));
        let claimed = &self.shards[shard as usize].claimed;
        let free: Vec<u64> =
            (shard * SHARD..end).filter(|index| !claimed[(index % SHARD) as usize]).collect();
        if !free.is_empty() {
            let place = fingerprint(token, self.losses) % free.len() as u64;
            self.cursor = free[place as usize];
        }
    }
}

/// FNV-1a over the token and a counter, finished by a multiplication that spreads the low bits.
fn fingerprint(token: &str, counter: u64) -> u64 {
    let bytes = token.bytes().chain(counter.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17
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

fn ledger_run(experiment_id: ExperimentId, of: &RunInfo, user: &str, shard: u64) -> NewRun {
    let note = "The ledger of a sweep: its params say which agent runs which trial (`trial/…`) and which run counts \
                (`done/…`). It is no trial. Deleting it ends the sweep.";
    NewRun {
        experiment_id,
        name: if shard == 0 { format!("ledger of {}", of.name) } else { format!("{} ({shard})", of.name) },
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

fn claim_key(trial: TrialIndex, attempt: u32) -> String {
    match attempt {
        1 => format!("trial/{:06}", trial.0),
        _ => format!("trial/{:06}/{attempt}", trial.0),
    }
}

fn done_key(trial: TrialIndex) -> String {
    format!("done/{:06}", trial.0)
}

fn shard_key(number: u64) -> String {
    format!("shard/{number:04}")
}

/// The shards that the root names, in order: shard 1, 2, …
fn shard_entries(root: &Run) -> Vec<RunId> {
    let named = |number: u64| root.param(&shard_key(number)).map(|id| RunId(id.to_owned()));
    (1..).map_while(named).collect()
}

fn done_entries(run: &Run) -> BTreeMap<TrialIndex, RunId> {
    let entry = |(key, id): &(String, String)| {
        let index = key.strip_prefix("done/")?.parse().ok()?;
        Some((TrialIndex(index), RunId(id.clone())))
    };
    run.params.iter().filter_map(entry).collect()
}
