//! A store in memory, for tests: it obeys MLflow's rules, answers at once, and gives the same ids in the same order.
//!
//! It passes the suite that every store must pass, but for models, of which it has none.

mod contract_tests;
mod no_registry;
mod runs;
mod search;
mod way;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::filter::Condition;
use super::local_artifacts::checked_path;
use super::{
    ArtifactEntry, ErrorKind, Experiment, ExperimentId, Metric, NewRun, Page, ParamWrite, Registry, Result,
    Run, RunId, RunInfo, RunProjection, RunQuery, RunUpdate, Store, TrackingError,
};
use crate::trial::RunStatus;
use no_registry::NoRegistry;
use runs::StoredRun;

pub(crate) use way::{Call, way_to_memory};

/// Where it is.
const URI: &str = "memory:";

/// The store. Clones share what it holds.
#[derive(Clone)]
pub(crate) struct MemoryStore {
    state: Arc<Mutex<MemoryState>>,
}

#[derive(Default)]
pub(super) struct MemoryState {
    experiments: Vec<Experiment>,
    runs: BTreeMap<RunId, StoredRun>,
    /// Files by run and path.
    artifacts: BTreeMap<(RunId, String), Vec<u8>>,
    /// The most params of a run that was read, or on which a write lost.
    largest_read: usize,
    /// What filters ask that were read before.
    filters: Mutex<HashMap<String, Arc<[Condition]>>>,
}

impl MemoryStore {
    pub(crate) fn new() -> Self {
        let mut state = MemoryState::default();
        state.make_experiment("Default");
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The most params of a run that was read, or on which a write lost: what such a call costs on a server.
    pub(crate) fn largest_read(&self) -> usize {
        self.state().largest_read
    }

    fn state(&self) -> MutexGuard<'_, MemoryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryState {
    fn make_experiment(&mut self, name: &str) -> ExperimentId {
        let id = ExperimentId(self.experiments.len().to_string());
        let artifact_location = format!("{URI}/{id}");
        let name = name.to_owned();
        self.experiments.push(Experiment {
            id: id.clone(),
            name,
            artifact_location,
            active: true,
            last_update_time: None,
            creation_time: None,
            tags: Vec::new(),
        });
        id
    }

    fn run(&self, id: &RunId) -> Result<&StoredRun> {
        self.runs.get(id).ok_or_else(|| not_found(format!("Run with id={id} not found")))
    }

    /// Deletes a run, or takes it back into use.
    fn turn(&mut self, id: &RunId, active: bool) -> Result<()> {
        let run = self.runs.get_mut(id).ok_or_else(|| not_found(format!("Run with id={id} not found")))?;
        run.info.active = active;
        Ok(())
    }

    /// A run that may be written to.
    fn active(&mut self, id: &RunId) -> Result<&mut StoredRun> {
        let run = self.runs.get_mut(id).ok_or_else(|| not_found(format!("Run with id={id} not found")))?;
        if !run.info.active {
            return Err(invalid(format!("The run {id} must be in the 'active' state.")));
        }
        Ok(run)
    }
}

pub(super) fn invalid(message: impl Into<String>) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, message)
}

fn not_found(message: String) -> TrackingError {
    TrackingError::new(ErrorKind::NotFound, message)
}

/// The id of the run that is made as this one: 32 hexadecimal digits that differ from the first on.
fn id_of(number: usize) -> RunId {
    let mixed = |salt: u64| {
        let mut x = (number as u64 ^ salt).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    RunId(format!("{:016x}{:016x}", mixed(0), mixed(1 << 40)))
}

#[async_trait]
impl Store for MemoryStore {
    fn uri(&self) -> &str {
        URI
    }

    fn registry(&self) -> &dyn Registry {
        &NoRegistry
    }

    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        Ok(self.state().experiments.iter().find(|experiment| experiment.name == name).cloned())
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        let mut state = self.state();
        if state.experiments.iter().any(|experiment| experiment.name == name) {
            let message = format!("Experiment(name={name}) already exists.");
            return Err(TrackingError::new(ErrorKind::AlreadyExists, message));
        }
        Ok(state.make_experiment(name))
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        Ok(self.state().experiments.iter().filter(|experiment| experiment.active).cloned().collect())
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        let mut state = self.state();
        let experiment = state.experiments.iter().find(|experiment| experiment.id == run.experiment_id);
        let location = match experiment {
            Some(experiment) => experiment.artifact_location.clone(),
            None => return Err(not_found(format!("No Experiment with id={} exists", run.experiment_id))),
        };
        let id = id_of(state.runs.len());
        let info = RunInfo {
            artifact_uri: format!("{location}/{id}/artifacts"),
            id: id.clone(),
            experiment_id: run.experiment_id.clone(),
            name: run.name.clone(),
            user: run.user.clone(),
            status: RunStatus::Running,
            start_time: run.start_time,
            end_time: None,
            active: true,
        };
        let stored = StoredRun::new(info.clone(), &run.tags)?;
        state.runs.insert(id, stored);
        Ok(info)
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        let mut state = self.state();
        let run = state.run(id)?.read(&RunProjection::default());
        state.largest_read = state.largest_read.max(run.params.len());
        Ok(run)
    }

    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()> {
        self.state().active(id)?.update(update);
        Ok(())
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        self.state().turn(id, false)
    }

    async fn restore_run(&self, id: &RunId) -> Result<()> {
        self.state().turn(id, true)
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        self.state().search(query)
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        let mut state = self.state();
        let run = state.active(id)?;
        let written = run.log_param(key, value)?;
        if written == ParamWrite::Refused {
            let params = run.number_of_params();
            state.largest_read = state.largest_read.max(params);
        }
        Ok(written)
    }

    async fn log_batch(
        &self,
        id: &RunId,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        self.state().active(id)?.log_batch(metrics, params, tags)
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        Ok(self.state().runs.get(id).map(|run| run.history(key)).unwrap_or_default())
    }

    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
        checked_path(path)?;
        self.state().artifacts.insert((run.id.clone(), path.to_owned()), bytes);
        Ok(())
    }

    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
        checked_path(path)?;
        let found = self.state().artifacts.get(&(run.id.clone(), path.to_owned())).cloned();
        found.ok_or_else(|| not_found(format!("the run {} has no artifact `{path}`", run.id)))
    }

    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
        let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut entries: BTreeMap<String, ArtifactEntry> = BTreeMap::new();
        for ((of, file), bytes) in &self.state().artifacts {
            let Some(below) = file.strip_prefix(&folder).filter(|_| *of == run.id) else { continue };
            let entry = match below.split_once('/') {
                Some((inner, _)) => {
                    ArtifactEntry { path: format!("{folder}{inner}"), is_dir: true, size: None }
                }
                None => ArtifactEntry { path: file.clone(), is_dir: false, size: Some(bytes.len() as u64) },
            };
            entries.insert(entry.path.clone(), entry);
        }
        Ok(entries.into_values().collect())
    }
}
