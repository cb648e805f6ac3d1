//! One trial: its point, its run, its command, watched to the end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::beside::conclude;
use super::environment::{HandedOver, REMOVED, variables};
use super::event::{Event, Outcome};
use super::gpus::{Gpu, Gpus};
use super::journal::Kept;
use super::kept_values::deliver_kept_values;
use super::measure::{Measured, measure};
use super::propose::{Proposed, propose};
use super::provenance::Standing;
use super::settle::{Delivered, Fate, Known, Settlement, abandon, deliver, drop_if_deleted};
use super::stop::{LAST_CHANCE, Level, Stop, asked_to_end, in_time};
use super::strays::mark_of;
use super::values::is_refusal;
use super::watch::{Cut, Watched, watch_command};
use super::{Agent, AgentError};
use crate::config::Method;
use crate::config::command::{RenderContext, Rendered, render};
use crate::process::{Blame, Child, Ended, SpawnError, Spec, Tail, now_ms};
use crate::record::{Claim, NewTrial, Unfinished, Verdict, lease_text, tags};
use crate::space::Point;
use crate::tracking::{NewRun, RunId, RunInfo, TrackingError};
use crate::trial::{RunStatus, TrialIndex, trial_seed};

/// What ties a trial to the agent's loop.
#[derive(Clone)]
pub(super) struct Wires {
    /// How far the agent has been asked to stop.
    pub(super) stop: watch::Receiver<Stop>,
    /// Tells that a command is over.
    pub(super) ended: UnboundedSender<CommandEnded>,
}

impl Wires {
    /// Does something with the store that must not hold up the end of the agent.
    async fn bounded<T, E: From<TrackingError>>(
        &self,
        agent: &Agent,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        in_time(&self.stop, agent.options.grace, work).await
    }
}

/// A trial's command is over, and its place free; what it gave is still being written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommandEnded {
    pub(super) trial: TrialIndex,
    pub(super) status: RunStatus,
    /// It was not worth going on with, but it worked.
    pub(super) stopped_early: bool,
    pub(super) ended: Ended,
}

/// Why an attempt has no outcome.
pub(super) struct Failed {
    pub(super) error: AgentError,
    /// Its result waits in the journal: the trial is not to be run again.
    kept: bool,
}

impl From<AgentError> for Failed {
    fn from(error: AgentError) -> Self {
        Self { error, kept: false }
    }
}

/// Runs a claimed trial and settles it; a failed attempt is followed by further ones, as many as are allowed. `None`:
/// there is no point left to run it with, or the agent was to end before it had one. Whatever goes wrong, the trial is
/// given back, to be run by another agent at once.
pub(super) async fn run_trial(
    agent: Arc<Agent>,
    mut claim: Claim,
    wires: Wires,
) -> Result<Option<Outcome>, AgentError> {
    loop {
        let outcome = match run_attempt(&agent, claim, &wires).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return Ok(None),
            Err(Failed { error, kept }) => {
                if !kept {
                    give_back(&agent, claim).await;
                }
                return Err(error);
            }
        };
        if outcome.fate != Fate::Retried {
            return Ok(Some(outcome));
        }
        let again = wires.bounded(&agent, claim_again(&agent, claim, &wires)).await?;
        match again {
            Some(next) => {
                (agent.events)(Event::Settled(&outcome));
                claim = next;
            }
            // It took so long that the trial was taken over, or no more are started.
            None => return Ok(Some(outcome)),
        }
    }
}

/// Claims the next attempt at a trial that failed; where no more are started, it is for other agents.
async fn claim_again(agent: &Agent, claim: Claim, wires: &Wires) -> Result<Option<Claim>, TrackingError> {
    if wires.stop.borrow().level > Level::No {
        agent.ledger.pass_on(claim.trial, claim.attempt).await?;
        return Ok(None);
    }
    let trial = Unfinished {
        trial: claim.trial,
        attempts: claim.attempt,
        token: agent.identity.agent.clone(),
        lease: agent.options.lease,
        round: claim.round,
        excused: claim.excused,
        given_back: false,
    };
    agent.ledger.claim_again(&trial).await
}

/// Lets another agent run the trial at once. What ends this agent is told; should this fail as well, the trial is free
/// after a lease.
async fn give_back(agent: &Agent, claim: Claim) {
    let back = agent.ledger.give_back(claim.trial, claim.attempt);
    match tokio::time::timeout(LAST_CHANCE, back).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, trial = %claim.trial, "not given back"),
        Err(_) => tracing::warn!(trial = %claim.trial, "not given back: the store does not answer"),
    }
}

async fn run_attempt(agent: &Arc<Agent>, claim: Claim, wires: &Wires) -> Result<Option<Outcome>, Failed> {
    let proposed = tokio::select! {
        proposed = wires.bounded(agent, propose(agent, claim)) => proposed?,
        // A model may take its time, and a large space its turns: whoever is to end does not wait for them.
        () = asked_to_end(wires.stop.clone()) => {
            give_back(agent, claim).await;
            return Ok(None);
        }
    };
    let Some(proposed) = proposed else {
        let settled = wires.bounded(agent, agent.ledger.settle_without_run(claim)).await;
        settled.map_err(AgentError::from)?;
        return Ok(None);
    };
    let prepared = Prepared::new(agent, claim, proposed, agent.look_at_code().await)?;
    let new = prepared.new_run(agent);
    run_prepared(agent, prepared, &new, wires).await.map(Some)
}

/// Makes the run, hands it over to the command, watches that to its end, and settles it.
pub(super) async fn run_prepared(
    agent: &Agent,
    mut prepared: Prepared,
    new: &NewRun,
    wires: &Wires,
) -> Result<Outcome, Failed> {
    let claim = prepared.claim;
    let run = wires.bounded(agent, agent.store.create_run(new)).await.map_err(AgentError::from)?;
    let patch = keep_patch(agent, &run, &prepared.code);
    let watched = {
        let uri = agent.hand_over.open(&run, &agent.config.experiment_name);
        let spec = prepared.spec(agent, &run, &uri);
        let taken = agent.ledger.taken().await;
        (agent.events)(Event::Started { claim, run: &run.id, point: &prepared.proposed.point, taken });
        let mut watched = match Child::spawn(&spec, agent.guard.clone()) {
            Ok(child) => watch_command(agent, claim, &run.id, child, wires.stop.clone()).await,
            Err(error) => not_started(agent, claim, &run.id, error),
        };
        if let Ok(watched) = &mut watched {
            watched.beside = agent.hand_over.made(&uri);
        }
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
            let abandoned = abandon(agent, &run, &error);
            // Others find out without it, after a lease.
            let _ = tokio::time::timeout(LAST_CHANCE, abandoned).await;
            Err(error.into())
        }
    }
}

/// What becomes of a trial whose command did not start. Its own values are a reason to fail this trial alone; all else
/// ends the agent.
fn not_started(agent: &Agent, claim: Claim, run: &RunId, error: SpawnError) -> Result<Watched, AgentError> {
    if error.blame() != Blame::Values {
        return Err(error.into());
    }
    let text = format!("{error}: {} ({})", error.source, error.hint());
    (agent.events)(Event::Note { trial: claim.trial, text: &text });
    Ok(Watched::not_started(&agent.live_log(run), &text))
}

/// Something that is being saved.
type Upload = JoinHandle<Result<(), TrackingError>>;

/// Keeps the changes since the commit with the run, while the command runs.
fn keep_patch(agent: &Agent, run: &RunInfo, code: &Standing) -> Option<Upload> {
    let patch = code.patch()?.to_vec();
    let (store, run) = (Arc::clone(&agent.store), run.clone());
    Some(tokio::spawn(async move { store.put_artifact(&run, tags::GIT_DIFF_ARTIFACT, patch).await }))
}

/// Writes down how an attempt ended: in the journal first, then in the store.
async fn settle(
    agent: &Agent,
    run: &RunInfo,
    prepared: &Prepared,
    mut watched: Watched,
    patch: Option<Upload>,
    wires: &Wires,
) -> Result<Outcome, Failed> {
    let claim = prepared.claim;
    let point = &prepared.proposed.point;
    let mut settlement = Settlement::new(claim, run, point, &watched, agent.options.retries);
    if prepared.apart {
        settlement.fate = Fate::Apart;
    }
    let stopped = watched.verdict.filter(|_| watched.cut == Some(Cut::StoppedEarly));
    if settlement.fate != Fate::Retried {
        let (status, stopped_early, ended) = (settlement.status, stopped.is_some(), watched.ended);
        // The agent may be gone already: then nobody waits for the place.
        let _ = wires.ended.send(CommandEnded { trial: claim.trial, status, stopped_early, ended });
    }
    let last_lines = watched.tail.last_lines();
    if settlement.status == RunStatus::Failed && last_lines.iter().any(|line| line.contains(OTHER_EXPERIMENT))
    {
        (agent.events)(Event::Note { trial: claim.trial, text: OTHER_EXPERIMENT_HINT });
    }
    let (delivered, measured) =
        deliver_safely(agent, run, &settlement, &mut watched.tail, patch, wires).await?;
    if !watched.beside.is_empty() {
        let concluded = async {
            conclude(agent, &settlement, &watched.beside, measured.value.is_some()).await;
            Ok::<_, TrackingError>(())
        };
        // What is left open by then stays as the script left it.
        let _ = wires.bounded(agent, concluded).await;
    }
    Ok(Outcome {
        trial: claim.trial,
        run: run.id.clone(),
        status: settlement.status,
        ended: watched.ended,
        took: watched.took,
        point: point.clone(),
        metric: measured.value,
        logged: measured.logged,
        stopped,
        last_lines,
        fate: if delivered.dropped { Fate::Dropped } else { settlement.fate },
        counts: delivered.verdict == Verdict::Counts,
    })
}

/// Keeps a settlement in the journal, and delivers it: killed at any moment, the next agent here delivers it.
async fn deliver_safely(
    agent: &Agent,
    run: &RunInfo,
    settlement: &Settlement,
    tail: &mut Tail,
    patch: Option<Upload>,
    wires: &Wires,
) -> Result<(Delivered, Measured), Failed> {
    let note = |text: &str| (agent.events)(Event::Note { trial: TrialIndex(settlement.trial), text });
    let log = tail.log();
    let live = agent.live_log(&run.id);
    let kept = agent.journal.keep(settlement, tail.is_whole().then_some(live.as_path()), &log);
    let kept = kept.inspect_err(|error| agent.warn_once(NO_JOURNAL, error)).ok();
    let delivery = async {
        match write_down(agent, run, settlement, log, patch).await {
            Ok(written) => Ok(written),
            Err(error) => drop_if_deleted(Err(error), agent.store.as_ref(), &agent.ledger, settlement)
                .await
                .map(|dropped| (dropped, Measured::default())),
        }
    };
    let sync = sync_in_a_while(kept.as_ref());
    let delivery = tokio::select! {
        delivery = wires.bounded(agent, delivery) => delivery,
        never = sync => match never {},
    };
    match (delivery, kept) {
        (Ok((delivered, measured)), kept) => {
            if let Some(kept) = kept {
                kept.delivered();
            }
            match &delivered.log_refused {
                Some(error) => note(&format!("its log stays in {}: {error}", live.display())),
                // It is among the run's artifacts now.
                None => drop(std::fs::remove_file(&live)),
            }
            if delivered.dropped {
                note(DROPPED);
            }
            Ok((delivered, measured))
        }
        (Err(error), Some(kept)) => {
            if is_refusal(&error) {
                kept.refuse();
            } else {
                let _ = tokio::task::spawn_blocking(kept.sync()).await;
                // The journal has it under another name.
                let _ = std::fs::remove_file(&live);
                note(KEPT);
            }
            Err(Failed { error: error.into(), kept: true })
        }
        (Err(error), None) => Err(AgentError::from(error).into()),
    }
}

/// A store that takes its time may be away: then what it was to be given must outlive a power cut, too. On a store that
/// answers at once, no trial waits for the disk.
async fn sync_in_a_while(kept: Option<&Kept>) -> std::convert::Infallible {
    if let Some(kept) = kept {
        tokio::time::sleep(SYNC_AFTER).await;
        let _ = tokio::task::spawn_blocking(kept.sync()).await;
    }
    std::future::pending().await
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
    let store = agent.store.as_ref();
    let scripts = deliver_kept_values(&agent.journal, store, Some(&run.id)).await?;
    let refused = scripts.refused + settlement.deliver_values(store).await?;
    if refused > 0 {
        let text = format!("the tracking store refused {refused} of its values");
        (agent.events)(Event::Note { trial: TrialIndex(settlement.trial), text: &text });
    }
    // What the script logged is read for the sake of the metric alone.
    let (known, measured) = match &agent.config.metric {
        Some(metric) => {
            let run = store.run(&run.id).await?;
            let measured = measure(store, &run, metric).await?;
            (Known::Read(run), measured)
        }
        None => (Known::AsMade(run), Measured::default()),
    };
    let mut settlement = settlement.clone();
    if agent.config.metric.is_some() && measured.value.is_none() && settlement.status == RunStatus::Finished {
        settlement.tags.push((tags::UNMEASURED.to_owned(), "true".to_owned()));
    }
    if let Some(early) = &agent.early {
        settlement.tags.extend(early.reached(store, &run.id).await);
    }
    let delivered = deliver(store, &agent.ledger, &settlement, log, known).await?;
    Ok((delivered, measured))
}

/// What MLflow's client says when a script's `set_experiment` and the run it was handed do not go together.
const OTHER_EXPERIMENT: &str = "active experiment ID does not match environment run ID";
const OTHER_EXPERIMENT_HINT: &str = "the script calls mlflow.set_experiment() with another name than the sweep's: \
                                     remove the call, or set experiment_name in the sweep's config to that name";
const DROPPED: &str = "its run was deleted meanwhile: the trial is dropped";
const NO_CHECKPOINTS: &str = "there are no folders for checkpoints (SWEEP_CHECKPOINT_DIR)";
const NO_JOURNAL: &str = "results can't be kept in .sweep/journal until the store has them";
/// How long the store may take until what it was given is made safe from a power cut.
const SYNC_AFTER: Duration = Duration::from_secs(1);
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
    /// Of `${args_json_file}`, where the command asks for it: deleted when the trial is over.
    _params_file: Option<tempfile::NamedTempFile>,
    checkpoint_dir: PathBuf,
    /// It is no trial: the ledger is not told of it.
    apart: bool,
}

/// The command of a point, and the file that it asks for.
fn command_of(
    agent: &Agent,
    point: &Point,
    seed: u32,
) -> Result<(Rendered, Option<tempfile::NamedTempFile>), AgentError> {
    let seed = seed.to_string();
    let declared = agent.config.parameter_names();
    let context = RenderContext {
        program: agent.config.program.as_deref(),
        environment: &|name| std::env::var(name).ok(),
        extra: &[("trial_seed", &seed)],
        params_file: None,
        declared: &declared,
    };
    let command = render(&agent.config.command, point, &context)?;
    let Some(json) = &command.params_file_json else { return Ok((command, None)) };
    let file =
        params_file(agent, json).map_err(failed("the file of ${args_json_file} can't be written".into()))?;
    let context = RenderContext { params_file: Some(file.path()), ..context };
    Ok((render(&agent.config.command, point, &context)?, Some(file)))
}

/// A file with a trial's params: in the folder for temporary files, else beside the logs.
fn params_file(agent: &Agent, json: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("sweep-params-").suffix(".json");
    let file = builder.tempfile().or_else(|_| builder.tempfile_in(&agent.logs))?;
    std::fs::write(file.path(), json)?;
    Ok(file)
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
        let (command, params_file) = command_of(agent, &proposed.point, seed)?;
        let checkpoint_dir = agent.checkpoints.join(checkpoints);
        if let Err(error) = std::fs::create_dir_all(&checkpoint_dir) {
            let what = format!("cannot create the folder {}", checkpoint_dir.display());
            // With this method trials go on from what is in them; else they are there for those who ask.
            if agent.config.method == Method::SuccessiveHalving {
                return Err(failed(what)(error));
            }
            agent.warn_once(NO_CHECKPOINTS, &error);
        }
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
            .chain([
                (tags::FOLDER.to_owned(), agent.folder.display().to_string()),
                (tags::LEASE.to_owned(), lease_text(agent.options.lease)),
            ])
            .chain(identity.machine.clone().map(|machine| (tags::MACHINE.to_owned(), machine)))
            .collect();
        NewTrial {
            sweep: &agent.sweep,
            claim: self.claim,
            point: &self.proposed.point,
            config: &agent.config,
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
        let program = std::env::current_exe().ok();
        let given = HandedOver {
            tracking_uri,
            loopback: agent.hand_over.loopback(),
            run,
            sweep_id: agent.sweep.id().as_str(),
            claim: self.claim,
            trial_seed: self.seed,
            params_json: self.proposed.point.to_json().to_string(),
            checkpoint_dir: &self.checkpoint_dir,
            journal: agent.journal.folder(),
            agent: &agent.identity.agent,
            program: program.as_deref(),
            gpu: self.gpu.as_ref().map(Gpu::name),
            additions: &agent.config.env,
        };
        Spec {
            argv: self.command.argv.clone(),
            env: variables(given, |name| std::env::var(name).ok()),
            env_remove: REMOVED.to_vec(),
            folder: Some(agent.workdir.clone()),
            mark: mark_of(agent, &run.id),
        }
    }
}
