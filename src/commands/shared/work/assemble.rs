//! An agent, made of what was typed, of the sweep and of this machine.

use std::sync::Arc;
use std::time::Duration;

use super::super::context::{Backend, Context};
use super::super::exit::Exit;
use super::super::failure::CommandFailure;
use super::super::workspace;
use super::args::WorkArgs;
use super::hand_over::{ToGateway, ToServer};
use super::one_machine;
use super::workdir;
use crate::agent::{Agent, AgentMachine, EarlyStopping, Event, Gpus, HandOver, Journal, Options, Provenance};
use crate::config::{self, Config};
use crate::gateway::Gateway;
use crate::launch::LaunchEngine;
use crate::process::{Guard, list_gpus, parse_gpus};
use crate::query::{limit, strategy_of};
use crate::record::{ClaimOrder, History, Ledger, Peers, PriorTrials, Sweep};
use crate::stopping;
use crate::strategy::Strategy;
use crate::ui::{RunLines, words};

/// Failures in a row that end an agent where nothing else is said.
const MAX_FAILURES: u32 = 5;
/// Trials in a row without the metric: most likely its name is misspelt, and no trial would ever have it.
const MAX_UNMEASURED: u32 = 3;

/// Between SIGTERM and SIGKILL where nothing else is said: trainers save checkpoints.
const GRACE: Duration = Duration::from_secs(30);

/// The same under engines, which kill what has not ended in time: Slurm after 30 s (`KillWait`), HyperQueue after 1 s.
const GRACE_OF_ENGINE: Duration = Duration::from_secs(20);
const GRACE_OF_HYPERQUEUE: Duration = Duration::from_millis(300);

fn grace(engine: Option<LaunchEngine>) -> Duration {
    match engine {
        None => GRACE,
        Some(LaunchEngine::Hq) => GRACE_OF_HYPERQUEUE,
        Some(_) => GRACE_OF_ENGINE,
    }
}

/// Makes an agent of this machine for an opened sweep.
pub async fn assemble(
    context: &Context,
    sweep: Sweep,
    config: Config,
    args: &WorkArgs,
) -> Result<Agent, CommandFailure> {
    let hand_over: Arc<dyn HandOver> = match &context.backend {
        Backend::Server { uri, .. } => Arc::new(ToServer { uri: uri.clone() }),
        Backend::File(store) => {
            Arc::new(ToGateway(Gateway::start(store.clone(), std::future::pending()).await?))
        }
    };
    assemble_with(context, sweep, config, args, (hand_over, guard(context))).await
}

/// The same for one that only asks for a trial, or reports on one: it starts no command of a trial, the address of the store
/// outlives it, and it says no more than warnings.
pub async fn assemble_to_ask(
    context: &Context,
    sweep: Sweep,
    config: Config,
    args: &WorkArgs,
) -> Result<Agent, CommandFailure> {
    let hand_over = Arc::new(ToServer { uri: context.store.uri().to_owned() });
    let mut agent = assemble_with(context, sweep, config, args, (hand_over, None)).await?;
    let ui = context.ui;
    agent.events = Arc::new(move |event| {
        event.trace();
        match event {
            Event::Warning { text } => ui.warn(text),
            Event::Note { trial, text } => ui.warn(&format!("trial {trial}: {text}")),
            _ => {}
        }
    });
    Ok(agent)
}

async fn assemble_with(
    context: &Context,
    sweep: Sweep,
    config: Config,
    args: &WorkArgs,
    (hand_over, guard): (Arc<dyn HandOver>, Option<Arc<Guard>>),
) -> Result<Agent, CommandFailure> {
    let place = workdir::place(context, &sweep, &config)?;
    if let Some(why) = &place.misplaced {
        context.ui.warn(why);
    }
    let strategy = strategy_of(&context.store, &sweep, &config).await?;
    let identity = context.identity();
    let order = if strategy.reads_history() { ClaimOrder::Ascending } else { ClaimOrder::Spread };
    let limit = limit(&config, strategy.as_ref());
    let ledger =
        Ledger::open(Arc::clone(&context.store), &sweep.ledger, identity.agent.clone(), order, limit).await?;
    let ledger = ledger.leased(args.lease);
    if let Backend::File(store) = &context.backend {
        one_machine::check(store, &sweep).await?;
    }
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
        warned: Arc::default(),
        provenance: Provenance::new(
            Some(place.folder.clone()),
            config::canonical(&sweep.config).unwrap_or_default(),
            config.git_diff,
        ),
        history: history(context, &sweep, &config, strategy.as_ref()).await?,
        early: early(&sweep, &config, args.shadow).map(Arc::new),
        sweep,
        config,
        strategy: strategy.into(),
        store: Arc::clone(&context.store),
        ledger: Arc::new(ledger),
        hand_over,
        identity,
        machine: AgentMachine::this(guard),
        gpus: gpus.map(Gpus::new),
        folder: context.folder.clone(),
        workdir: place.folder,
        misplaced: place.misplaced,
        strays_told: Arc::default(),
        events: Arc::new(move |event| {
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
        grace: args.grace.or(config.grace).unwrap_or_else(|| grace(args.allocation.engine)),
        lease: args.lease,
        retries: args.retries.unwrap_or(config.retries),
        wait: args.wait,
        engine: args.allocation.engine.is_some(),
        until: args.allocation.time.map(|time| tokio::time::Instant::now() + time),
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

/// What decides whether trials are worth continuing.
fn early(sweep: &Sweep, config: &Config, shadow: bool) -> Option<EarlyStopping> {
    let (rule, metric) = config.early_terminate.as_ref().zip(config.watched_metric())?;
    let peers = Peers::new(sweep.clone(), metric.name.clone());
    Some(EarlyStopping::new(stopping::for_config(rule, metric), metric.name.clone(), peers, shadow))
}

/// What a strategy that asks for it knows of other trials.
async fn history(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    strategy: &dyn Strategy,
) -> Result<Option<Arc<tokio::sync::Mutex<History>>>, CommandFailure> {
    if !strategy.reads_history() {
        return Ok(None);
    }
    let priors = PriorTrials::of(context.store.as_ref(), &sweep.parent).await?.observations();
    Ok(Some(Arc::new(tokio::sync::Mutex::new(History::new(sweep.clone(), config.objectives(), priors)))))
}

fn gpu_names(typed: &str) -> Result<Vec<String>, CommandFailure> {
    let names = if typed == "auto" { list_gpus() } else { parse_gpus(typed) };
    if names.is_empty() {
        return Err(CommandFailure::new(Exit::Usage, "no GPUs were found")
            .hint("Name them: --gpus 0,1. Or run without --gpus."));
    }
    Ok(names)
}

fn jobs(typed: Option<usize>, gpus: Option<&[String]>) -> Result<usize, CommandFailure> {
    match (typed, gpus) {
        (Some(jobs), Some(gpus)) if jobs > gpus.len() => Err(CommandFailure::new(
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

/// Results that an earlier agent of this directory could not deliver. What the store will never take stops no agent.
async fn deliver_journal(
    context: &Context,
    journal: &Journal,
    ledger: &Ledger,
) -> Result<(), CommandFailure> {
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
