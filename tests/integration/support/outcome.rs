//! What a sweep left in its store.

use std::collections::BTreeMap;
use std::path::Path;

use sweep::TrialIndex;
use sweep::testing::{
    EmbeddedStore, Environment, Ledger, RestStore, Run, RunId, RunQuery, ServerSettings, Store, Sweep,
};

/// The store that a sandbox uses when nothing is said.
pub fn embedded(folder: &Path) -> EmbeddedStore {
    EmbeddedStore::open(&format!("sqlite:///{}", folder.join("mlflow.db").display())).unwrap()
}

/// A server.
pub fn server(url: &str) -> RestStore {
    RestStore::new(ServerSettings::read(url, &Environment { var: &|_| None, credentials: None }).unwrap())
        .unwrap()
}

/// All runs of a sweep's trials, by trial and attempt, and which of them counts.
pub struct Outcome {
    pub runs: Vec<Run>,
    pub results: BTreeMap<TrialIndex, RunId>,
}

impl Outcome {
    pub fn read(store: &dyn Store, sweep: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sweep = Sweep::open(store, &RunId(sweep.to_owned())).await.unwrap();
            let mut query = RunQuery {
                experiment_ids: vec![sweep.parent.info.experiment_id.clone()],
                filter: format!("tags.`sweep.id` = '{}'", sweep.id()),
                max_results: 1000,
                ..RunQuery::default()
            };
            let mut runs = Vec::new();
            loop {
                let page = store.search_runs(&query).await.unwrap();
                runs.extend(page.items);
                query.page_token = page.next;
                if query.page_token.is_none() {
                    break;
                }
            }
            runs.sort_by_key(|run| (number(run, "sweep.trial"), number(run, "sweep.attempt")));
            Self { runs, results: Ledger::read(store, &sweep.ledger).await.unwrap().results() }
        })
    }

    /// The runs of a trial, by attempt.
    pub fn attempts(&self, trial: u64) -> Vec<&Run> {
        self.runs.iter().filter(|run| number(run, "sweep.trial") == trial).collect()
    }

    /// The states of a trial's runs, by attempt, with a star where the run counts.
    pub fn states(&self, trial: u64) -> Vec<String> {
        let result = self.results.get(&TrialIndex(trial));
        let state = |run: &&Run| {
            let star = if Some(&run.info.id) == result { "*" } else { "" };
            format!("{}{star}", run.info.status)
        };
        self.attempts(trial).iter().map(state).collect()
    }

    /// Holds that every trial below `limit`, and no other, has one result, which is one of its runs.
    #[track_caller]
    pub fn each_trial_counts_once(&self, limit: u64) {
        let trials: Vec<u64> = self.results.keys().map(|trial| trial.0).collect();
        assert_eq!(trials, (0..limit).collect::<Vec<_>>());
        for (trial, result) in &self.results {
            let own = self.attempts(trial.0);
            assert_eq!(own.iter().filter(|run| run.info.id == *result).count(), 1, "trial {trial}");
        }
        for run in &self.runs {
            assert!(number(run, "sweep.trial") < limit, "a run beyond the cap: {}", run.info.name);
        }
    }

    /// Holds that nothing is left half done.
    #[track_caller]
    pub fn every_run_is_over(&self) {
        for run in &self.runs {
            assert!(run.info.status.is_final(), "{} is {}: {:?}", run.info.name, run.info.status, run.tags);
        }
    }
}

fn number(run: &Run, tag: &str) -> u64 {
    run.tag(tag).unwrap().parse().unwrap()
}
