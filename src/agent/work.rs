//! One trial: its point, its run, its command, watched to the end.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::environment::{HandedOver, REMOVED, variables};
use super::event::{Event, Outcome};
use super::gpus::{Gpu, Gpus};
use super::measure::{Measured, measure};
use super::propose::{Proposed, propose};
use super::provenance::Standing;
use super::settle::{Delivered, Fate, Known, Settlement, abandon, deliver};
use super::stop::{LAST_CHANCE, Level, Stop, no_answer, out_of_patience};
use super::watch::{Cut, Watched, watch_command};
use super::{Agent, AgentError};
use crate::config::command::{RenderContext, Rendered, render};
use crate::process::{Child, Spec, now_ms};
use crate::record::{Claim, NewTrial, Unfinished, Verdict, tags};
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
    /// It was not worth going on with, but it worked.
    pub(super) stopped_early: bool,
}

/// Runs a claimed trial and settles it; a failed attempt is followed by further ones, as many as are allowed. `None`:
/// there is no point left to run it with.
pub(super) async fn run_trial(
    agent: Arc<Agent>,
    mut claim: Claim,
    wires: Wires,
) -> Result<Option<Outcome>, AgentError> {
    loop {
        let Some(proposed) = propose(&agent, claim).await? else {
            agent.ledger.settle_without_run(claim).await?;
            return Ok(None);
        };
        let outcome = run_attempt(&agent, claim, proposed, &wires).await?;
        if outcome.fate != Fate::Retried || wires.stop.borrow().level > Level::No {
            if outcome.fate == Fate::Retried {
                agent.ledger.give_back(claim.trial, claim.attempt).await?;
            }
            return Ok(Some(outcome));
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
            None => return Ok(Some(outcome)),
        }
    }
}

async fn run_attempt(
    agent: &Agent,
    claim: Claim,
    proposed: Proposed,
    wires: &Wires,
) -> Result<Outcome, AgentError> {
    let prepared = Prepared::new(agent, claim, proposed, agent.provenance.look().await)?;
    let new = prepared.new_run(agent);
    run_prepared(agent, prepared, &new, wires).await
}

/// Makes the run, hands it over to the command, watches that to its end, and settles it.
pub(super) async fn run_prepared(
    agent: &Agent,
    mut prepared: Prepared,
    new: &NewRun,
    wires: &Wires,
) -> Result<Outcome, AgentError> {
    let claim = prepared.claim;
    let run = agent.store.create_run(new).await?;
    let patch = keep_patch(agent, &run, &prepared.code);
    let watched = {
        let uri = agent.hand_over.open(&run, &agent.config.experiment_name);
        let spec = prepared.spec(agent, &run, &uri);
        let taken = agent.ledger.taken().await;
        (agent.events)(Event::Started { claim, run: &run.id, point: &prepared.proposed.point, taken });
        let watched = match Child::spawn(&spec, agent.guard.clone()) {
            Ok(child) => watch_command(agent, claim, &run.id, child, wires.stop.clone()).await,
            Err(error) => Err(error.into()),
        };
        agent.hand_over.close(&uri);
        watched
    };
    // The next command may start as soon as this one is over: its GPU must be free by then.
    drop(prepared.gpu.take());
    // Only where the trial left nothing in it.
    let _ = std::fs::remove_dir(&prepared.checkpoint_dir);
    match watched {
        Ok(watched) => settle(agent, &run, &prepared, watched, patch, wires).await,
        Err(error) => {
            abandon(agent, &run, &error).await;
            Err(error)
        }
    }
}

/// Something that is being saved.
type Upload = JoinHandle<Result<(), TrackingError>>;

/// Keeps the changes since the commit with the run, while the command runs.
fn keep_patch(agent: &Agent, run: &RunInfo, code: &Standing) -> Option<Upload> {
    let patch = code.patch()?.to_vec();
    let (store, run) = (Arc::clone(&agent.store), run.clone());
    Some(tokio::spawn(async move { store.put_artifact(&run, tags::GIT_DIFF_ARTIFACT, patch).await }))
}

/// Writes down how an attempt ended: in the store, or in the journal where the store is away.
async fn settle(
    agent: &Agent,
    run: &RunInfo,
    prepared: &Prepared,
    mut watched: Watched,
    patch: Option<Upload>,
    wires: &Wires,
) -> Result<Outcome, AgentError> {
    let claim = prepared.claim;
    let point = &prepared.proposed.point;
    let mut settlement = Settlement::new(claim, run, point, &watched, agent.options.retries);
    if prepared.apart {
        settlement.fate = Fate::Apart;
    }
    let stopped = watched.verdict.filter(|_| watched.cut == Some(Cut::StoppedEarly));
    if settlement.fate != Fate::Retried {
        let (status, stopped_early) = (settlement.status, stopped.is_some());
        // The agent may be gone already: then nobody waits for the place.
        let _ = wires.ended.send(CommandEnded { trial: claim.trial, status, stopped_early });
    }
    let log = watched.tail.log().map_err(failed(format!("the output of trial {} is gone", claim.trial)))?;
    let last_lines = watched.tail.last_lines();
    if settlement.status == RunStatus::Failed && last_lines.iter().any(|line| line.contains(OTHER_EXPERIMENT))
    {
        (agent.events)(Event::Note { trial: claim.trial, text: OTHER_EXPERIMENT_HINT });
    }
    let delivery = tokio::select! {
        delivery = write_down(agent, run, &settlement, log.clone(), patch) => delivery,
        () = out_of_patience(wires.stop.clone(), LAST_CHANCE) => Err(no_answer()),
    };
    let (delivered, measured) = match delivery {
        Ok(written) => written,
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
    Ok(Outcome {
        trial: claim.trial,
        run: run.id.clone(),
        status: settlement.status,
        ended: watched.ended,
        took: watched.took,
        metric: measured.value,
        logged: measured.logged,
        stopped,
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
    patch: Option<Upload>,
) -> Result<(Delivered, Measured), TrackingError> {
    if let Some(patch) = patch
        && let Ok(Err(error)) = patch.await
    {
        // No reason to lose a trial.
        tracing::warn!(%error, run = %run.id, "git.diff is not kept");
    }
    settlement.deliver_values(agent.store.as_ref()).await?;
    // What the script logged is read for the sake of the metric alone.
    let (known, measured) = match &agent.config.metric {
        Some(metric) => {
            let run = agent.store.run(&run.id).await?;
            let measured = measure(agent.store.as_ref(), &run, metric).await?;
            (Known::Read(run), measured)
        }
        None => (Known::AsMade(run), Measured::default()),
    };
    let mut settlement = settlement.clone();
    if let Some(early) = &agent.early {
        settlement.tags.extend(early.reached(agent.store.as_ref(), &run.id).await);
    }
    let delivered = deliver(agent.store.as_ref(), &agent.ledger, &settlement, log, known).await?;
    Ok((delivered, measured))
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

/// What a command is handed besides its point.
pub(super) struct Handed {
    pub(super) seed: u32,
    /// The name of the folder of its checkpoints.
    pub(super) checkpoints: String,
    /// It is no trial: the ledger is not told of it.
    pub(super) apart: bool,
}

/// All that is known of a trial before its run is made.
pub(super) struct Prepared {
    claim: Claim,
    proposed: Proposed,
    code: Arc<Standing>,
    seed: u32,
    command: Rendered,
    gpu: Option<Gpu>,
    /// Of `${args_json_file}`: deleted when the trial is over.
    _params_file: tempfile::NamedTempFile,
    checkpoint_dir: PathBuf,
    /// It is no trial: the ledger is not told of it.
    apart: bool,
}

impl Prepared {
    fn new(agent: &Agent, claim: Claim, proposed: Proposed, code: Arc<Standing>) -> Result<Self, AgentError> {
        let seed = trial_seed(agent.sweep.seed, claim.trial);
        let checkpoints = format!("trial-{:06}", proposed.checkpoints_of.0);
        Self::of(agent, claim, proposed, code, Handed { seed, checkpoints, apart: false })
    }

    /// With what is handed to the command.
    pub(super) fn of(
        agent: &Agent,
        claim: Claim,
        proposed: Proposed,
        code: Arc<Standing>,
        handed: Handed,
    ) -> Result<Self, AgentError> {
        let Handed { seed, checkpoints, apart } = handed;
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
        let command = render(&agent.config.command, &proposed.point, &context)?;
        if let Some(json) = &command.params_file_json {
            std::fs::write(params_file.path(), json)
                .map_err(failed("the file of ${args_json_file} can't be written".into()))?;
        }
        let checkpoint_dir = agent.checkpoints.join(checkpoints);
        std::fs::create_dir_all(&checkpoint_dir)
            .map_err(failed(format!("the folder {} can't be made", checkpoint_dir.display())))?;
        let gpu = agent.gpus.as_ref().and_then(Gpus::take);
        Ok(Self {
            claim,
            proposed,
            code,
            seed,
            command,
            gpu,
            _params_file: params_file,
            checkpoint_dir,
            apart,
        })
    }

    pub(super) fn new_run(&self, agent: &Agent) -> NewRun {
        let identity = &agent.identity;
        let tags: Vec<(String, String)> = agent
            .provenance
            .tags(&self.code, &self.proposed.point)
            .into_iter()
            .chain(self.proposed.tags.iter().cloned())
            .chain([(tags::FOLDER.to_owned(), agent.folder.display().to_string())])
            .collect();
        NewTrial {
            sweep: &agent.sweep,
            claim: self.claim,
            point: &self.proposed.point,
            command: &self.command.display,
            seed: self.seed.into(),
            user: &identity.user,
            agent: &identity.agent,
            host: &identity.host,
            tags: &tags,
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
            params_json: self.proposed.point.to_json().to_string(),
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
