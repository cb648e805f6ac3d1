//! A store in memory that knows runs with params and tags, for models: what it is asked is answered in an order that a seed
//! decides, and whoever asks may be gone at any call.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::tracking::{
    ArtifactEntry, ErrorKind, Experiment, ExperimentId, Metric, NewRun, Page, ParamWrite, Registry, Result,
    Run, RunId, RunInfo, RunQuery, RunUpdate, Store, TrackingError,
};
use crate::trial::RunStatus;

/// What is kept.
#[derive(Default)]
pub(super) struct Memory {
    runs: Mutex<BTreeMap<String, Run>>,
    /// The most params that a run had when a write to it lost, or it was read.
    pub(super) largest_read: Mutex<usize>,
}

/// One agent's way to it.
pub(super) struct Wire {
    memory: Arc<Memory>,
    rng: Mutex<ChaCha8Rng>,
    /// Calls until the agent is gone; `None`: it lives.
    left: Mutex<Option<u32>>,
}

impl Wire {
    pub(super) fn new(memory: &Arc<Memory>, seed: u64, left: Option<u32>) -> Self {
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Self { memory: Arc::clone(memory), rng, left: Mutex::new(left) }
    }

    /// Lets others go first, as the seed says.
    async fn turn(&self) -> Result<()> {
        let wait = {
            let mut rng = self.rng.lock().unwrap();
            // As a rule a moment, now and then so long that others finish meanwhile.
            if rng.random_range(0..20) == 0 { rng.random_range(0..400) } else { rng.random_range(0..6) }
        };
        for _ in 0..wait {
            tokio::task::yield_now().await;
        }
        match self.left.lock().unwrap().as_mut() {
            Some(0) => return Err(TrackingError::new(ErrorKind::Unavailable, "the agent is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    fn change<T>(&self, id: &RunId, change: impl FnOnce(&mut Run) -> T) -> Result<T> {
        let mut runs = self.memory.runs.lock().unwrap();
        runs.get_mut(id.as_str())
            .map(change)
            .ok_or_else(|| TrackingError::new(ErrorKind::NotFound, format!("no run {id}")))
    }

    fn reads(&self, run: &Run) {
        let mut largest = self.memory.largest_read.lock().unwrap();
        *largest = run.params.len().max(*largest);
    }
}

fn put(list: &mut Vec<(String, String)>, key: &str, value: &str) -> bool {
    match list.iter().find(|(known, _)| known == key) {
        Some((_, known)) => known == value,
        None => {
            list.push((key.to_owned(), value.to_owned()));
            true
        }
    }
}

#[async_trait]
impl Store for Wire {
    fn uri(&self) -> &str {
        "memory:"
    }

    fn registry(&self) -> &dyn Registry {
        unimplemented!()
    }

    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        Ok(Some(Experiment {
            id: ExperimentId("1".into()),
            name: name.to_owned(),
            artifact_location: String::new(),
            active: true,
            last_update_time: None,
            creation_time: None,
            tags: Vec::new(),
        }))
    }

    async fn create_experiment(&self, _name: &str) -> Result<ExperimentId> {
        unimplemented!()
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        unimplemented!()
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        self.turn().await?;
        let mut runs = self.memory.runs.lock().unwrap();
        let info = RunInfo {
            id: RunId(format!("run{:04}", runs.len())),
            experiment_id: run.experiment_id.clone(),
            name: run.name.clone(),
            user: run.user.clone(),
            status: RunStatus::Running,
            start_time: run.start_time,
            end_time: None,
            artifact_uri: String::new(),
            active: true,
        };
        let made = Run { tags: run.tags.clone(), ..Run::bare(info.clone()) };
        runs.insert(info.id.0.clone(), made);
        Ok(info)
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        self.turn().await?;
        let run = self.change(id, |run| run.clone())?;
        self.reads(&run);
        Ok(run)
    }

    async fn update_run(&self, _id: &RunId, _update: &RunUpdate) -> Result<()> {
        unimplemented!()
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        self.turn().await?;
        self.change(id, |run| run.info.active = false)
    }

    async fn search_runs(&self, _query: &RunQuery) -> Result<Page<Run>> {
        unimplemented!()
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        self.turn().await?;
        let held = self.change(id, |run| put(&mut run.params, key, value))?;
        Ok(if held { ParamWrite::Held } else { ParamWrite::Refused })
    }

    async fn log_batch(
        &self,
        id: &RunId,
        _metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        self.turn().await?;
        self.change(id, |run| {
            for (key, value) in params {
                put(&mut run.params, key, value);
            }
            for (key, value) in tags {
                run.tags.retain(|(known, _)| known != key);
                run.tags.push((key.clone(), value.clone()));
            }
        })
    }

    async fn metric_history(&self, _id: &RunId, _key: &str) -> Result<Vec<Metric>> {
        unimplemented!()
    }

    async fn put_artifact(&self, _run: &RunInfo, _path: &str, _bytes: Vec<u8>) -> Result<()> {
        unimplemented!()
    }

    async fn artifact(&self, _run: &RunInfo, _path: &str) -> Result<Vec<u8>> {
        unimplemented!()
    }

    async fn put_artifact_file(&self, _run: &RunInfo, _path: &str, _file: &File) -> Result<()> {
        unimplemented!()
    }

    async fn artifacts(&self, _run: &RunInfo, _path: &str) -> Result<Vec<ArtifactEntry>> {
        unimplemented!()
    }
}
