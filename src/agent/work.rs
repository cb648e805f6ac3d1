//! One trial: its point, its run, its command, watched to the end.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::environment::{HandedOver, REMOVED, variables};
use super::event::{Event, Outcome};
use super::gpus::{Gpu, Gpus};
use super::settle::{Delivered, Fate, Known, Settlement, abandon, deliver};
use super::stop::{LAST_CHANCE, Level, Stop, no_answer, out_of_patience};
use super::watch::{Watched, watch_command};
use super::{Agent, AgentError};
use crate::config::command::{RenderContext, Rendered, render};
use crate::process::{Child, Spec, now_ms};
use crate::record::{Claim, NewTrial, Unfinished, Verdict};
use crate::space::Point;
use crate::tracking::{NewRun, RunInfo, TrackingError};
use crate::trial::{RunStatus, TrialIndex, trial_seed};

/// What ties a trial to the agent's loop.
#[derive(Clone)]
pub(super) struct Wires {
    /// How far the agent has been asked to stop.
    pub(super) stop: watch::Receiver<Stop>,
    /// Tells that a command is over.
    pub(super) ended: UnboundedSender<CommandEnded>,
}

/// A trial's command is over, and its place free; what it gave is still being written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommandEnded {
    pub(super) trial: TrialIndex,
    pub(super) status: RunStatus,
}

/// Runs a claimed trial and settles it; a failed attempt is followed by further ones, as many as are allowed.
pub(super) async fn run_trial(
    agent: Arc<Agent>,
    mut claim: Claim,
    wires: Wires,
) -> Result<Outcome, AgentError> {
    loop {
        let outcome = run_attempt(&agent, claim, &wires).await?;
        if outcome.fate != Fate::Retried || wires.stop.borrow().level > Level::No {
            if outcome.fate == Fate::Retried {
                agent.ledger.give_back(claim.trial, claim.attempt).await?;
            }
            return Ok(outcome);
        }
        let trial = Unfinished {
            trial: claim.trial,
            attempts: claim.attempt,
            token: agent.identity.agent.clone(),
            round: claim.round,
            excused: claim.excused,
            given_back: false,
        };
        match agent.ledger.claim_again(&trial).await? {
            Some(next) => {
                (agent.events)(Event::Settled(&outcome));
                claim = next;
            }
            // It took so long that the trial was taken over.
            None => return Ok(outcome),
        }
    }
}

async fn run_attempt(agent: &Agent, claim: Claim, wires: &Wires) -> Result<Outcome, AgentError> {
    let mut prepared = Prepared::new(agent, claim)?;
    let run = agent.store.create_run(&prepared.new_run(agent)).await?;
    let watched = run_command(agent, &prepared, &run, wires).await;
    // The next command may start as soon as this one is over: its GPU must be free by then.
    drop(prepared.gpu.take());
    // Only where the trial left nothing in it.
    let _ = std::fs::remove_dir(&prepared.checkpoint_dir);
    match watched {
        Ok(watched) => {
            let retries = agent.options.retries;
            let settlement = Settlement::new(claim, &run, &prepared.point, &watched, retries);
            settle(agent, &run, settlement, watched, wires).await
        }
        Err(error) => {
            abandon(agent, &run, &error).await;
            Err(error)
        }
    }
}

/// Hands a run over to the command, and watches that to its end.
pub(super) async fn run_command(
    agent: &Agent,
    prepared: &Prepared,
    run: &RunInfo,
    wires: &Wires,
) -> Result<Watched, AgentError> {
    let uri = agent.hand_over.open(run, &agent.config.experiment_name);
    let spec = prepared.spec(agent, run, &uri);
    let taken = agent.ledger.taken().await;
    let claim = prepared.claim;
    (agent.events)(Event::Started { claim, run: &run.id, point: &prepared.point, taken });
    let watched = match Child::spawn(&spec, agent.guard.clone()) {
        Ok(child) => watch_command(agent, claim, &run.id, child, wires.stop.clone()).await,
        Err(error) => Err(error.into()),
    };
    agent.hand_over.close(&uri);
    watched
}

/// Writes down how an attempt ended: in the store, or in the journal where the store is away.
pub(super) async fn settle(
    agent: &Agent,
    run: &RunInfo,
    settlement: Settlement,
    mut watched: Watched,
    wires: &Wires,
) -> Result<Outcome, AgentError> {
    let claim = settlement.claim();
    if settlement.fate != Fate::Retried {
        // The agent may be gone already: then nobody waits for the place.
        let _ = wires.ended.send(CommandEnded { trial: claim.trial, status: settlement.status });
    }
    let log = watched.tail.log().map_err(failed(format!("the output of trial {} is gone", claim.trial)))?;
    let last_lines = watched.tail.last_lines();
    if settlement.status == RunStatus::Failed && last_lines.iter().any(|line| line.contains(OTHER_EXPERIMENT))
    {
        (agent.events)(Event::Note { trial: claim.trial, text: OTHER_EXPERIMENT_HINT });
    }
    let delivery = tokio::select! {
        delivery = write_down(agent, run, &settlement, log.clone()) => delivery,
        () = out_of_patience(wires.stop.clone(), LAST_CHANCE) => Err(no_answer()),
    };
    let delivered = match delivery {
        Ok(delivered) => delivered,
        Err(error) => {
            let kept = agent.journal.keep(&settlement, &log);
            kept.map_err(failed(format!("the result of trial {} can't be kept on disk", claim.trial)))?;
            let _ = std::fs::remove_file(agent.live_log(&run.id));
            (agent.events)(Event::Note { trial: claim.trial, text: KEPT });
            return Err(error.into());
        }
    };
    // It is among the run's artifacts now.
    let _ = std::fs::remove_file(agent.live_log(&run.id));
    let name = agent.config.metric.as_ref().map(|metric| metric.name.as_str());
    Ok(Outcome {
        trial: claim.trial,
        run: run.id.clone(),
        status: settlement.status,
        ended: watched.ended,
        took: watched.took,
        metric: name
            .and_then(|name| delivered.metrics.iter().find(|metric| metric.key == name))
            .map(|metric| metric.value),
        last_lines,
        fate: settlement.fate,
        counts: delivered.verdict == Verdict::Counts,
    })
}

async fn write_down(
    agent: &Agent,
    run: &RunInfo,
    settlement: &Settlement,
    log: Vec<u8>,
) -> Result<Delivered, TrackingError> {
    // What the script logged is read for the sake of the metric alone.
    let known = match agent.config.metric {
        Some(_) => Known::Read(agent.store.run(&run.id).await?),
        None => Known::AsMade(run),
    };
    deliver(agent.store.as_ref(), &agent.ledger, settlement, log, known).await
}

/// What MLflow's client says when a script's `set_experiment` and the run it was handed do not go together.
const OTHER_EXPERIMENT: &str = "active experiment ID does not match environment run ID";
const OTHER_EXPERIMENT_HINT: &str = "the script calls mlflow.set_experiment() with another name than the sweep's: \
                                     remove the call, or set experiment_name in the sweep's config to that name";
const KEPT: &str = "its result could not be delivered and is kept here; the next `sweep run` in this directory \
                    delivers it";

fn failed(what: String) -> impl FnOnce(std::io::Error) -> AgentError {
    move |source| AgentError::Io { what, source }
}

/// All that is known of a trial before its run is made.
pub(super) struct Prepared {
    claim: Claim,
    pub(super) point: Point,
    seed: u32,
    command: Rendered,
    gpu: Option<Gpu>,
    /// Of `${args_json_file}`: deleted when the trial is over.
    _params_file: tempfile::NamedTempFile,
    pub(super) checkpoint_dir: PathBuf,
}

impl Prepared {
    fn new(agent: &Agent, claim: Claim) -> Result<Self, AgentError> {
        let point = agent.strategy.point(claim.trial.0)?.unwrap_or_default();
        let seed = trial_seed(agent.sweep.seed, claim.trial);
        Self::of(agent, claim, point, seed, &format!("trial-{:06}", claim.trial.0))
    }

    /// With this point and this seed; `checkpoints` names the folder of its checkpoints.
    pub(super) fn of(
        agent: &Agent,
        claim: Claim,
        point: Point,
        seed: u32,
        checkpoints: &str,
    ) -> Result<Self, AgentError> {
        let params_file = tempfile::Builder::new()
            .prefix("sweep-params-")
            .suffix(".json")
            .tempfile()
            .map_err(failed("no temporary file can be made".into()))?;
        let seed_text = seed.to_string();
        let context = RenderContext {
            program: agent.config.program.as_deref(),
            environment: &|name| std::env::var(name).ok(),
            extra: &[("trial_seed", &seed_text)],
            params_file: Some(params_file.path()),
            declared: &agent.config.parameter_names(),
        };
        let command = render(&agent.config.command, &point, &context)?;
        if let Some(json) = &command.params_file_json {
            std::fs::write(params_file.path(), json)
                .map_err(failed("the file of ${args_json_file} can't be written".into()))?;
        }
        let checkpoint_dir = agent.checkpoints.join(checkpoints);
        std::fs::create_dir_all(&checkpoint_dir)
            .map_err(failed(format!("the folder {} can't be made", checkpoint_dir.display())))?;
        let gpu = agent.gpus.as_ref().and_then(Gpus::take);
        Ok(Self { claim, point, seed, command, gpu, _params_file: params_file, checkpoint_dir })
    }

    pub(super) fn new_run(&self, agent: &Agent) -> NewRun {
        let identity = &agent.identity;
        NewTrial {
            sweep: &agent.sweep,
            claim: self.claim,
            point: &self.point,
            command: &self.command.display,
            seed: self.seed.into(),
            user: &identity.user,
            agent: &identity.agent,
            host: &identity.host,
            tags: &identity.tags,
            now: now_ms(),
        }
        .run()
    }

    fn spec(&self, agent: &Agent, run: &RunInfo, tracking_uri: &str) -> Spec {
        let given = HandedOver {
            tracking_uri,
            loopback: agent.hand_over.loopback(),
            run,
            sweep_id: agent.sweep.id().as_str(),
            claim: self.claim,
            trial_seed: self.seed,
            params_json: self.point.to_json().to_string(),
            checkpoint_dir: &self.checkpoint_dir,
            agent: &agent.identity.agent,
            gpu: self.gpu.as_ref().map(Gpu::name),
            additions: &agent.config.env,
        };
        Spec {
            argv: self.command.argv.clone(),
            env: variables(given, |name| std::env::var(name).ok()),
            env_remove: REMOVED.to_vec(),
            folder: Some(agent.folder.clone()),
        }
    }
}
