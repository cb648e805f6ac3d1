//! Arguments of a launch, an engine each.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::common::{WhichSweep, duration};
use crate::cli::complete;
use crate::commands::SweepChoice;
use crate::commands::launch::{HostAgents, LaunchArgs, LaunchEngine, LaunchRequest};

/// What every launch takes.
#[derive(Debug, ClapArgs)]
struct AgentsArgs {
    /// Trials that an agent runs before it ends
    #[arg(long, value_name = "K")]
    trials_per_agent: Option<u64>,
    /// Trials side by side in each agent
    #[arg(short, long, value_name = "N")]
    jobs: Option<u32>,
    /// Agents end once nothing is left to start, without waiting for the trials of others
    #[arg(long)]
    no_wait: bool,
    /// A line of shell that runs before the agent (repeatable)
    #[arg(long, value_name = "LINE")]
    setup: Vec<String>,
    /// A variable of the agents; without =VALUE: as it is here (repeatable)
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// `sweep` as the agents find it [default: this program]
    #[arg(long, value_name = "PATH")]
    program: Option<String>,
    /// The directory in which agents start [default: this one]
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// Where the output of agents goes
    #[arg(long, value_name = "DIR", default_value = ".sweep/launch")]
    log_dir: String,
    /// Print what would be submitted, and submit nothing
    #[arg(long)]
    print: bool,
    /// Write it to a file, and submit nothing
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// What an engine that allocates is asked for, for each agent.
#[derive(Debug, ClapArgs)]
struct ResourceArgs {
    /// Agents
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    agents: u32,
    /// Time of an agent: before it runs out, trials are given back
    #[arg(long, value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// CPUs of an agent
    #[arg(long, value_name = "N")]
    cpus: Option<u32>,
    /// GPUs of an agent: their number, with a type where the engine has them (a100:1)
    #[arg(long, value_name = "N")]
    gpus: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct OnSlurm {
    #[command(flatten)]
    which: WhichSweep,
    #[command(flatten)]
    resources: ResourceArgs,
    /// Memory of an agent, as sbatch takes it
    #[arg(long, value_name = "SIZE")]
    mem: Option<String>,
    /// Agents that run at a time
    #[arg(long, value_name = "N")]
    max_parallel: Option<u32>,
    /// Slurm warns an agent this long before its time is up
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    warn: Duration,
    /// An agent whose time is up, or that was preempted, does not run again
    #[arg(long)]
    no_requeue: bool,
    #[command(flatten)]
    agents: AgentsArgs,
    /// Options of sbatch
    #[arg(last = true, value_name = "SBATCH ARGS")]
    extra: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct OnHyperQueue {
    #[command(flatten)]
    which: WhichSweep,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    agents: AgentsArgs,
    /// Options of hq submit
    #[arg(last = true, value_name = "HQ SUBMIT ARGS")]
    extra: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct OnKubernetes {
    #[command(flatten)]
    which: WhichSweep,
    #[command(flatten)]
    resources: ResourceArgs,
    /// Memory of an agent, as Kubernetes takes it: 16Gi
    #[arg(long, value_name = "SIZE")]
    mem: Option<String>,
    /// Agents that run at a time
    #[arg(long, value_name = "N")]
    max_parallel: Option<u32>,
    /// The image: `sweep` and the trials' command are in it
    #[arg(long, value_name = "IMAGE")]
    image: String,
    /// The namespace
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// A secret whose entries agents get as variables, such as MLFLOW_TRACKING_PASSWORD
    #[arg(long, value_name = "NAME")]
    secret: Option<String>,
    #[command(flatten)]
    agents: AgentsArgs,
    /// Options of kubectl apply
    #[arg(last = true, value_name = "KUBECTL ARGS")]
    extra: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct OnSkyPilot {
    /// Id of the sweep, a prefix of it, or its name
    #[arg(value_name = "SWEEP", add = complete::sweeps())]
    sweep: String,
    /// The task file: its `run:` has `sweep run "$SWEEP_ID" --engine sky`
    #[arg(value_name = "TASK.YAML")]
    task: String,
    /// Agents
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    agents: u32,
    /// A variable of the agents; without =VALUE: as it is here (repeatable)
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Print what would be submitted, and submit nothing
    #[arg(long)]
    print: bool,
    /// Write it to a file, and submit nothing
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Options of sky jobs launch
    #[arg(last = true, value_name = "SKY ARGS")]
    extra: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct OnThisMachine {
    #[command(flatten)]
    which: WhichSweep,
    /// Agents [default: as many as --gpus names, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    agents: Option<u32>,
    /// GPUs: each agent gets one of them
    #[arg(long, value_name = "0-3|0,2,…")]
    gpus: Option<String>,
    #[command(flatten)]
    common: AgentsArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct OnHosts {
    #[command(flatten)]
    which: WhichSweep,
    /// Hosts as ssh knows them, each with its number of agents [default: 1]
    #[arg(long, value_name = "HOST[:N],…", required = true, value_delimiter = ',', value_parser = host)]
    hosts: Vec<HostAgents>,
    /// GPUs of each host: each agent gets one of them
    #[arg(long, value_name = "0-3|0,2,…")]
    gpus: Option<String>,
    #[command(flatten)]
    common: AgentsArgs,
    /// Options of ssh
    #[arg(last = true, value_name = "SSH ARGS")]
    extra: Vec<String>,
}

/// `HOST` or `HOST:AGENTS`.
fn host(text: &str) -> Result<HostAgents, String> {
    let (host, agents) = match text.rsplit_once(':') {
        Some((host, agents)) => {
            (host, agents.parse().map_err(|_| format!("`{agents}` is not a number of agents"))?)
        }
        None => (text, 1),
    };
    if host.is_empty() || agents == 0 {
        return Err("write HOST, or HOST:AGENTS".to_owned());
    }
    Ok(HostAgents { host: host.to_owned(), agents })
}

fn variables(typed: Vec<String>) -> Vec<(String, Option<String>)> {
    let pair = |text: String| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text, None),
    };
    typed.into_iter().map(pair).collect()
}

impl AgentsArgs {
    fn launch(self, which: WhichSweep, request: LaunchRequest) -> LaunchArgs {
        LaunchArgs {
            sweep: which.into(),
            request: LaunchRequest {
                trials_per_agent: self.trials_per_agent,
                jobs: self.jobs,
                no_wait: self.no_wait,
                setup: self.setup,
                env: variables(self.env),
                log_dir: self.log_dir,
                ..request
            },
            program: self.program,
            folder: self.folder,
            print: self.print,
            save: self.save,
        }
    }
}

impl ResourceArgs {
    fn request(self, engine: LaunchEngine) -> LaunchRequest {
        LaunchRequest {
            engine,
            agents: self.agents,
            time: self.time.map(|time| time.as_secs()),
            cpus: self.cpus,
            gpus: self.gpus,
            ..LaunchRequest::default()
        }
    }
}

impl From<OnSlurm> for LaunchArgs {
    fn from(typed: OnSlurm) -> Self {
        let request = LaunchRequest {
            mem: typed.mem,
            max_parallel: typed.max_parallel,
            warn: typed.warn.as_secs(),
            requeue: !typed.no_requeue,
            extra: typed.extra,
            ..typed.resources.request(LaunchEngine::Slurm)
        };
        typed.agents.launch(typed.which, request)
    }
}

impl From<OnHyperQueue> for LaunchArgs {
    fn from(typed: OnHyperQueue) -> Self {
        let request = LaunchRequest { extra: typed.extra, ..typed.resources.request(LaunchEngine::Hq) };
        typed.agents.launch(typed.which, request)
    }
}

impl From<OnKubernetes> for LaunchArgs {
    fn from(typed: OnKubernetes) -> Self {
        let request = LaunchRequest {
            mem: typed.mem,
            max_parallel: typed.max_parallel,
            image: Some(typed.image),
            namespace: typed.namespace,
            secret: typed.secret,
            extra: typed.extra,
            ..typed.resources.request(LaunchEngine::K8s)
        };
        typed.agents.launch(typed.which, request)
    }
}

impl From<OnSkyPilot> for LaunchArgs {
    fn from(typed: OnSkyPilot) -> Self {
        Self {
            sweep: SweepChoice(Some(typed.sweep)),
            request: LaunchRequest {
                engine: LaunchEngine::Sky,
                agents: typed.agents,
                env: variables(typed.env),
                extra: typed.extra,
                task: Some(typed.task),
                ..LaunchRequest::default()
            },
            program: None,
            folder: None,
            print: typed.print,
            save: typed.save,
        }
    }
}

impl From<OnThisMachine> for LaunchArgs {
    fn from(typed: OnThisMachine) -> Self {
        let request = LaunchRequest {
            engine: LaunchEngine::Local,
            agents: typed
                .agents
                .unwrap_or_else(|| typed.gpus.as_deref().map_or(1, LaunchRequest::count_gpus)),
            gpus: typed.gpus,
            ..LaunchRequest::default()
        };
        typed.common.launch(typed.which, request)
    }
}

impl From<OnHosts> for LaunchArgs {
    fn from(typed: OnHosts) -> Self {
        let request = LaunchRequest {
            engine: LaunchEngine::Ssh,
            agents: typed.hosts.iter().map(|host| host.agents).sum(),
            hosts: typed.hosts,
            gpus: typed.gpus,
            extra: typed.extra,
            ..LaunchRequest::default()
        };
        typed.common.launch(typed.which, request)
    }
}
