//! `sweep run`: an agent that works on a sweep until nothing is left.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::context::{Backend, Context, Setting, SweepChoice};
use super::exit::Exit;
use super::failure::Failure;
use super::hand_over::{ToGateway, ToServer};
use super::load::{load_sweep, refuse_half};
use super::one_machine;
use super::pin::{Pin, check_pin};
use super::signals::Signals;
use super::workdir::{self, Place};
use super::workspace;
use crate::agent::{
    self, Agent, Early, EndReason, Gpus, HandOver, Journal, Options, Provenance, Summary, Warned,
};
use crate::config::{self, Config, Method};
use crate::gateway::Gateway;
use crate::process::{Guard, list_gpus, parse_gpus};
use crate::query::{limit, limit_of, short_id};
use crate::record::{ClaimOrder, History, Ledger, Order, Peers, Prior, Sweep};
use crate::stopping;
use crate::strategy::{self, Strategy};
use crate::ui::{Output, RunLines, Style, words};

/// Failures in a row that end an agent where nothing else is said.
const MAX_FAILURES: u32 = 5;
/// Trials in a row without the metric: most likely its name is misspelt, and no trial would ever have it.
const MAX_UNMEASURED: u32 = 3;

/// Between SIGTERM and SIGKILL where nothing else is said: trainers save checkpoints.
const GRACE: Duration = Duration::from_secs(30);

/// What was typed.
#[derive(Debug, Clone)]
pub struct RunArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How to run it.
    pub work: WorkArgs,
}

/// How trials are run.
#[derive(Debug, Clone)]
pub struct WorkArgs {
    /// Trials side by side.
    ///
    /// `None`: as many as there are GPUs to hand out, else one.
    pub jobs: Option<usize>,
    /// The agent ends after so many trials.
    pub count: Option<u64>,
    /// The agent ends after so many failures in a row, and after so many trials in a row without the metric; `None`: as
    /// the program thinks fit.
    pub max_failures: Option<u32>,
    /// An agent that has shown no sign of life for so long is lost.
    pub lease: Duration,
    /// Time between SIGTERM and SIGKILL; `None`: the config's.
    pub grace: Option<Duration>,
    /// Further attempts at a trial that failed; `None`: the config's.
    pub retries: Option<u32>,
    /// Once nothing is left to start, stay until every trial has its result.
    pub wait: bool,
    /// Stop no trial early, and only say which would have been.
    pub shadow: bool,
    /// `auto`, or the GPUs to hand out, one a trial.
    pub gpus: Option<String>,
    /// Which trials' output is shown; `None`: that of one trial at a time, and of several side by side none.
    pub output: Option<Output>,
    /// One trial is run again and again, from this time on: lines say which time it is.
    pub again_from: Option<u32>,
    /// What the sweep's config must be.
    pub pin: Pin,
}

/// Runs trials of a sweep.
///
/// # Errors
/// Where the sweep can't be opened, or the store or this machine fails.
pub async fn run(setting: &Setting, args: &RunArgs) -> Result<Exit, Failure> {
    let context = Context::open(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    let id = short_id(&sweep).to_owned();
    let worked = work(&context, sweep, config, &args.work).await?;
    if worked.all_done {
        context.ui.say(&format!("Next: sweep finalize {id}"));
    }
    Ok(worked.exit)
}

/// How an agent's work ended.
pub(super) struct Worked {
    pub(super) exit: Exit,
    /// Whether the sweep can be concluded: the agent neither was stopped nor gave up.
    pub(super) complete: bool,
    /// Whether every trial of it has its result.
    pub(super) all_done: bool,
}

/// Works on an opened sweep.
pub(super) async fn work(
    context: &Context,
    sweep: Sweep,
    config: Config,
    args: &WorkArgs,
) -> Result<Worked, Failure> {
    check_pin(context, &sweep, &args.pin)?;
    refuse_half(&sweep)?;
    let signals = Signals::listen(context.ui)?;
    let assembled = tokio::select! {
        assembled = begin(context, sweep, config, args) => assembled?,
        // Nothing is claimed yet: there is nothing to wait for.
        exit = signals.received() => return Ok(Worked { exit, complete: false, all_done: false }),
    };
    let agent = Arc::new(assembled);
    let limit = limit(&agent.config, agent.strategy.as_ref());
    announce(context, &agent.sweep, &agent.config, limit, agent.options.jobs);
    let summary = agent::run(Arc::clone(&agent), signals.stop()).await?;
    if let Backend::Server { store, .. } = &context.backend {
        tracing::debug!(calls = store.calls(), "requests to the server");
    }
    tell(context, &agent, &summary);
    if summary.end == EndReason::Deleted {
        return Err(deleted(&agent.sweep));
    }
    let without_value = summary.unmeasured > 0
        && (summary.end == EndReason::Unmeasured || summary.unmeasured == summary.finished);
    let failed = if summary.failed > 0 || without_value { Exit::WorkFailed } else { Exit::Done };
    let gave_up = matches!(summary.end, EndReason::Failures | EndReason::Unmeasured | EndReason::CannotRun);
    let complete = summary.end != EndReason::Stopped && !gave_up && signals.exit().is_none();
    let all_done =
        complete && summary.end == EndReason::NothingLeft && summary.others == 0 && summary.finished > 0;
    Ok(Worked { exit: signals.exit().unwrap_or(failed), complete, all_done })
}

/// Makes an agent for a sweep that may be worked on.
async fn begin(context: &Context, sweep: Sweep, config: Config, args: &WorkArgs) -> Result<Agent, Failure> {
    let parent = context.store.run(sweep.id()).await?;
    if !parent.info.active {
        return Err(deleted(&sweep));
    }
    let order = Order::of(&parent);
    if matches!(order, Order::Stop | Order::Cancel) {
        let (name, id) = (&sweep.parent.info.name, short_id(&sweep));
        let what = if order == Order::Cancel { "cancelled" } else { "stopped" };
        return Err(Failure::new(Exit::Usage, format!("sweep {name} was {what}"))
            .hint(format!("`sweep resume {id}` lets agents run it again.")));
    }
    reopen(context, &sweep, &config).await?;
    assemble(context, sweep, config, args).await
}

/// Nobody works on a sweep that somebody has deleted.
fn deleted(sweep: &Sweep) -> Failure {
    let id = sweep.id();
    Failure::new(Exit::Tracking, format!("the sweep was deleted: its run {id} is no longer there")).hint(
        format!("Restore the run (mlflow runs restore --run-id {id}), or start another: sweep init CONFIG."),
    )
}

/// A finalized sweep that has trials left is taken up again, and says so. One without stays as it is.
async fn reopen(context: &Context, sweep: &Sweep, config: &Config) -> Result<(), Failure> {
    if !sweep.parent.info.status.is_final() {
        return Ok(());
    }
    let store = context.store.as_ref();
    let ledger = Ledger::read(store, &sweep.ledger).await?;
    let results = ledger.results().len();
    let taken = (results + ledger.empty()) as u64;
    let is_left = limit_of(config, sweep.seed).is_none_or(|limit| taken < limit);
    if is_left || !ledger.unfinished().is_empty() {
        sweep.reopen(store).await?;
        let trials = words::count(results as u64, "trial");
        let id = short_id(sweep);
        context.ui.say(&format!(
            "Reopened: {} was finalized after {trials}. `sweep finalize {id}` brings its report up to date afterwards.",
            sweep.parent.info.name
        ));
    }
    Ok(())
}

/// Makes an agent of this machine for an opened sweep.
pub(super) async fn assemble(
    context: &Context,
    sweep: Sweep,
    config: Config,
    args: &WorkArgs,
) -> Result<Agent, Failure> {
    let place = workdir::place(context, &sweep, &config)?;
    if let Some(why) = &place.misplaced {
        context.ui.warn(why);
    }
    let strategy = strategy::for_config(&config, sweep.seed)?;
    let identity = context.identity();
    let order = if strategy.reads_history() { ClaimOrder::Ascending } else { ClaimOrder::Spread };
    let limit = limit(&config, strategy.as_ref());
    let ledger =
        Ledger::open(Arc::clone(&context.store), &sweep.ledger, identity.agent.clone(), order, limit).await?;
    let ledger = ledger.leased(args.lease);
    if let Backend::File(store) = &context.backend {
        one_machine::check(store, &sweep).await?;
    }
    let hand_over: Arc<dyn HandOver> = match &context.backend {
        Backend::Server { uri, .. } => Arc::new(ToServer { uri: uri.clone() }),
        Backend::File(store) => {
            Arc::new(ToGateway(Gateway::start(store.clone(), std::future::pending()).await?))
        }
    };
    let gpus = args.gpus.as_deref().map(gpu_names).transpose()?;
    let jobs = jobs(args.jobs, gpus.as_deref())?;
    let lines = RunLines::new(context.ui, config.clone(), jobs, limit, args.output);
    let lines = match args.again_from {
        Some(first) => lines.again_from(first),
        None => lines,
    };
    let options = options(&config, args, jobs);
    let journal = workspace::journal(&context.folder, sweep.id().as_str());
    deliver_journal(context, &journal, &ledger).await?;
    Ok(Agent {
        checkpoints: workspace::checkpoints(&context.folder, sweep.id().as_str()),
        logs: logs(context),
        journal,
        outages: match &context.backend {
            Backend::Server { store, .. } => Some(store.outages()),
            Backend::File(_) => None,
        },
        warned: Warned::default(),
        provenance: Provenance::new(
            place.folder.clone(),
            config::canonical(&sweep.config).unwrap_or_default(),
            config.git_diff,
        ),
        history: history(context, &sweep, &config, strategy.as_ref()).await?,
        early: early(&sweep, &config, args.shadow).map(Arc::new),
        sweep,
        config,
        strategy,
        store: Arc::clone(&context.store),
        limit,
        ledger,
        hand_over,
        identity,
        guard: guard(context),
        gpus: gpus.map(Gpus::new),
        folder: context.folder.clone(),
        workdir: place.folder,
        misplaced: place.misplaced,
        strays_told: AtomicBool::new(false),
        events: Box::new(move |event| {
            event.trace();
            lines.on(&event);
        }),
        options,
    })
}

fn options(config: &Config, args: &WorkArgs, jobs: usize) -> Options {
    Options {
        jobs,
        count: args.count,
        max_failures: args.max_failures.unwrap_or(MAX_FAILURES),
        max_unmeasured: args.max_failures.unwrap_or(MAX_UNMEASURED),
        grace: args.grace.or(config.grace).unwrap_or(GRACE),
        lease: args.lease,
        retries: args.retries.unwrap_or(config.retries),
        wait: args.wait,
    }
}

/// Where the output of commands can be read while they run: who works without loses that, and nothing else.
fn logs(context: &Context) -> std::path::PathBuf {
    workspace::make_logs(&context.folder).unwrap_or_else(|error| {
        let text = format!("`sweep logs` can't follow running trials: cannot create .sweep/logs ({error})");
        context.ui.warn(&text);
        workspace::logs(&context.folder)
    })
}

/// What decides whether trials are worth going on with.
fn early(sweep: &Sweep, config: &Config, shadow: bool) -> Option<Early> {
    let (rule, metric) = config.early_terminate.as_ref().zip(config.metric.as_ref())?;
    let peers = Peers::new(sweep.clone(), metric.name.clone());
    Some(Early::new(stopping::for_config(rule, metric), metric.name.clone(), peers, shadow))
}

/// What a strategy that asks for it is told of other trials.
async fn history(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    strategy: &dyn Strategy,
) -> Result<Option<tokio::sync::Mutex<History>>, Failure> {
    if !strategy.reads_history() {
        return Ok(None);
    }
    let priors = Prior::of(context.store.as_ref(), &sweep.parent).await?.observations();
    Ok(Some(tokio::sync::Mutex::new(History::new(sweep.clone(), config.metric.clone(), priors))))
}

fn gpu_names(typed: &str) -> Result<Vec<String>, Failure> {
    let names = if typed == "auto" { list_gpus() } else { parse_gpus(typed) };
    if names.is_empty() {
        return Err(Failure::new(Exit::Usage, "no GPUs were found")
            .hint("Name them: --gpus 0,1. Or run without --gpus."));
    }
    Ok(names)
}

fn jobs(typed: Option<usize>, gpus: Option<&[String]>) -> Result<usize, Failure> {
    match (typed, gpus) {
        (Some(jobs), Some(gpus)) if jobs > gpus.len() => Err(Failure::new(
            Exit::Usage,
            format!("--jobs {jobs} needs as many GPUs, and there are {}", gpus.len()),
        )
        .hint("Each trial gets a GPU of its own: give at most as many jobs as GPUs.")),
        (Some(jobs), _) => Ok(jobs),
        (None, gpus) => Ok(gpus.map_or(1, <[String]>::len)),
    }
}

/// The argument with which the program is the guard of an agent.
pub const GUARD: &str = "__guard";

fn guard(context: &Context) -> Option<Arc<Guard>> {
    match Guard::start(GUARD) {
        Ok(guard) => Some(Arc::new(guard)),
        Err(error) => {
            context.ui.warn(&format!("if this agent is killed, its commands may keep running ({error})"));
            None
        }
    }
}

/// Results that an earlier agent of this directory could not deliver. What the store will never take stops nobody.
async fn deliver_journal(context: &Context, journal: &Journal, ledger: &Ledger) -> Result<(), Failure> {
    let posted = journal.post(context.store.as_ref(), ledger).await;
    if posted.delivered > 0 {
        let results = words::count(posted.delivered as u64, "result");
        context.ui.say(&format!("Delivered {results} that had been kept in this directory."));
    }
    if posted.dropped > 0 {
        let results = words::count(posted.dropped as u64, "kept result");
        context.ui.warn(&format!("{results} dropped: the runs were deleted"));
    }
    if !posted.refused.is_empty() {
        let files = words::count(posted.refused.len() as u64, "file");
        let reasons: Vec<String> =
            posted.refused.iter().map(|(what, why)| format!("\n  {what}: {why}")).collect();
        context.ui.warn(&format!(
            "{files} of the journal can't be delivered; set aside as *.refused in {}{}",
            journal.folder().display(),
            reasons.concat()
        ));
    }
    posted.error.map_or(Ok(()), |error| Err(error.into()))
}

fn announce(context: &Context, sweep: &Sweep, config: &Config, limit: Option<u64>, jobs: usize) {
    let trials = limit.map_or_else(|| "trials without end".to_owned(), |limit| words::count(limit, "trial"));
    let side = if jobs > 1 { format!(", {jobs} in parallel") } else { String::new() };
    let name = context.ui.err(Style::Strong, &sweep.parent.info.name);
    let method = config.method.as_str();
    context.ui.say(&format!("{name}  {method}, {trials}{side}, in {}", context.store.uri()));
}

fn tell(context: &Context, agent: &Agent, summary: &Summary) {
    let ui = &context.ui;
    tell_failure(context, agent, summary);
    if summary.end == EndReason::Unmeasured
        && let Some(metric) = &agent.config.metric
    {
        let head = format!(
            "{} trials in a row did not log {}: the agent stops (--max-failures), since the others would not either.",
            agent.options.max_unmeasured,
            words::quoted(&metric.name)
        );
        ui.insist(&ui.err(Style::Bad, &head));
        ui.insist(
            "Log it under this name in the script, or set metric.name to a metric that the script logs and run \
             `sweep init` again.",
        );
    }
    let why = match summary.end {
        EndReason::NothingLeft if summary.others > 0 && !agent.options.wait => {
            format!(
                "{}; others still run {}",
                nothing_left(agent),
                words::count(summary.others as u64, "trial")
            )
        }
        EndReason::NothingLeft => nothing_left(agent),
        EndReason::Count => "--count is reached".to_owned(),
        EndReason::Failures => "too many failures in a row".to_owned(),
        EndReason::Unmeasured => "too many trials without the metric in a row".to_owned(),
        EndReason::CannotRun => "the command cannot run here".to_owned(),
        EndReason::Stopped => "stopped".to_owned(),
        EndReason::Duration => "max_duration has run out".to_owned(),
        EndReason::Target => "metric.target is reached".to_owned(),
        EndReason::Deleted => "the sweep was deleted".to_owned(),
    };
    let mut parts = vec![format!("{} finished", summary.finished)];
    if summary.failed > 0 {
        parts.push(ui.err(Style::Bad, &format!("{} failed", summary.failed)));
    }
    if summary.stopped_early > 0 {
        parts.push(format!("{} stopped early", summary.stopped_early));
    }
    if summary.killed > 0 {
        parts.push(format!("{} killed", summary.killed));
    }
    if summary.unmeasured > 0 {
        parts.push(ui.err(Style::Warning, &format!("{} without the metric", summary.unmeasured)));
    }
    if summary.dropped > 0 {
        parts.push(format!("{} dropped (run deleted)", summary.dropped));
    }
    ui.say(&format!("This agent: {}; {why}.", parts.join(", ")));
}

/// The last failure, where it is why the agent has stopped.
fn tell_failure(context: &Context, agent: &Agent, summary: &Summary) {
    let ui = &context.ui;
    let Some(last) = &summary.last_failure else { return };
    let head = match summary.end {
        EndReason::Failures => format!(
            "{} failures in a row: the agent stops (--max-failures). Trial {} ended with {}; its last lines:",
            agent.options.max_failures, last.trial, last.ended
        ),
        EndReason::CannotRun => {
            format!("Trial {} ended with {}, as all others would; its last lines:", last.trial, last.ended)
        }
        _ => return,
    };
    ui.insist(&ui.err(Style::Bad, &head));
    for line in &last.last_lines {
        ui.insist(&format!("    {line}"));
    }
    if summary.end == EndReason::CannotRun {
        let place = Place { folder: agent.workdir.clone(), misplaced: agent.misplaced.clone() };
        ui.insist(&workdir::advice(&place, &agent.config.command, last));
    }
    ui.insist(&format!(
        "To run them again: sweep retry --failed {id}, then sweep run {id}",
        id = short_id(&agent.sweep)
    ));
}

fn nothing_left(agent: &Agent) -> String {
    let points = agent.strategy.size();
    match agent.config.run_cap {
        Some(cap) if points.is_none_or(|points| u128::from(cap) < points) => {
            format!("run_cap is reached: all {} are taken", words::count(cap, "trial"))
        }
        _ if agent.config.method == Method::Grid => {
            format!("the grid is exhausted: all {} points are taken", points.unwrap_or_default())
        }
        _ => match points {
            Some(points) => format!("all {points} points are taken"),
            None => "no point is left to try".to_owned(),
        },
    }
}
