//! Agents that are killed, suspended and taken away at random, and commands that fail and hang: every trial counts once.
//!
//! `SWEEP_CHAOS_SEED` replays a schedule; the seed of a run is printed when it fails. `SWEEP_CHAOS_AGENTS` takes more agents.

// The seed, and why a store is left out.
#![allow(clippy::print_stderr)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sweep::testing::Store;

use crate::support::agent::{AgentProcess, no_process_is_left};
use crate::support::mlflow_server::MlflowServer;
use crate::support::outcome::{Outcome, embedded, server};
use crate::support::postgres::Postgres;
use crate::support::python::with_postgres_driver;
use crate::support::sandbox::Sandbox;

/// Agents at a time.
fn agents() -> usize {
    std::env::var("SWEEP_CHAOS_AGENTS").ok().and_then(|number| number.parse().ok()).unwrap_or(8)
}

/// What a command does depends on its trial and attempt: it works for a moment, fails, hangs until its time is up,
/// leaves a process behind, or will not hear of SIGTERM.
const SCRIPT: &str = "\
case $(( (SWEEP_TRIAL * 7 + SWEEP_ATTEMPT * 3) % 20 )) in
    0|1) exit 3 ;;
    2) sleep 1000 ;;
    3|4) sleep 1000 & ;;
    5) trap '' TERM; sleep 0.7 ;;
    6|7|8) sleep 0.6 ;;
esac
sleep 0.1
echo \"$SWEEP_TRIAL done, loss=$(( ($1 * $2) % 17 ))\"
";

/// How much of it.
struct Measure {
    /// Trials.
    cap: u64,
    /// For how long agents are disturbed.
    disturbed: Duration,
    lease: &'static str,
}

const SHORT: Measure = Measure { cap: 200, disturbed: Duration::from_secs(30), lease: "3s" };
const LEARNING: Measure = Measure { cap: 40, disturbed: Duration::from_secs(10), lease: "3s" };
const ON_SERVERS: Measure = Measure { cap: 150, disturbed: Duration::from_secs(30), lease: "3s" };
const LONG: Measure = Measure { cap: 1500, disturbed: Duration::from_secs(600), lease: "3s" };

fn seed() -> u64 {
    std::env::var("SWEEP_CHAOS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random::<u64>)
}

/// An agent that runs, or sleeps until then.
struct Member {
    agent: AgentProcess,
    asleep_until: Option<Instant>,
}

struct Chaos<'a> {
    sandbox: &'a Sandbox,
    measure: &'a Measure,
    random: ChaCha8Rng,
    members: Vec<Member>,
    /// Agents that were asked to end with SIGTERM.
    leaving: Vec<AgentProcess>,
    /// Disturbances by kind: killed, suspended, taken away.
    done: [u32; 3],
}

impl Chaos<'_> {
    fn recruit(&mut self) {
        let args = [
            "run",
            "--lease",
            self.measure.lease,
            "--grace",
            "300ms",
            "--retries",
            "1",
            "--max-failures",
            "9999",
        ];
        self.members
            .push(Member { agent: AgentProcess::start(self.sandbox, &args, &[]), asleep_until: None });
    }

    /// Disturbs agents until the time is up, or one of them has found that nothing is left.
    fn disturb(&mut self) {
        let end = Instant::now() + self.measure.disturbed;
        while Instant::now() < end && !self.members.iter_mut().any(|member| member.agent.has_ended()) {
            self.wake(Instant::now());
            let who = self.random.random_range(0..self.members.len());
            match self.random.random_range(0..10) {
                0..3 => {
                    self.members.remove(who).agent.kill();
                    self.recruit();
                    self.done[0] += 1;
                }
                3..6 if self.members[who].asleep_until.is_none() => {
                    let time = Duration::from_millis(self.random.random_range(100..6_000));
                    self.members[who].agent.signal(Signal::SIGSTOP);
                    self.members[who].asleep_until = Some(Instant::now() + time);
                    self.done[1] += 1;
                }
                6 if self.members[who].asleep_until.is_none() => {
                    let agent = self.members.remove(who).agent;
                    agent.signal(Signal::SIGTERM);
                    self.leaving.push(agent);
                    self.recruit();
                    self.done[2] += 1;
                }
                _ => {}
            }
            std::thread::sleep(Duration::from_millis(self.random.random_range(50..400)));
        }
    }

    fn wake(&mut self, now: Instant) {
        for member in &mut self.members {
            if member.asleep_until.is_some_and(|until| until <= now) {
                member.agent.signal(Signal::SIGCONT);
                member.asleep_until = None;
            }
        }
    }

    /// Lets everybody finish in peace.
    fn settle(&mut self) {
        self.wake(Instant::now() + Duration::from_secs(3600));
        // A machine that has much else to do takes ten times as long.
        let patience = Duration::from_secs(900);
        for agent in self.leaving.drain(..) {
            let ran = agent.finish_within(patience);
            // Anyone who was asked before it listened is simply gone; anyone who had nothing left to do ended by itself.
            assert!(matches!(ran.code, Some(143 | 0 | 1) | None), "{ran:?}");
        }
        for member in self.members.drain(..) {
            let ran = member.agent.finish_within(patience);
            assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
        }
    }
}

fn chaos(sandbox: &Sandbox, store: &dyn Store, method: &str, measure: &Measure) {
    let seed = seed();
    eprintln!("SWEEP_CHAOS_SEED={seed} replays this");
    sandbox.file("train.sh", SCRIPT);
    // More points than may be tried.
    let x: Vec<u64> = (0..measure.cap / 10 + 1).collect();
    let id = sandbox.init(&format!(
        "command: [sh, train.sh, '${{x}}', '${{y}}']\nexperiment_name: chaos\nmethod: {method}\nrun_cap: {}\n\
         metric: {{name: loss, goal: minimize, from_output: 'loss=([0-9]+)'}}\ntrial_timeout: 2s\nparameters:\n  x: {{values: {x:?}}}\n  y: {{min: 1, max: 10}}\n",
        measure.cap
    ));
    let begun = Instant::now();
    let mut chaos = Chaos {
        sandbox,
        measure,
        random: ChaCha8Rng::seed_from_u64(seed),
        members: Vec::new(),
        leaving: Vec::new(),
        done: [0; 3],
    };
    for _ in 0..agents() {
        chaos.recruit();
    }
    chaos.disturb();
    chaos.settle();
    let [killed, suspended, taken_away] = chaos.done;
    let outcome = Outcome::read(store, &id);
    eprintln!(
        "{} trials in {} runs, {:.0?}: {killed} agents killed, {suspended} suspended, {taken_away} taken away",
        measure.cap,
        outcome.runs.len(),
        begun.elapsed()
    );
    assert!(killed > 0 && suspended > 0, "no agent was disturbed");
    no_process_is_left(&id);
    outcome.each_trial_counts_once(measure.cap);
    outcome.every_run_is_over();
    let points: BTreeSet<_> = outcome
        .runs
        .iter()
        .filter(|run| outcome.results.values().any(|result| *result == run.info.id))
        .map(|run| ["x", "y"].map(|name| run.tag(&format!("sweep.param.{name}")).unwrap()))
        .collect();
    assert_eq!(points.len() as u64, measure.cap, "a point was tried twice");
}

fn on_the_embedded_store(method: &str, measure: &Measure) {
    let sandbox = Sandbox::new();
    chaos(&sandbox, &embedded(sandbox.path()), method, measure);
}

fn on_a_server(mlflow: &MlflowServer, measure: &Measure) {
    let sandbox = Sandbox::tracking(mlflow.url());
    chaos(&sandbox, &server(mlflow.url()), "grid", measure);
}

fn on_a_server_with_postgres(measure: &Measure) {
    let postgres = match Postgres::start() {
        Ok(postgres) => postgres,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    with_postgres_driver();
    let mlflow = MlflowServer::start_on(&postgres.uri());
    on_a_server(&mlflow, measure);
}

#[test]
fn chaos_on_the_embedded_store() {
    on_the_embedded_store("grid", &SHORT);
}

#[test]
fn chaos_where_each_trial_learns_from_the_others() {
    on_the_embedded_store("bayes", &LEARNING);
}

#[test]
fn chaos_on_a_server_with_sqlite() {
    on_a_server(&MlflowServer::start(), &ON_SERVERS);
}

#[test]
fn chaos_on_a_server_with_postgresql() {
    on_a_server_with_postgres(&ON_SERVERS);
}

#[test]
#[ignore = "takes some 15 minutes"]
fn long_chaos_on_the_embedded_store() {
    on_the_embedded_store("grid", &LONG);
}

#[test]
#[ignore = "takes some 15 minutes"]
fn long_chaos_on_a_server_with_sqlite() {
    on_a_server(&MlflowServer::start(), &LONG);
}

#[test]
#[ignore = "takes some 15 minutes"]
fn long_chaos_on_a_server_with_postgresql() {
    on_a_server_with_postgres(&LONG);
}
