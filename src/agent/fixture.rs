//! An agent for tests, on a store of its own, which can be made to fail after so many writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::{Agent, AgentMachine, HandOver, Identity, Journal, MetricUpdates, Options, Provenance};
use crate::record::{Claim, ClaimOrder, History, Ledger, NewSweep, NewTrial, Sweep};
use crate::space::Point;
use crate::tracking::memory::{Call, MemoryStore, way_to_memory};
use crate::tracking::{ErrorKind, Result, Run, RunId, RunInfo, Store, TrackingError};

/// A short lease: the tests wait for it.
pub(crate) const LEASE: Duration = Duration::from_millis(20);

/// A sweep in a store of its own.
pub(crate) struct Home {
    pub(crate) store: MemoryStore,
    pub(crate) sweep: Sweep,
    pub(crate) config: Vec<u8>,
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) async fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = MemoryStore::new();
        let new = NewSweep {
            name: "test",
            experiment: "Default",
            config: config.as_bytes(),
            seed: 1,
            method: "test",
            note: None,
            user: "me",
            tags: Vec::new(),
            prior: None,
            now: 0,
        };
        let sweep = Sweep::create(&store, &new).await.unwrap();
        Self { store, sweep, config: config.as_bytes().to_vec(), folder }
    }

    /// An agent that never fails.
    pub(crate) async fn agent(&self, name: &str) -> Arc<Agent> {
        self.mortal(name).await.0
    }

    /// An agent, and what ends it.
    pub(crate) async fn mortal(&self, name: &str) -> (Arc<Agent>, Arc<Mortal>) {
        let config = crate::config::check(&self.config).config.unwrap();
        let strategy = crate::strategy::for_config(&config, self.sweep.seed).unwrap();
        let size = strategy.size().and_then(|size| u64::try_from(size).ok());
        let limit = config.run_cap.into_iter().chain(size).min();
        let mortal = Arc::new(Mortal { store: self.store.clone(), left: AtomicI64::new(i64::MAX) });
        let store: Arc<dyn Store> = Arc::<Mortal>::clone(&mortal);
        let (token, order) = (name.to_owned(), ClaimOrder::Ascending);
        let ledger = Ledger::open(Arc::clone(&store), &self.sweep.ledger, token, order, limit).await.unwrap();
        let history = strategy.reads_history().then(|| {
            tokio::sync::Mutex::new(History::new(self.sweep.clone(), config.objectives(), Vec::new()))
        });
        let folder = self.folder.path().to_path_buf();
        let agent = Agent {
            sweep: self.sweep.clone(),
            config,
            strategy: strategy.into(),
            history: history.map(Arc::new),
            early: None,
            store,
            ledger: Arc::new(ledger.leased(LEASE)),
            hand_over: Arc::new(Nowhere),
            identity: Identity {
                agent: name.to_owned(),
                host: "here".into(),
                user: "me".into(),
                machine: None,
            },
            provenance: Provenance::new(None, String::new(), true),
            machine: AgentMachine::this(None),
            gpus: None,
            checkpoints: folder.join("checkpoints"),
            logs: folder.join("logs"),
            journal: Journal::new(folder.join("journal")),
            outages: None,
            warned: Arc::default(),
            workdir: folder.clone(),
            misplaced: None,
            strays_told: Arc::default(),
            folder,
            events: Arc::new(|_| {}),
            options: Options {
                jobs: 1,
                count: None,
                max_failures: 5,
                max_unmeasured: 3,
                grace: Duration::from_secs(1),
                lease: LEASE,
                retries: 0,
                wait: true,
                engine: false,
                until: None,
            },
        };
        (Arc::new(agent), mortal)
    }

    /// The run that an agent makes for a claim.
    pub(crate) async fn run(&self, agent: &Agent, claim: Claim, point: &Point) -> RunInfo {
        let new = NewTrial {
            sweep: &self.sweep,
            claim,
            point,
            config: &agent.config,
            command: "true",
            seed: 1,
            user: "me",
            agent: &agent.identity.agent,
            host: "here",
            tags: &[],
            now: 1000,
        };
        agent.store.create_run(&new.run()).await.unwrap()
    }

    /// The runs of a trial, by attempt.
    pub(crate) async fn attempts(&self, trial: u64) -> Vec<Run> {
        let trial = crate::trial::TrialIndex(trial);
        let mut runs = crate::record::attempts_of(&self.store, &self.sweep, trial).await.unwrap();
        runs.sort_by_key(crate::record::attempt_of);
        runs
    }
}

/// Commands reach no store.
pub(crate) struct Nowhere;

impl HandOver for Nowhere {
    fn open(&self, _run: &RunInfo, _experiment: &str) -> String {
        String::new()
    }

    fn close(&self, _uri: &str) {}

    fn loopback(&self) -> bool {
        true
    }

    fn made(&self, _uri: &str) -> Vec<RunId> {
        Vec::new()
    }

    fn news(&self, _run: &RunId, _metric: &str) -> Option<Box<dyn MetricUpdates>> {
        None
    }
}

/// A store that is gone after so many writes, as for an agent that is killed.
pub(crate) struct Mortal {
    store: MemoryStore,
    left: AtomicI64,
}

impl Mortal {
    /// Nothing goes through any more after so many writes.
    pub(crate) fn live_for(&self, writes: i64) {
        self.left.store(writes, Ordering::SeqCst);
    }

    fn local(&self) -> bool {
        true
    }

    async fn ask<T, F: Future<Output = Result<T>>>(
        &self,
        call: Call<'_>,
        request: impl Fn() -> F,
    ) -> Result<T> {
        let left = if call.writes {
            self.left.fetch_sub(1, Ordering::SeqCst)
        } else {
            self.left.load(Ordering::SeqCst)
        };
        if left > 0 {
            return request().await;
        }
        Err(TrackingError::new(ErrorKind::Unavailable, "the agent was killed"))
    }
}

way_to_memory!(Mortal);
