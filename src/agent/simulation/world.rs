//! A simulated world: a store, machines, and agents that come and go.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep};

use super::commands::{Host, ProcessesOf};
use super::network::Network;
use super::plan::SimulationPlan;
use super::scheduler::{Owner, Scheduler, TasksOf, WORLD};
use super::truth::Observer;
use crate::agent::fixture::Nowhere;
use crate::agent::machine::AgentMachine;
use crate::agent::{
    Agent, AgentError, AgentSummary, EndReason, Event, Identity, Journal, Options, Provenance, StopRequest,
    run,
};
use crate::config::Config;
use crate::process::Clock;
use crate::record::{ClaimOrder, History, Ledger, NewSweep, Sweep, tags};
use crate::strategy;
use crate::tracking::Store;
use crate::tracking::memory::MemoryStore;

/// What a wall clock shows at the beginning.
const BEGINNING: i64 = 1_700_000_000_000;
/// A sweep that takes longer than this after all is well again never ends.
const PATIENCE: Duration = Duration::from_secs(1200);

/// So long an agent may take from the end of a command until its result is kept.
const TIME_TO_KEEP: Duration = Duration::from_secs(4);

pub(super) struct World {
    pub(super) plan: SimulationPlan,
    pub(super) scheduler: Arc<Scheduler>,
    pub(super) observer: Arc<Observer>,
    pub(super) store: MemoryStore,
    pub(super) network: Arc<Network>,
    pub(super) hosts: Vec<Arc<Host>>,
    pub(super) sweep: Sweep,
    pub(super) config: Config,
    folder: tempfile::TempDir,
    started: Instant,
    /// How far the wall clock of each machine is off, in milliseconds.
    pub(super) skews: Vec<Arc<AtomicI64>>,
    owners: Arc<AtomicU32>,
    living: Mutex<Vec<Living>>,
    /// Agents whose work is done.
    done: AtomicUsize,
    /// Nothing goes wrong any more.
    pub(super) well: AtomicBool,
    over: AtomicBool,
}

/// An agent that is there.
#[derive(Clone)]
pub(super) struct Living {
    pub(super) owner: Owner,
    pub(super) stop: watch::Sender<StopRequest>,
}

/// How a life ended.
#[derive(Debug)]
enum End {
    Killed,
    #[allow(dead_code, reason = "printed by Debug where a schedule breaks")]
    Failed(AgentError),
    Ended(EndReason),
}

impl World {
    pub(super) async fn new(plan: SimulationPlan, story: bool) -> Arc<Self> {
        let scheduler = Scheduler::new(plan.seed, plan.trials);
        let observer = Arc::new(Observer::default());
        observer.see().story = story.then(Vec::new);
        let store = MemoryStore::new();
        let network = Network::new(
            store.clone(),
            Arc::clone(&scheduler),
            Arc::clone(&observer),
            plan.quality,
            plan.hosts,
        );
        let config = crate::config::check(plan.config.as_bytes()).config.unwrap();
        let new = NewSweep {
            name: "simulated",
            experiment: "Default",
            config: plan.config.as_bytes(),
            seed: plan.seed,
            method: "test",
            note: None,
            user: "me",
            tags: Vec::new(),
            prior: None,
            now: BEGINNING,
        };
        let sweep = Sweep::create(&store, &new).await.unwrap();
        let hosts = (0..plan.hosts)
            .map(|host| Host::new(host, &scheduler, &observer, network.link(host), plan.habits))
            .collect();
        // In memory, where the system has such a place.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Arc::new(Self {
            skews: (0..plan.hosts).map(|_| Arc::default()).collect(),
            plan,
            scheduler,
            observer,
            store,
            network,
            hosts,
            sweep,
            config,
            folder: folder.unwrap(),
            started: Instant::now(),
            owners: Arc::new(AtomicU32::new(1)),
            living: Mutex::default(),
            done: AtomicUsize::new(0),
            well: AtomicBool::new(false),
            over: AtomicBool::new(false),
        })
    }

    /// Writes down what has happened.
    pub(super) fn note(&self, text: impl FnOnce() -> String) {
        self.observer.note(|| format!("{:>9.3} {}", self.started.elapsed().as_secs_f64(), text()));
    }

    pub(super) fn living(&self) -> MutexGuard<'_, Vec<Living>> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder_of(&self, host: usize) -> PathBuf {
        self.folder.path().join(format!("host{host}"))
    }

    pub(super) fn journal_of(&self, host: usize) -> Journal {
        Journal::new(self.folder_of(host).join("journal"))
    }

    /// Lets all agents work until nothing is left to do; false where that never is.
    pub(super) async fn play(self: &Arc<Self>) -> bool {
        for host in &self.plan.agents {
            let world = Arc::clone(self);
            let host = *host;
            self.scheduler.spawn(WORLD, async move {
                world.pause(500).await;
                world.tend(host).await;
                world.done.fetch_add(1, Ordering::Relaxed);
                world.look_back().await;
            });
        }
        let world = Arc::clone(self);
        self.scheduler.spawn(WORLD, async move { super::chaos::disturb(&world).await });
        let world = Arc::clone(self);
        self.scheduler.spawn(WORLD, async move {
            sleep(world.plan.disturbed + PATIENCE).await;
            world.broken("the sweep does not end".to_owned());
            world.over.store(true, Ordering::Relaxed);
        });
        self.scheduler.run(|| self.over.load(Ordering::Relaxed)).await
    }

    pub(super) fn broken(&self, text: String) {
        self.observer.see().broken.push(text);
    }

    pub(super) async fn pause(&self, most: u64) {
        sleep(Duration::from_millis(self.scheduler.below(most + 1))).await;
    }

    /// One place for an agent: who is killed, fails or is stopped is followed by another, until nothing is left.
    async fn tend(self: &Arc<Self>, host: usize) {
        loop {
            match self.live(host).await {
                End::Ended(EndReason::NothingLeft) => return,
                _ => self.pause(4000).await,
            }
        }
    }

    /// After the last agent somebody runs one more on each machine, which delivers what was left there.
    async fn look_back(self: &Arc<Self>) {
        if self.done.load(Ordering::Relaxed) < self.plan.agents.len() {
            return;
        }
        // People may still have trials run again.
        while !self.well.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(100)).await;
        }
        for host in 0..self.plan.hosts {
            self.tend(host).await;
        }
        self.over.store(true, Ordering::Relaxed);
    }

    /// One life of an agent.
    async fn live(self: &Arc<Self>, host: usize) -> End {
        let owner = self.new_owner();
        let process = 1000 + i32::try_from(owner.0).unwrap();
        let stop = watch::Sender::new(StopRequest::default());
        self.hosts[host].enter(process, owner);
        self.living().push(Living { owner, stop: stop.clone() });
        let (tell, ended) = oneshot::channel();
        let life = Arc::clone(self).agent(owner, host, process, stop);
        self.scheduler.spawn(owner, async move {
            let _ = tell.send(life.await);
        });
        let end = match ended.await {
            Err(_) => End::Killed,
            Ok(Err(error)) => End::Failed(error),
            Ok(Ok(summary)) => End::Ended(summary.end),
        };
        self.note(|| format!("agent {process} on host {host}: {end:?}"));
        self.living().retain(|living| living.owner != owner);
        let mut has_guard = true;
        if matches!(end, End::Killed) {
            self.check_journal(owner, host).await;
            has_guard = !self.scheduler.one_in(6);
            if has_guard {
                self.pause(20).await;
            }
        } else if let Some(left) = self.hosts[host].left_by(owner) {
            self.broken(format!("agent {process} has ended, and left {left}"));
        }
        self.hosts[host].leave(process, owner, has_guard);
        end
    }

    /// A result of a killed agent is in its journal, or in the store: it is not computed again.
    async fn check_journal(&self, owner: Owner, host: usize) {
        let (executions, slept) = {
            let truth = self.observer.see();
            (truth.executions.clone(), truth.slept.get(&owner).copied())
        };
        for (run, execution) in executions.iter().filter(|(_, one)| one.agent == owner && one.by_itself) {
            let Some(end) = execution.end else { continue };
            // So long it may still be bringing the last values to the store.
            let had_time = end.max(slept.unwrap_or(end)) + TIME_TO_KEEP < Instant::now();
            let kept = self.journal_of(host).folder().join(format!("{run}.json")).exists();
            let Ok(read) = self.store.run(run).await else { continue };
            let told = read.tag(tags::EXIT_CODE).or(read.tag(tags::SIGNAL)).is_some();
            if had_time && read.info.active && !kept && !told {
                self.broken(format!("the result of {run}, {execution:?}, is lost with its agent"));
            }
        }
    }

    fn new_owner(&self) -> Owner {
        Owner(self.owners.fetch_add(1, Ordering::Relaxed))
    }

    /// What `sweep run` does.
    async fn agent(
        self: Arc<Self>,
        owner: Owner,
        host: usize,
        process: i32,
        stop: watch::Sender<StopRequest>,
    ) -> Result<AgentSummary, AgentError> {
        let store: Arc<dyn Store> = self.network.link(host);
        let strategy = strategy::for_config(&self.config, self.sweep.seed)?;
        let size = strategy.size().and_then(|size| u64::try_from(size).ok());
        let limit = self.config.run_cap.into_iter().chain(size).min();
        let order = if strategy.reads_history() { ClaimOrder::Ascending } else { ClaimOrder::Spread };
        let token = format!("host{host}-{process}-sim");
        let ledger =
            Ledger::open(Arc::clone(&store), &self.sweep.ledger, token.clone(), order, limit).await?;
        let ledger = ledger.leased(self.plan.lease);
        let journal = self.journal_of(host);
        if let Some(error) = journal.post(store.as_ref(), &ledger).await.error {
            return Err(error.into());
        }
        let history = strategy.reads_history().then(|| {
            tokio::sync::Mutex::new(History::new(self.sweep.clone(), self.config.objectives(), Vec::new()))
        });
        let folder = self.folder_of(host);
        let logs = folder.join("logs");
        std::fs::create_dir_all(&logs).unwrap();
        let agent = Agent {
            sweep: self.sweep.clone(),
            config: self.config.clone(),
            strategy: strategy.into(),
            history: history.map(Arc::new),
            early: None,
            store,
            ledger: Arc::new(ledger),
            hand_over: Arc::new(Nowhere),
            identity: Identity {
                agent: token,
                host: format!("host{host}"),
                user: "me".into(),
                machine: None,
            },
            provenance: Provenance::new(None, String::new(), false),
            machine: self.machine(owner, host),
            gpus: None,
            checkpoints: folder.join("checkpoints"),
            logs,
            journal,
            outages: None,
            warned: Arc::default(),
            workdir: folder.clone(),
            misplaced: None,
            strays_told: Arc::default(),
            folder,
            events: self.listener(process),
            options: self.options(),
        };
        run(Arc::new(agent), stop).await
    }

    fn machine(&self, owner: Owner, host: usize) -> AgentMachine {
        let (owners, skew, started) = (Arc::clone(&self.owners), Arc::clone(&self.skews[host]), self.started);
        let now = move || {
            let passed = i64::try_from(started.elapsed().as_millis()).unwrap();
            BEGINNING + passed + skew.load(Ordering::Relaxed)
        };
        AgentMachine {
            processes: Arc::new(ProcessesOf {
                host: Arc::clone(&self.hosts[host]),
                agent: owner,
                next: Arc::new(move || Owner(owners.fetch_add(1, Ordering::Relaxed))),
            }),
            tasks: Arc::new(TasksOf { scheduler: Arc::clone(&self.scheduler), owner }),
            clock: Clock::new(now),
        }
    }

    fn listener(self: &Arc<Self>, process: i32) -> Arc<dyn Fn(Event<'_>) + Send + Sync> {
        let world = Arc::downgrade(self);
        Arc::new(move |event| {
            let Some(world) = world.upgrade() else { return };
            let what = match event {
                Event::Started { claim, run, .. } => {
                    world.note(|| format!("agent {process} starts {claim:?} as {run}"));
                    return;
                }
                Event::Settled(outcome) => {
                    let (trial, run, counts) = (outcome.trial, &outcome.run, outcome.counts);
                    format!("settles {trial}, {run}: {}, {:?}, {counts}", outcome.status, outcome.fate)
                }
                Event::Note { trial, text } => format!("{trial}: {text}"),
                Event::Warning { text } => text.to_owned(),
                _ => return,
            };
            world.note(|| format!("agent {process} {what}"));
        })
    }

    fn options(&self) -> Options {
        Options {
            jobs: self.plan.jobs,
            count: None,
            max_failures: u32::MAX,
            max_unmeasured: u32::MAX,
            grace: self.plan.grace,
            lease: self.plan.lease,
            retries: self.plan.retries,
            wait: true,
            engine: false,
            until: None,
        }
    }
}
