//! `sweep launch top-up`: submits as many agents as are missing. It may be run again and again, from anywhere, twice at once:
//! who submits claims the next number first, and counts again where another was faster.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::super::shared::launching::{agents_alive, alive_on};
use super::super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, load_sweep, refuse_half};
use super::submit::submit;
use crate::config::Config;
use crate::launch::{HostAgents, LaunchEngine, LaunchRequest, gpu_names};
use crate::query::limit_of;
use crate::record::{LaunchRecord, Ledger, Sweep, SweepOrder, claim_launch, last_launch, launches_of};
use crate::ui::words;

/// A launch that is being submitted is waited for this long: by then it is known, or its program was killed.
const SUBMITTED_WITHIN: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// Submits the agents that are missing.
///
/// # Errors
/// Where there is no launch to go by, or its engine can't be asked.
pub async fn top_up(
    setting: &Setting,
    choice: &SweepChoice,
    wanted: Option<u32>,
) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let (sweep, config) = load_sweep(&context, choice).await?;
    refuse_half(&sweep)?;
    let (store, by) = (context.store.as_ref(), context.identity().agent);
    loop {
        let last = last_launch(store, &sweep).await?;
        let launches = settled_launches(&context, &sweep, last).await?;
        let parent = store.run(sweep.id()).await?;
        if !matches!(SweepOrder::of(&parent), SweepOrder::Run | SweepOrder::Pause) {
            context.ui.say("The sweep was stopped: nothing is submitted.");
            return Ok(Exit::Done);
        }
        let request = match missing(&sweep, &config, &context, &launches, wanted).await? {
            Ok(request) => request,
            Err(why) => {
                context.ui.say(&why);
                return Ok(Exit::Done);
            }
        };
        let number = last + 1;
        if claim_launch(store, &sweep, number, &by).await? {
            return submit(&context, &sweep, LaunchRequest { number, ..request }).await;
        }
    }
}

/// The launches of the sweep, once the last of them is known with its job.
async fn settled_launches(
    context: &Context,
    sweep: &Sweep,
    last: u32,
) -> Result<Vec<LaunchRecord>, CommandFailure> {
    let began = Instant::now();
    loop {
        let launches = launches_of(&context.store.run(sweep.id()).await?);
        let known = launches.last().is_some_and(|launch| launch.request.number >= last);
        if known || last == 0 || began.elapsed() > SUBMITTED_WITHIN {
            return Ok(launches);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What is to be submitted; else why nothing is.
async fn missing(
    sweep: &Sweep,
    config: &Config,
    context: &Context,
    launches: &[LaunchRecord],
    wanted: Option<u32>,
) -> Result<Result<LaunchRequest, String>, CommandFailure> {
    let current: Vec<&LaunchRecord> = launches.iter().filter(|launch| !launch.cancelled).collect();
    let Some(latest) = current.last() else {
        return Err(CommandFailure::new(Exit::Usage, "the sweep has no launch to go by")
            .hint("`sweep launch slurm|hq|k8s|sky|local|ssh` makes one."));
    };
    let ledger = Ledger::read(context.store.as_ref(), &sweep.ledger).await?;
    let done = (ledger.results().len() + ledger.empty()) as u64;
    let left = limit_of(sweep, config).map(|limit| limit.saturating_sub(done));
    if left == Some(0) {
        let id = sweep.id().short();
        return Ok(Err(format!(
            "Every trial has its result: nothing is submitted. Next: sweep finalize {id}"
        )));
    }
    let engine = latest.request.engine;
    let alike: Vec<&LaunchRecord> =
        current.iter().copied().filter(|launch| launch.request.engine == engine).collect();
    // A launch that itself was a top-up has but some of the hosts and GPUs.
    let base = alike.iter().max_by_key(|launch| launch.request.agents).unwrap_or(latest);
    let wanted = wanted.unwrap_or(base.request.agents);
    let mut alive = 0;
    for launch in &alike {
        let number = launch.request.number;
        alive += agents_alive(launch).await.ok_or_else(|| {
            CommandFailure::new(
                Exit::WorkFailed,
                format!("{} cannot be asked for the agents of launch {number}", engine.name()),
            )
            .hint("Run this where the engine's commands are, and where its machines are in reach.")
        })?;
    }
    let short = u64::from(wanted).saturating_sub(alive).min(left.unwrap_or(u64::MAX));
    if short == 0 {
        let agents = words::count(alive, "agent");
        return Ok(Err(format!("{agents} queued or running of {wanted}: nothing is submitted.")));
    }
    let agents = u32::try_from(short).unwrap_or(u32::MAX);
    place(&alike, LaunchRequest { agents, ..base.request.clone() }).await.map(Ok)
}

/// Where the missing agents go: plain processes go to the hosts, and get the GPUs, of those that are gone.
async fn place(
    launches: &[&LaunchRecord],
    mut request: LaunchRequest,
) -> Result<LaunchRequest, CommandFailure> {
    match (request.engine, &request.gpus) {
        (LaunchEngine::Local, Some(gpus)) => {
            let mut free = gpu_names(gpus)?;
            let taken = gpus_taken(launches).await?;
            free.retain(|gpu| !taken.contains(gpu));
            if free.is_empty() {
                return Err(CommandFailure::new(Exit::Usage, "every GPU of the launch has an agent")
                    .hint("Launch more on other GPUs: sweep launch local --gpus …"));
            }
            request.agents = request.agents.min(u32::try_from(free.len()).unwrap_or(u32::MAX));
            request.gpus = Some(free.join(","));
        }
        (LaunchEngine::Ssh, Some(_)) => {
            return Err(CommandFailure::new(Exit::Usage, "launches of ssh with --gpus cannot be topped up")
                .hint("Launch on the hosts that lack agents: sweep launch ssh --hosts …"));
        }
        (LaunchEngine::Ssh, None) => {
            let mut left = request.agents;
            let mut hosts = Vec::new();
            for host in &request.hosts {
                let mut alive = 0;
                for launch in launches {
                    alive += u32::try_from(alive_on(launch, &host.host).await?.len()).unwrap_or(u32::MAX);
                }
                let agents = host.agents.saturating_sub(alive).min(left);
                left -= agents;
                hosts.push(HostAgents { host: host.host.clone(), agents });
            }
            if let Some(first) = hosts.first_mut() {
                first.agents += left;
            }
            hosts.retain(|host| host.agents > 0);
            request.hosts = hosts;
        }
        _ => {}
    }
    Ok(request)
}

async fn gpus_taken(launches: &[&LaunchRecord]) -> Result<BTreeSet<String>, CommandFailure> {
    let mut taken = BTreeSet::new();
    for launch in launches {
        let alive = alive_on(launch, "").await?;
        let living = launch.processes.iter().filter(|process| alive.contains(&process.pid));
        taken.extend(living.filter_map(|process| process.gpu.clone()));
    }
    Ok(taken)
}
