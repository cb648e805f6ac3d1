//! The commands that simulated machines run: how long they take, what they log and how they end follows from the seed,
//! the trial and the attempt.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::network::Link;
use super::scheduler::{Owner, Scheduler};
use super::truth::{Execution, Observer};
use crate::agent::processes::{Hurry, OnOutput, Process, Processes};
use crate::process::{BriefRun, ChildSpec, CommandExit, OwnerMark, SpawnError};
use crate::tracking::{Metric, RunId, RunUpdate, Store as _};
use crate::trial::{RunStatus, TrialIndex};

/// What commands do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    pub(super) seed: u64,
    /// They take up to so many milliseconds.
    pub(super) longest: u64,
    /// One of so many fails; 0: none.
    pub(super) failing: u64,
    /// One of so many hangs until it is ended; 0: none.
    pub(super) hanging: u64,
    /// One of so many ends its run itself, as an exit hook of MLflow's client does; 0: none.
    pub(super) hooked: u64,
    /// One of so many leaves a process outside its group; 0: none.
    pub(super) straying: u64,
    /// One of so many does not hear of SIGTERM; 0: none.
    pub(super) stubborn: u64,
    /// They print their metric; else they log it.
    pub(super) prints: bool,
}

/// One machine: its processes.
pub(super) struct Host {
    pub(super) number: usize,
    pub(super) scheduler: Arc<Scheduler>,
    pub(super) observer: Arc<Observer>,
    pub(super) link: Arc<Link>,
    pub(super) habits: Habits,
    table: Mutex<ProcessTable>,
}

#[derive(Default)]
struct ProcessTable {
    commands: BTreeMap<Owner, Arc<SimulatedCommand>>,
    /// Agents that are there, by process number; of each who it is.
    agents: BTreeMap<i32, Owner>,
}

/// A command, and what it has left.
struct SimulatedCommand {
    /// The script itself, as the scheduler knows it.
    owner: Owner,
    agent: Owner,
    mark: OwnerMark,
    run: RunId,
    state: Mutex<CommandState>,
    news: Notify,
    asked: Notify,
    stubborn: bool,
}

impl SimulatedCommand {
    /// What there is of it.
    fn left(&self) -> Option<String> {
        let state = lock(&self.state);
        let running = usize::from(state.ended.is_none()) + state.strays;
        (running > 0).then(|| format!("{running} processes of run {}", self.run))
    }
}

#[derive(Default)]
struct CommandState {
    output: VecDeque<Vec<u8>>,
    ended: Option<CommandExit>,
    strays: usize,
    /// Its agent was killed, and the guard as well.
    unguarded: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host {
    pub(super) fn new(
        number: usize,
        scheduler: &Arc<Scheduler>,
        observer: &Arc<Observer>,
        link: Arc<Link>,
        habits: Habits,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            scheduler: Arc::clone(scheduler),
            observer: Arc::clone(observer),
            link,
            habits,
            table: Mutex::default(),
        })
    }

    /// An agent begins.
    pub(super) fn enter(&self, process: i32, agent: Owner) {
        lock(&self.table).agents.insert(process, agent);
    }

    /// An agent is gone. The guard kills what it has started; without one only the first process of each command dies.
    pub(super) fn leave(&self, process: i32, agent: Owner, has_guard: bool) {
        let commands: Vec<Arc<SimulatedCommand>> = {
            let mut table = lock(&self.table);
            table.agents.remove(&process);
            table.commands.values().filter(|command| command.agent == agent).cloned().collect()
        };
        for command in commands {
            self.end(&command, CommandExit::Signaled(9));
            if has_guard {
                self.end_strays(&command);
            } else {
                lock(&command.state).unguarded = true;
            }
        }
    }

    /// Processes that run, but for those that no living agent could end.
    pub(super) fn left(&self) -> Vec<String> {
        let table = lock(&self.table);
        let guarded = table.commands.values().filter(|command| !lock(&command.state).unguarded);
        guarded.filter_map(|command| command.left()).collect()
    }

    /// What an agent that has ended has left.
    pub(super) fn left_by(&self, agent: Owner) -> Option<String> {
        let table = lock(&self.table);
        let mut of_agent = table.commands.values().filter(|command| command.agent == agent);
        of_agent.find_map(|command| command.left())
    }

    fn end(&self, command: &SimulatedCommand, ended: CommandExit) {
        {
            let mut state = lock(&command.state);
            if state.ended.is_some() {
                return;
            }
            state.ended = Some(ended);
        }
        if let Some(execution) = self.observer.see().executions.get_mut(&command.run) {
            execution.ended = Some(ended);
            execution.end = Some(Instant::now());
            execution.by_itself = matches!(ended, CommandExit::Exited(_));
        }
        self.scheduler.kill(command.owner);
        command.news.notify_one();
    }

    fn end_strays(&self, command: &SimulatedCommand) -> usize {
        if let Some(execution) = self.observer.see().executions.get_mut(&command.run) {
            execution.strays = 0;
        }
        std::mem::take(&mut lock(&command.state).strays)
    }
}

/// The processes of one life of an agent.
pub(super) struct ProcessesOf {
    pub(super) host: Arc<Host>,
    pub(super) agent: Owner,
    /// Gives each command a number of its own.
    pub(super) next: Arc<dyn Fn() -> Owner + Send + Sync>,
}

#[async_trait]
impl Processes for ProcessesOf {
    fn spawn(&self, spec: &ChildSpec) -> Result<Box<dyn Process>, SpawnError> {
        let host = &self.host;
        let value = |name: &str| {
            let set = spec.env.iter().rfind(|(key, _)| key == name);
            set.map(|(_, value)| value.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let run = RunId(value("SWEEP_RUN_ID"));
        let (trial, attempt) =
            (value("SWEEP_TRIAL").parse().unwrap_or(0), value("SWEEP_ATTEMPT").parse().unwrap_or(0));
        let script = Script::new(host.habits, trial, attempt);
        let command = Arc::new(SimulatedCommand {
            owner: (self.next)(),
            agent: self.agent,
            mark: spec.mark.clone(),
            run: run.clone(),
            state: Mutex::default(),
            news: Notify::new(),
            asked: Notify::new(),
            stubborn: script.stubborn,
        });
        {
            let mut truth = host.observer.see();
            // Nobody finds the runs that were deleted.
            let others = truth.executions.iter().filter(|(run, _)| !truth.deleted.contains(run));
            let running: Vec<String> = others
                .map(|(_, other)| other)
                .filter(|other| other.trial.0 == trial)
                .filter(|other| other.host == host.number && (other.ended.is_none() || other.strays > 0))
                .filter(|other| host.scheduler.is_dead(other.agent))
                .map(|other| format!("attempt {} at trial {trial}", other.attempt))
                .collect();
            for other in running {
                truth.broken.push(format!("{other} still runs here as attempt {attempt} begins"));
            }
            let execution = Execution {
                trial: TrialIndex(trial),
                attempt,
                host: host.number,
                agent: self.agent,
                ended: None,
                end: None,
                by_itself: false,
                printed: Vec::new(),
                strays: 0,
            };
            truth.executions.insert(run, execution);
        }
        lock(&host.table).commands.insert(command.owner, Arc::clone(&command));
        let work = script.run(Arc::clone(host), Arc::clone(&command));
        host.scheduler.spawn(command.owner, work);
        Ok(Box::new(Running { host: Arc::clone(host), command, over: false }))
    }

    async fn run_hook(
        &self,
        spec: &ChildSpec,
        input: Vec<u8>,
        limit: Duration,
        _most: usize,
    ) -> Result<BriefRun, SpawnError> {
        let document: serde_json::Value = serde_json::from_slice(&input).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let run = Some(RunId(text(&document["trial"]["run_id"]))).filter(|run| !run.as_str().is_empty());
        let host = &self.host;
        host.observer.see().hooks.push((text(&document["event"]), run));
        let takes = Duration::from_millis(10 * host.scheduler.below(60));
        sleep(takes.min(limit)).await;
        let exit = (takes <= limit).then_some(CommandExit::Exited(i32::from(spec.argv.is_empty())));
        Ok(BriefRun { output: Vec::new(), exit })
    }

    async fn end_abandoned(&self, mark: &OwnerMark, agent: Option<i32>, _grace: Duration) -> usize {
        sleep(Duration::from_millis(2)).await;
        let commands: Vec<Arc<SimulatedCommand>> = {
            let table = lock(&self.host.table);
            if agent.is_some_and(|agent| table.agents.contains_key(&agent)) {
                return 0;
            }
            table.commands.values().filter(|command| command.mark == *mark).cloned().collect()
        };
        let mut ended = 0;
        for command in commands {
            ended += usize::from(lock(&command.state).ended.is_none());
            self.host.end(&command, CommandExit::Signaled(15));
            ended += self.host.end_strays(&command);
        }
        ended
    }
}

/// A command as its agent holds it.
struct Running {
    host: Arc<Host>,
    command: Arc<SimulatedCommand>,
    over: bool,
}

#[async_trait]
impl Process for Running {
    async fn watch(&mut self, on_output: OnOutput<'_>) -> io::Result<CommandExit> {
        loop {
            let (output, ended) = {
                let mut state = lock(&self.command.state);
                (std::mem::take(&mut state.output), state.ended)
            };
            output.iter().for_each(|bytes| on_output(bytes));
            match ended {
                Some(ended) => return Ok(ended),
                None => self.command.news.notified().await,
            }
        }
    }

    async fn end_strays(&mut self, _grace: Duration, _hurry: Hurry<'_>) -> usize {
        if lock(&self.command.state).strays > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        self.over = true;
        self.host.end_strays(&self.command)
    }

    fn terminate(&self) {
        if !self.command.stubborn {
            self.command.asked.notify_one();
        }
    }

    fn kill(&self) {
        self.host.end(&self.command, CommandExit::Signaled(9));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Who is killed with SIGKILL drops nothing.
        if self.over || self.host.scheduler.is_dead(self.command.agent) {
            return;
        }
        self.kill();
        self.host.end_strays(&self.command);
    }
}

/// What one command does.
struct Script {
    habits: Habits,
    /// Milliseconds before each value, and the value.
    steps: Vec<(u64, f64)>,
    /// Milliseconds after the last.
    rest: u64,
    /// Milliseconds that it takes once it is asked to end.
    last: u64,
    code: i32,
    hangs: bool,
    hooked: bool,
    strays: usize,
    stubborn: bool,
}

impl Script {
    fn new(habits: Habits, trial: u64, attempt: u32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(habits.seed ^ (trial << 20) ^ u64::from(attempt));
        let mut one_in = |number: u64| number > 0 && random.random_range(0..number) == 0;
        let (fails, hangs, hooked, strays, stubborn) = (
            one_in(habits.failing),
            one_in(habits.hanging),
            one_in(habits.hooked),
            one_in(habits.straying),
            one_in(habits.stubborn),
        );
        let time = random.random_range(0..habits.longest);
        let count = random.random_range(1..=3_u64);
        let steps = (0..count)
            .map(|step| {
                #[allow(clippy::cast_precision_loss)]
                let value = (trial * 10 + step) as f64 + f64::from(attempt) / 100.0;
                (time / (count + 1), value)
            })
            .collect();
        Self {
            habits,
            steps,
            rest: time / (count + 1),
            last: random.random_range(0..200),
            code: i32::from(fails),
            hangs,
            hooked,
            strays: usize::from(strays),
            stubborn,
        }
    }

    async fn run(self, host: Arc<Host>, command: Arc<SimulatedCommand>) {
        let work = self.work(&host, &command);
        let ended = tokio::select! {
            biased;
            ended = work => ended,
            () = command.asked.notified() => {
                sleep(Duration::from_millis(self.last)).await;
                CommandExit::Signaled(15)
            }
        };
        host.end(&command, ended);
    }

    async fn work(&self, host: &Host, command: &SimulatedCommand) -> CommandExit {
        if self.strays > 0 {
            lock(&command.state).strays = self.strays;
            if let Some(execution) = host.observer.see().executions.get_mut(&command.run) {
                execution.strays = self.strays;
            }
        }
        for (step, (time, value)) in (0..).zip(&self.steps) {
            sleep(Duration::from_millis(*time)).await;
            if self.habits.prints {
                let line = format!("loss={value}\n");
                if let Some(execution) = host.observer.see().executions.get_mut(&command.run) {
                    execution.printed.push(*value);
                }
                lock(&command.state).output.push_back(line.into_bytes());
                command.news.notify_one();
            } else {
                let metric = Metric { key: "loss".into(), value: *value, timestamp: 1000 + step, step };
                // It continues without, as careful scripts do.
                let _ = host.link.log_batch(&command.run, &[metric], &[], &[]).await;
            }
        }
        if self.hangs {
            std::future::pending::<()>().await;
        }
        sleep(Duration::from_millis(self.rest)).await;
        if self.hooked {
            let status = if self.code == 0 { RunStatus::Finished } else { RunStatus::Failed };
            let end = RunUpdate { status: Some(status), end_time: Some(2000), ..RunUpdate::default() };
            let _ = host.link.update_run(&command.run, &end).await;
        }
        CommandExit::Exited(self.code)
    }
}
