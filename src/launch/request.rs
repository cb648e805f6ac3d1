//! What is asked of an engine.

use serde::{Deserialize, Serialize};

/// Where agents run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LaunchEngine {
    /// Slurm: an array job.
    Slurm,
    /// HyperQueue: a task array.
    Hq,
    /// Kubernetes: an indexed job.
    K8s,
    /// SkyPilot: managed jobs.
    Sky,
    /// Processes of this machine.
    Local,
    /// Processes of machines that ssh reaches.
    Ssh,
}

impl LaunchEngine {
    /// Its word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Slurm => "slurm",
            Self::Hq => "hq",
            Self::K8s => "k8s",
            Self::Sky => "sky",
            Self::Local => "local",
            Self::Ssh => "ssh",
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slurm => "Slurm",
            Self::Hq => "HyperQueue",
            Self::K8s => "Kubernetes",
            Self::Sky => "SkyPilot",
            Self::Local => "this machine",
            Self::Ssh => "ssh",
        }
    }
}

/// A host, and how many agents it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAgents {
    /// As ssh names it.
    pub host: String,
    /// Agents.
    pub agents: u32,
}

/// A process that was started on a machine. Its start time tells it from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchedProcess {
    /// As ssh names it; empty: the machine that launched.
    pub host: String,
    /// Its number.
    pub pid: u32,
    /// When it was started, as its machine counts.
    pub born: String,
    /// The GPU that it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<String>,
}

/// What is asked of an engine. It is kept with the sweep, so that it can be asked again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaunchRequest {
    /// The engine.
    pub engine: LaunchEngine,
    /// The sweep's id.
    pub sweep: String,
    /// Which launch of the sweep it is, from 1.
    pub number: u32,
    /// Agents.
    pub agents: u32,
    /// This program, where the agents run.
    pub program: String,
    /// Where agents are started; empty: where the engine starts them.
    pub folder: String,
    /// The tracking server, without a login.
    pub tracking_uri: Option<String>,
    /// The time that each agent has, seconds.
    pub time: Option<u64>,
    /// So long before its end an agent is warned, seconds.
    pub warn: u64,
    /// CPUs of an agent.
    pub cpus: Option<u32>,
    /// Memory of an agent, in the engine's words.
    pub mem: Option<String>,
    /// GPUs of an agent: their number, with a type where the engine has them; on `local` and `ssh` which ones are handed out.
    pub gpus: Option<String>,
    /// Agents that may run at a time.
    pub max_parallel: Option<u32>,
    /// An agent ends after so many trials.
    pub trials_per_agent: Option<u64>,
    /// Trials side by side in an agent.
    pub jobs: Option<u32>,
    /// Agents end once nothing is left to start.
    pub no_wait: bool,
    /// An agent whose time is up is submitted again.
    pub requeue: bool,
    /// Lines of shell that run first.
    pub setup: Vec<String>,
    /// Variables: with a value, or as the caller has them.
    pub env: Vec<(String, Option<String>)>,
    /// Where the output of agents goes.
    pub log_dir: String,
    /// What goes to the engine as it is.
    pub extra: Vec<String>,
    /// ssh: the hosts.
    pub hosts: Vec<HostAgents>,
    /// Kubernetes: the image.
    pub image: Option<String>,
    /// Kubernetes: the namespace.
    pub namespace: Option<String>,
    /// Kubernetes: the secret whose entries agents get as variables.
    pub secret: Option<String>,
    /// SkyPilot: the task.
    pub task: Option<String>,
}

impl Default for LaunchRequest {
    fn default() -> Self {
        Self {
            engine: LaunchEngine::Local,
            sweep: String::new(),
            number: 1,
            agents: 1,
            program: "sweep".to_owned(),
            folder: String::new(),
            tracking_uri: None,
            time: None,
            warn: 300,
            cpus: None,
            mem: None,
            gpus: None,
            max_parallel: None,
            trials_per_agent: None,
            jobs: None,
            no_wait: false,
            requeue: true,
            setup: Vec::new(),
            env: Vec::new(),
            log_dir: ".sweep/launch".to_owned(),
            extra: Vec::new(),
            hosts: Vec::new(),
            image: None,
            namespace: None,
            secret: None,
            task: None,
        }
    }
}

/// Digits of a sweep's id in the name of a job.
const DIGITS: usize = 8;

impl LaunchRequest {
    /// What the job is called in the engine: no other launch is called so.
    #[must_use]
    pub fn job_name(&self) -> String {
        format!("sweep-{}-{}", self.sweep.get(..DIGITS).unwrap_or(&self.sweep), self.number)
    }
}
