//! Confirmations: the best points of a sweep, run again with seeds that its search did not use.
//!
//! A confirmation is a sweep of its own below the sweep's parent run: with a ledger of its own, so that its runs are claimed
//! once, taken over when their agent is lost, and settled once, like all trials. Which run is the first confirmation is decided
//! by a param of the sweep's ledger, `confirm/0001`. No list of sweeps shows it, since its mark has another value.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::catalog::{NewSweep, Sweep, search_all};
use super::digest::sha256;
use super::ledger::Ledger;
use super::prior::PriorTrials;
use super::tags;
use crate::process::now_ms;
use crate::strategy::Observation;
use crate::tracking::{
    ErrorKind, ParamWrite, Result, Run, RunId, RunProjection, RunQuery, Store, TrackingError,
};
use crate::trial::{TrialIndex, trial_seed};

/// The value of [`tags::SWEEP`] on the parent run of a confirmation.
const MARK: &str = "confirmation";
/// Before the number of a confirmation, on the root of the sweep's ledger.
const CLAIM: &str = "confirm/";
/// How the points of a confirmation are chosen, for people.
pub const CONFIRM_METHOD: &str = "confirm";

/// What a confirmation is to do; on its parent run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationPlan {
    /// The trials whose points are run again, the best of the search first.
    pub trials: Vec<TrialIndex>,
    /// Runs that may be spent.
    pub budget: u64,
}

impl ConfirmationPlan {
    /// The plan of a parent run; `None`: it is no confirmation.
    #[must_use]
    pub fn of(parent: &Run) -> Option<Self> {
        serde_json::from_str(parent.tag(tags::CONFIRM_PLAN)?).ok()
    }

    fn tag(&self) -> (String, String) {
        (tags::CONFIRM_PLAN.to_owned(), serde_json::to_string(self).unwrap_or_default())
    }

    /// The planned trials with what the search had seen of them, from what the confirmation keeps of it.
    #[must_use]
    pub fn observed<'a>(&self, prior: &'a PriorTrials) -> Vec<(TrialIndex, &'a Observation)> {
        let found = |trial: &TrialIndex| {
            let name = trial.to_string();
            prior.trials.iter().find(|(source, _)| *source == name).map(|(_, one)| (*trial, one))
        };
        self.trials.iter().filter_map(found).collect()
    }
}

/// What the search has left, from which a confirmation is made.
pub struct ConfirmationSource<'a> {
    /// The sweep.
    pub sweep: &'a Sweep,
    /// Its finished trials, each with its number as the source.
    pub prior: &'a PriorTrials,
    /// Further tags of its run.
    pub tags: Vec<(String, String)>,
    /// Who begins it.
    pub user: &'a str,
}

/// The newest confirmation of a sweep; `None`: it has none.
///
/// # Errors
/// As the store's; one that was deleted is none.
pub async fn confirmation_of(store: &dyn Store, sweep: &Sweep) -> Result<Option<Sweep>> {
    let Some(id) = sweep.parent.tag(tags::CONFIRMATION).filter(|id| RunId::is_whole(id)) else {
        return Ok(None);
    };
    open(store, &RunId(id.to_owned())).await
}

/// The confirmation that the ledger knows as the newest, with its number: also one whose maker was lost before the sweep
/// named it. 0: there was none.
///
/// # Errors
/// As the store's.
pub async fn last_confirmation(store: &dyn Store, sweep: &Sweep) -> Result<(u32, Option<Sweep>)> {
    let root = store.run(&sweep.ledger).await?;
    let numbered =
        root.params.iter().filter_map(|(key, id)| Some((key.strip_prefix(CLAIM)?.parse().ok()?, id)));
    match numbered.max_by_key(|(number, _): &(u32, &String)| *number) {
        Some((number, id)) => Ok((number, open(store, &RunId(id.clone())).await?)),
        None => Ok((0, None)),
    }
}

async fn open(store: &dyn Store, id: &RunId) -> Result<Option<Sweep>> {
    let parent = match store.run(id).await {
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        parent => parent?,
    };
    if !parent.info.active { Ok(None) } else { Sweep::of_run(store, parent).await.map(Some) }
}

/// Begins the confirmation of this number. Where another program was faster, its confirmation is returned.
///
/// # Errors
/// As the store's.
pub async fn begin_confirmation(
    store: &dyn Store,
    number: u32,
    plan: &ConfirmationPlan,
    source: ConfirmationSource<'_>,
) -> Result<Sweep> {
    let ConfirmationSource { sweep, prior, tags: further, user } = source;
    let seed = unused_seed(sweep, number, &used_seeds(store, sweep).await?);
    let experiment =
        store.experiments().await?.into_iter().find(|one| one.id == sweep.parent.info.experiment_id);
    let experiment = experiment.ok_or_else(|| {
        TrackingError::new(ErrorKind::NotFound, "the experiment of the sweep is gone")
            .hint("Restore it in MLflow: mlflow experiments restore.")
    })?;
    let mut tags = vec![
        (tags::SWEEP.to_owned(), MARK.to_owned()),
        (tags::CONFIRMS.to_owned(), sweep.id().to_string()),
        (tags::PARENT_RUN_ID.to_owned(), sweep.id().to_string()),
        plan.tag(),
    ];
    tags.extend(further);
    let new = NewSweep {
        name: &format!("{}-confirmation-{number}", sweep.parent.info.name),
        experiment: &experiment.name,
        config: &sweep.config,
        seed,
        method: CONFIRM_METHOD,
        note: None,
        user,
        tags,
        prior: Some(prior),
        now: now_ms(),
    };
    let made = Sweep::create(store, &new).await?;
    let key = format!("{CLAIM}{number:04}");
    let made = match store.log_param(&sweep.ledger, &key, made.id().as_str()).await? {
        ParamWrite::Held => made,
        ParamWrite::Refused => {
            discard(store, &made).await?;
            let (_, winner) = last_confirmation(store, sweep).await?;
            winner.ok_or_else(|| {
                TrackingError::new(ErrorKind::Protocol, format!("{key} cannot be read back"))
            })?
        }
    };
    name_confirmation(store, sweep, &made).await?;
    Ok(made)
}

/// Writes down on the sweep which confirmation is its newest, for those who read it.
///
/// # Errors
/// As the store's.
pub async fn name_confirmation(store: &dyn Store, sweep: &Sweep, confirmation: &Sweep) -> Result<()> {
    let tag = (tags::CONFIRMATION.to_owned(), confirmation.id().to_string());
    if sweep.parent.tag(tags::CONFIRMATION) == Some(tag.1.as_str()) {
        return Ok(());
    }
    store.log_batch(sweep.id(), &[], &[], &[tag]).await
}

/// Gives a confirmation another plan: more runs.
///
/// # Errors
/// As the store's.
pub async fn change_plan(store: &dyn Store, confirmation: &mut Sweep, plan: &ConfirmationPlan) -> Result<()> {
    let (key, value) = plan.tag();
    store.log_batch(confirmation.id(), &[], &[], &[(key.clone(), value.clone())]).await?;
    confirmation.parent.tags.retain(|(tag, _)| *tag != key);
    confirmation.parent.tags.push((key, value));
    Ok(())
}

/// Two programs began the same confirmation: what the slower one made goes.
async fn discard(store: &dyn Store, made: &Sweep) -> Result<()> {
    for run in Ledger::runs(store, &made.ledger).await? {
        store.delete_run(&run).await?;
    }
    store.delete_run(made.id()).await
}

/// The seeds that the sweep's commands were given: of its trials, its reruns and its earlier confirmations.
async fn used_seeds(store: &dyn Store, sweep: &Sweep) -> Result<HashSet<u32>> {
    let query = RunQuery {
        want: RunProjection::only(&[tags::TRIAL_SEED], &[]),
        experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
        filter: format!("tags.`{}` != ''", tags::TRIAL_SEED),
        ..RunQuery::default()
    };
    let runs = search_all(store, query).await?;
    Ok(runs.iter().filter_map(|run| run.tag(tags::TRIAL_SEED)?.parse().ok()).collect())
}

/// The first of a fixed sequence of seeds with which no run of the confirmation has a seed that was used.
fn unused_seed(sweep: &Sweep, number: u32, used: &HashSet<u32>) -> u64 {
    /// So many runs of a confirmation are looked at: the seeds of later ones collide once in a million.
    const LOOKED_AT: u64 = 1000;
    let drawn = |salt: u32| {
        let digest = sha256(format!("confirmation {} {number} {salt}", sweep.seed).as_bytes());
        digest.get(..8).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
    };
    let fresh =
        |seed: &u64| (0..LOOKED_AT).all(|trial| !used.contains(&trial_seed(*seed, TrialIndex(trial))));
    (0..1000).map(drawn).find(fresh).unwrap_or_else(|| drawn(0))
}
