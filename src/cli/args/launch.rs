//! Arguments of the verbs that submit agents to engines.

use clap::{Args as ClapArgs, Subcommand};

use super::common::WhichSweep;
use super::engines::{OnHosts, OnHyperQueue, OnKubernetes, OnSkyPilot, OnSlurm, OnThisMachine};
use crate::cli::view::TableArgs;
use crate::commands::SweepChoice;
use crate::commands::launch::{LaunchArgs, LaunchChoice};
use crate::commands::launches::LaunchesArgs;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedLaunch {
    #[command(subcommand)]
    what: TypedLaunchVerb,
}

#[derive(Debug, Subcommand)]
enum TypedLaunchVerb {
    /// Slurm: an array of agents
    Slurm(Box<OnSlurm>),
    /// HyperQueue: a task array of agents
    Hq(Box<OnHyperQueue>),
    /// Kubernetes: an indexed job of agents
    K8s(Box<OnKubernetes>),
    /// SkyPilot: managed jobs of a task file that runs an agent
    Sky(Box<OnSkyPilot>),
    /// This machine: agents in the background
    Local(Box<OnThisMachine>),
    /// Machines that ssh reaches: agents in the background
    Ssh(Box<OnHosts>),
    /// End the agents of a launch; their trials are given back
    Cancel(WhichLaunch),
    /// Change how many agents of a launch may run at a time
    Scale(TypedScale),
    /// Submit the agents that are missing; safe from cron, and twice at once
    #[command(name = "top-up")]
    TopUp(TypedTopUp),
}

#[derive(Debug, ClapArgs)]
struct WhichLaunch {
    #[command(flatten)]
    which: WhichSweep,
    /// The number of the launch [default: all that were not cancelled]
    #[arg(value_name = "LAUNCH")]
    launch: Option<u32>,
}

impl From<WhichLaunch> for LaunchChoice {
    fn from(typed: WhichLaunch) -> Self {
        Self { sweep: typed.which.into(), launch: typed.launch }
    }
}

#[derive(Debug, ClapArgs)]
struct TypedScale {
    #[command(flatten)]
    which: WhichLaunch,
    /// Agents that run at a time
    #[arg(long, value_name = "N")]
    max_parallel: u32,
}

#[derive(Debug, ClapArgs)]
struct TypedTopUp {
    #[command(flatten)]
    which: WhichSweep,
    /// Agents that there are to be [default: as many as were launched at first]
    #[arg(long, value_name = "N")]
    agents: Option<u32>,
}

/// What `sweep launch` is to do.
pub(in crate::cli) enum LaunchOrder {
    Submit(Box<LaunchArgs>),
    Cancel(LaunchChoice),
    Scale(LaunchChoice, u32),
    TopUp(SweepChoice, Option<u32>),
}

impl From<TypedLaunch> for LaunchOrder {
    fn from(typed: TypedLaunch) -> Self {
        let submit = |args: LaunchArgs| Self::Submit(Box::new(args));
        match typed.what {
            TypedLaunchVerb::Slurm(typed) => submit((*typed).into()),
            TypedLaunchVerb::Hq(typed) => submit((*typed).into()),
            TypedLaunchVerb::K8s(typed) => submit((*typed).into()),
            TypedLaunchVerb::Sky(typed) => submit((*typed).into()),
            TypedLaunchVerb::Local(typed) => submit((*typed).into()),
            TypedLaunchVerb::Ssh(typed) => submit((*typed).into()),
            TypedLaunchVerb::Cancel(which) => Self::Cancel(which.into()),
            TypedLaunchVerb::Scale(typed) => Self::Scale(typed.which.into(), typed.max_parallel),
            TypedLaunchVerb::TopUp(typed) => Self::TopUp(typed.which.into(), typed.agents),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedLaunches {
    #[command(flatten)]
    which: WhichSweep,
    #[command(flatten)]
    pub(in crate::cli) table: TableArgs,
}

impl From<TypedLaunches> for LaunchesArgs {
    fn from(typed: TypedLaunches) -> Self {
        Self { sweep: typed.which.into(), format: typed.table.format().into() }
    }
}
