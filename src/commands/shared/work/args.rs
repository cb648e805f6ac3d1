//! How trials are run.

use std::time::Duration;

use super::super::pin::Pin;
use crate::launch::LaunchEngine;
use crate::ui::Output;

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
    /// What an engine has given the agent.
    pub allocation: Allocation,
}

impl WorkArgs {
    /// Where another program runs the trials.
    #[must_use]
    pub fn of_others(lease: Duration, pin: Pin) -> Self {
        Self {
            jobs: Some(1),
            count: None,
            max_failures: None,
            lease,
            grace: None,
            retries: None,
            wait: false,
            gpus: None,
            shadow: false,
            output: None,
            again_from: None,
            pin,
            allocation: Allocation::default(),
        }
    }
}

/// What an engine has given an agent.
#[derive(Debug, Clone, Default)]
pub struct Allocation {
    /// The engine; `None`: a person has started the agent.
    pub engine: Option<LaunchEngine>,
    /// After this time the machine is taken away.
    pub time: Option<Duration>,
    /// The agent starts at some time within this one.
    pub delay: Option<Duration>,
    /// The engine is asked to run the agent again, where its time is up and there is more to do.
    pub requeue: bool,
}
