//! The runs of trials: how they are made, and how a sweep's trials are read back.

use std::collections::BTreeMap;

use super::catalog::{Sweep, search_all};
use super::ledger::{Claim, Ledger};
use super::params_text::params_text;
use super::tags;
use super::trial_tags::{attempt_of, exit_code_of, index_of, point_of, stopped_early};
use crate::config::Config;
use crate::space::Point;
use crate::tracking::{ExperimentId, NewRun, Result, Run, RunId, RunProjection, RunQuery, Store, ViewType};
use crate::trial::{RunStatus, Trial, TrialIndex};

/// A longer text of a point is not kept whole as a tag by MLflow, and half a text is useless.
pub(super) const LONGEST_TAG: usize = 8000;

/// Characters of a run's name.
const LONGEST_NAME: usize = 80;

/// Where a command's output lies among its run's artifacts.
pub const LOG_ARTIFACT: &str = "logs/output.txt";

/// The run of a trial that is to be made.
pub struct NewTrial<'a> {
    /// The sweep it belongs to.
    pub sweep: &'a Sweep,
    /// The claim it is made under.
    pub claim: Claim,
    /// What it is run with.
    pub point: &'a Point,
    /// The sweep's config: its order is that of the params in the run's name.
    pub config: &'a Config,
    /// Its command line, for people.
    pub command: &'a str,
    /// The seed given to the command.
    pub seed: u64,
    /// Who runs it.
    pub user: &'a str,
    /// The agent's token.
    pub agent: &'a str,
    /// The machine's name.
    pub host: &'a str,
    /// Further tags: git commit and branch.
    pub tags: &'a [(String, String)],
    /// Now, epoch milliseconds.
    pub now: i64,
}

impl NewTrial<'_> {
    /// The run, nested under the sweep's parent. The sampled values are tags, not params: a script may log its own
    /// text for them, and MLflow refuses a second, different one.
    #[must_use]
    pub fn run(&self) -> NewRun {
        let Claim { trial, attempt, .. } = self.claim;
        let parent = &self.sweep.parent.info;
        let mut run_tags: Vec<(String, String)> = [
            (tags::PARENT_RUN_ID, parent.id.to_string()),
            (tags::USER, self.user.to_owned()),
            (tags::SOURCE_NAME, self.command.to_owned()),
            (tags::SOURCE_TYPE, "LOCAL".to_owned()),
            (tags::SWEEP_ID, parent.id.to_string()),
            (tags::TRIAL, trial.to_string()),
            (tags::ATTEMPT, attempt.to_string()),
            (tags::AGENT, self.agent.to_owned()),
            (tags::HOST, self.host.to_owned()),
            (tags::TRIAL_SEED, self.seed.to_string()),
            (tags::COMMAND, self.command.to_owned()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        let point = self.point.to_json().to_string();
        if point.len() <= LONGEST_TAG {
            run_tags.push((tags::POINT.into(), point));
        }
        let leaves = self.point.leaves();
        run_tags.extend(
            leaves.iter().map(|(name, value)| (format!("{}{name}", tags::PARAM_PREFIX), value.text())),
        );
        run_tags.extend(self.tags.iter().cloned());
        NewRun {
            experiment_id: parent.experiment_id.clone(),
            name: run_name(trial, attempt, &self.config.ordered(self.point)),
            user: self.user.to_owned(),
            start_time: self.now,
            tags: run_tags,
        }
    }
}

/// `trial-0003 lr=0.0016 depth=4`.
fn run_name(trial: TrialIndex, attempt: u32, point: &Point) -> String {
    let name = match attempt {
        1 => format!("trial-{:04}", trial.0),
        _ => format!("trial-{:04}-attempt-{attempt}", trial.0),
    };
    format!("{name} {}", params_text(point, LONGEST_NAME.saturating_sub(name.len() + 1)))
        .trim_end()
        .to_owned()
}

/// The runs of one trial, an attempt each.
///
/// # Errors
/// As the store's.
pub async fn attempts_of(store: &dyn Store, sweep: &Sweep, trial: TrialIndex) -> Result<Vec<Run>> {
    let query = RunQuery {
        experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
        filter: format!(
            "tags.`{}` = '{}' AND tags.`{}` = '{trial}'",
            tags::SWEEP_ID,
            sweep.id(),
            tags::TRIAL
        ),
        ..RunQuery::default()
    };
    search_all(store, query).await
}

/// Runs that are asked for by their ids at once: what a server takes in one filter.
pub(super) const IDS_AT_ONCE: usize = 100;

/// The runs with these ids; those that were deleted are not among them.
///
/// # Errors
/// As the store's.
pub async fn runs_with_ids(store: &dyn Store, experiment: &ExperimentId, ids: &[RunId]) -> Result<Vec<Run>> {
    runs_with_ids_of(store, experiment, ids, &RunProjection::default()).await
}

/// The same with no more of their data than is wanted.
///
/// # Errors
/// As the store's.
pub async fn runs_with_ids_of(
    store: &dyn Store,
    experiment: &ExperimentId,
    ids: &[RunId],
    want: &RunProjection,
) -> Result<Vec<Run>> {
    let mut runs = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS_AT_ONCE) {
        let quoted: Vec<String> = some.iter().map(|id| format!("'{id}'")).collect();
        let query = RunQuery {
            want: want.clone(),
            experiment_ids: vec![experiment.clone()],
            filter: format!("attributes.run_id IN ({})", quoted.join(", ")),
            ..RunQuery::default()
        };
        runs.extend(search_all(store, query).await?);
    }
    Ok(runs)
}

/// The runs of a sweep's trials that are under way, or seem to be.
///
/// # Errors
/// As the store's.
pub async fn running_runs(store: &dyn Store, sweep: &Sweep) -> Result<Vec<Run>> {
    running_runs_with(store, sweep, RunProjection::default()).await
}

/// The same with no more of their data than is wanted.
///
/// # Errors
/// As the store's.
pub async fn running_runs_with(store: &dyn Store, sweep: &Sweep, want: RunProjection) -> Result<Vec<Run>> {
    let query = RunQuery {
        want,
        experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
        filter: format!("tags.`{}` = '{}' AND attributes.status = 'RUNNING'", tags::SWEEP_ID, sweep.id()),
        ..RunQuery::default()
    };
    search_all(store, query).await
}

/// The runs of a sweep's trials that ended well, with no more than is needed to know whether they count.
///
/// # Errors
/// As the store's.
pub async fn finished_runs(store: &dyn Store, sweep: &Sweep) -> Result<Vec<Run>> {
    let looked_at = [tags::TRIAL, tags::ATTEMPT, tags::EXIT_CODE, tags::SUPERSEDED_BY, tags::STOPPED_RULE];
    let query = RunQuery {
        want: RunProjection::only(&looked_at, &[]),
        experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
        filter: format!("tags.`{}` = '{}' AND attributes.status = 'FINISHED'", tags::SWEEP_ID, sweep.id()),
        ..RunQuery::default()
    };
    search_all(store, query).await
}

/// The runs of a sweep's trials that another agent has ended as those of a lost one, with no more than is needed to know
/// how they ended.
///
/// # Errors
/// As the store's.
pub async fn superseded_runs(store: &dyn Store, sweep: &Sweep) -> Result<Vec<Run>> {
    let looked_at = [tags::TRIAL, tags::ATTEMPT, tags::EXIT_CODE, tags::SUPERSEDED_BY, tags::STOPPED_RULE];
    let query = RunQuery {
        want: RunProjection::only(&looked_at, &[]),
        experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
        filter: format!(
            "tags.`{}` = '{}' AND attributes.status = 'KILLED' AND tags.`{}` != ''",
            tags::SWEEP_ID,
            sweep.id(),
            tags::SUPERSEDED_BY
        ),
        ..RunQuery::default()
    };
    search_all(store, query).await
}

/// The runs of a sweep's trials that a person has deleted, which are their trials' results all the same.
///
/// # Errors
/// As the store's.
pub async fn deleted_results(
    store: &dyn Store,
    sweep: &Sweep,
    results: &BTreeMap<TrialIndex, RunId>,
) -> Result<BTreeMap<TrialIndex, Run>> {
    let query = RunQuery {
        view: ViewType::Deleted,
        want: RunProjection::only(&[tags::TRIAL, tags::ATTEMPT], &[]),
        experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
        filter: format!("tags.`{}` = '{}'", tags::SWEEP_ID, sweep.id()),
        ..RunQuery::default()
    };
    let deleted = search_all(store, query).await?.into_iter();
    let of_trial = deleted.filter_map(|run| Some((index_of(&run)?, run)));
    Ok(of_trial.filter(|(trial, run)| results.get(trial) == Some(&run.info.id)).collect())
}

/// The runs of a sweep's trials, as the store reports them.
pub struct TrialRuns {
    /// One run a trial, by index: the attempt that counts, else the latest.
    runs: BTreeMap<TrialIndex, Run>,
    /// Attempts that do not count.
    pub superseded: usize,
    /// Trials whose result is gone: a person has deleted its run. They have no run here.
    pub deleted: Vec<TrialIndex>,
}

impl TrialRuns {
    /// Reads all of them.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(store: &dyn Store, sweep: &Sweep) -> Result<Self> {
        Self::read_of(store, sweep, RunProjection::default()).await
    }

    /// Reads all of them, with no more of their data than is wanted; the tags of trial and attempt must be.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read_of(store: &dyn Store, sweep: &Sweep, want: RunProjection) -> Result<Self> {
        let results = Ledger::read(store, &sweep.ledger).await?.results();
        let query = RunQuery {
            want,
            experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
            filter: format!("tags.`{}` = '{}'", tags::SWEEP_ID, sweep.id()),
            ..RunQuery::default()
        };
        let mut read = Self::choose(search_all(store, query).await?, &results);
        read.keep_what_counts(&results);
        Ok(read)
    }

    /// The ledger decides what is a trial's result. A run that has ended and is not entered there is none yet: its trial
    /// waits to be settled, or to be run again. A result whose run was deleted is no other attempt's.
    fn keep_what_counts(&mut self, results: &BTreeMap<TrialIndex, RunId>) {
        let is_there =
            |(trial, id): &(&TrialIndex, &RunId)| self.runs.get(trial).is_some_and(|run| run.info.id == **id);
        self.deleted = results.iter().filter(|result| !is_there(result)).map(|(trial, _)| *trial).collect();
        for trial in &self.deleted {
            self.superseded += usize::from(self.runs.remove(trial).is_some());
        }
        for (trial, run) in &mut self.runs {
            if run.info.status.is_final() && !results.contains_key(trial) {
                run.info.status = RunStatus::Scheduled;
                run.info.end_time = None;
            }
        }
    }

    fn choose(found: Vec<Run>, results: &BTreeMap<TrialIndex, RunId>) -> Self {
        let mut runs: BTreeMap<TrialIndex, Run> = BTreeMap::new();
        let mut superseded = 0;
        for run in found {
            let Some(index) = index_of(&run) else { continue };
            let rank = |run: &Run| (results.get(&index) == Some(&run.info.id), attempt_of(run));
            match runs.get(&index) {
                None => {
                    runs.insert(index, run);
                }
                Some(known) => {
                    superseded += 1;
                    if rank(&run) > rank(known) {
                        runs.insert(index, run);
                    }
                }
            }
        }
        Self { runs, superseded, deleted: Vec::new() }
    }

    /// These runs, of which each is known to be its trial's result.
    #[must_use]
    pub fn of(runs: Vec<Run>) -> Self {
        Self::choose(runs, &BTreeMap::new())
    }

    /// The runs by trial.
    pub fn iter(&self) -> impl Iterator<Item = (TrialIndex, &Run)> {
        self.runs.iter().map(|(index, run)| (*index, run))
    }

    /// The runs, in the order of their trials.
    pub fn into_runs(self) -> impl Iterator<Item = Run> {
        self.runs.into_values()
    }

    /// The trials, in order. `metric` says which value of a run's metric counts.
    pub fn trials(&self, mut metric: impl FnMut(&Run) -> Option<f64>) -> Vec<Trial> {
        self.iter()
            .map(|(index, run)| Trial {
                index,
                attempt: attempt_of(run),
                run_id: run.info.id.to_string(),
                status: run.info.status,
                agent: run.tag(tags::AGENT).map(str::to_owned),
                start_time: run.info.start_time,
                end_time: run.info.end_time,
                exit_code: exit_code_of(run),
                point: point_of(run),
                metric: metric(run),
                stopped_early: stopped_early(run),
            })
            .collect()
    }
}

/// The runs of a sweep, trials and what was run again, whose ids begin so; without a sweep any runs. Of more than two
/// not all are given.
///
/// # Errors
/// As the store's.
pub async fn runs_by_id(store: &dyn Store, sweep: Option<&Sweep>, beginning: &str) -> Result<Vec<Run>> {
    let begins = format!("attributes.run_id LIKE '{beginning}%'");
    let (experiment_ids, filter) = match sweep {
        Some(sweep) => (
            vec![sweep.parent.info.experiment_id.clone()],
            format!("tags.`{}` = '{}' AND {begins}", tags::PARENT_RUN_ID, sweep.id()),
        ),
        None => (store.experiments().await?.into_iter().map(|experiment| experiment.id).collect(), begins),
    };
    let query = RunQuery { experiment_ids, filter, max_results: 2, ..RunQuery::default() };
    Ok(store.search_runs(&query).await?.items)
}

/// The runs that repeat the trial of this run, in the order in which they were made.
///
/// # Errors
/// As the store's.
pub async fn reruns_of(store: &dyn Store, sweep: &Sweep, original: &RunId) -> Result<Vec<Run>> {
    let query = RunQuery {
        experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
        filter: format!("tags.`{}` = '{original}'", tags::RERUN_OF),
        ..RunQuery::default()
    };
    search_all(store, query).await
}
