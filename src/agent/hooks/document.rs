//! What a hook is given on its stdin. `docs/schema/hook.json` describes it.

use serde::Serialize;
use serde_json::Value as Json;

use crate::agent::outcome::Outcome;
use crate::agent::setup::Agent;
use crate::config::{Command, Config, Goal};
use crate::record::{BestTrial, SweepView};
use crate::space::Value;
use crate::text;
use crate::tracking::RunId;
use crate::trial::{STOPPED, TrialIndex};

/// Another number: programs that read the object may have to change.
const VERSION: u32 = 1;

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub(in crate::agent) enum HookEvent {
    /// A trial has its result.
    #[serde(rename = "on_trial_end")]
    TrialEnd,
    /// That is the best so far.
    #[serde(rename = "on_best")]
    Best,
    /// The sweep is over.
    #[serde(rename = "on_finish")]
    Finish,
}

impl HookEvent {
    /// The config's word for it.
    pub(in crate::agent) fn key(self) -> &'static str {
        match self {
            Self::TrialEnd => "on_trial_end",
            Self::Best => "on_best",
            Self::Finish => "on_finish",
        }
    }

    /// Its command, where the config has one.
    pub(in crate::agent) fn command(self, config: &Config) -> Option<&Command> {
        match self {
            Self::TrialEnd => config.hooks.on_trial_end.as_ref(),
            Self::Best => config.hooks.on_best.as_ref(),
            Self::Finish => config.hooks.on_finish.as_ref(),
        }
    }
}

/// Why a sweep is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::agent) enum FinishReason {
    /// Every trial has its result.
    Complete,
    /// A trial has reached `metric.target`.
    Target,
    /// `max_duration` has run out.
    Duration,
}

/// The object.
#[derive(Debug, Clone, Serialize)]
pub(in crate::agent) struct HookDocument {
    version: u32,
    event: HookEvent,
    time: String,
    reason: Option<FinishReason>,
    sweep: HookSweep,
    metric: Option<HookMetric>,
    trial: Option<HookTrial>,
    best: Option<HookBest>,
    trials: HookCounts,
    agent: String,
    host: String,
}

#[derive(Debug, Clone, Serialize)]
struct HookSweep {
    id: String,
    name: String,
    experiment: String,
    tracking_uri: String,
    url: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct HookMetric {
    name: String,
    goal: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct HookTrial {
    trial: TrialIndex,
    run_id: String,
    status: &'static str,
    stopped_by: Option<&'static str>,
    exit_code: i32,
    seconds: f64,
    value: Option<Json>,
    params: Json,
    url: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct HookBest {
    trial: TrialIndex,
    run_id: String,
    value: f64,
    params: String,
    url: Option<String>,
}

/// Of the whole sweep, as far as the agent knows.
#[derive(Debug, Clone, Serialize)]
struct HookCounts {
    done: u64,
    failed: u64,
    limit: Option<u64>,
}

impl HookDocument {
    pub(in crate::agent) fn new(
        agent: &Agent,
        event: HookEvent,
        view: &SweepView,
        of: Option<&Outcome>,
        reason: Option<FinishReason>,
    ) -> Self {
        let (sweep, identity) = (&agent.sweep, &agent.identity);
        Self {
            version: VERSION,
            event,
            time: text::iso(agent.machine.clock.now_ms()).unwrap_or_default(),
            reason,
            sweep: HookSweep {
                id: sweep.id().to_string(),
                name: sweep.parent.info.name.clone(),
                experiment: agent.config.experiment_name.clone(),
                tracking_uri: agent.store.uri().to_owned(),
                url: page(agent, sweep.id()),
            },
            metric: agent
                .config
                .metric
                .as_ref()
                .map(|metric| HookMetric { name: metric.name.clone(), goal: Goal::as_str(metric.goal) }),
            trial: of.map(|outcome| HookTrial::of(agent, outcome)),
            best: view.best.as_ref().map(|best| HookBest::of(agent, best)),
            trials: HookCounts { done: view.done, failed: view.failed, limit: agent.ledger.limit() },
            agent: identity.agent.clone(),
            host: identity.host.clone(),
        }
    }

    /// The trial that it is about.
    pub(in crate::agent) fn trial(&self) -> Option<TrialIndex> {
        self.trial.as_ref().map(|trial| trial.trial)
    }

    /// As it is written to stdin.
    pub(in crate::agent) fn text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

impl HookTrial {
    fn of(agent: &Agent, outcome: &Outcome) -> Self {
        let stopped_by = outcome.stopped.as_ref().map(|stopped| stopped.rule);
        Self {
            trial: outcome.trial,
            run_id: outcome.run.to_string(),
            status: if stopped_by.is_some() { STOPPED } else { outcome.status.as_str() },
            stopped_by,
            exit_code: outcome.ended.code(),
            seconds: outcome.took.as_secs_f64(),
            value: outcome.metric.map(|value| Value::Float(value).to_json()),
            params: agent.config.ordered(&outcome.point).to_json(),
            url: page(agent, &outcome.run),
        }
    }
}

impl HookBest {
    fn of(agent: &Agent, best: &BestTrial) -> Self {
        Self {
            trial: best.trial,
            run_id: best.run.to_string(),
            value: best.value,
            params: best.params.clone(),
            url: page(agent, &best.run),
        }
    }
}

/// The page of a run in MLflow's UI; `None`: a file has no pages.
fn page(agent: &Agent, run: &RunId) -> Option<String> {
    let server = agent.store.uri().trim_end_matches('/');
    let experiment = &agent.sweep.parent.info.experiment_id;
    server.starts_with("http").then(|| format!("{server}/#/experiments/{experiment}/runs/{run}"))
}
