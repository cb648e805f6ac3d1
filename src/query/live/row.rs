//! A trial in memory.

use crate::record::{
    attempt_of, exit_code_of, index_of, last_sign, point_of, status_word, stopped_early, tags,
};
use crate::space::{Point, Value};
use crate::tracking::{Run, RunId};
use crate::trial::RunStatus;

/// What became of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiveState {
    /// It is under way.
    Running,
    /// It ended well.
    Finished,
    /// A stopping rule ended it.
    Stopped,
    /// Its command failed.
    Failed,
    /// It was ended from outside.
    Killed,
    /// It was started, and waits to be settled or to be run again.
    Waiting,
    /// A person has deleted its run.
    Deleted,
}

impl LiveState {
    /// The state of a run that is a trial's result, or is under way.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        match run.info.status {
            RunStatus::Running => Self::Running,
            RunStatus::Scheduled => Self::Waiting,
            RunStatus::Finished => Self::Finished,
            RunStatus::Failed => Self::Failed,
            RunStatus::Killed if stopped_early(run) => Self::Stopped,
            RunStatus::Killed => Self::Killed,
        }
    }

    /// A letter for it, where there are thousands.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Running => 'R',
            Self::Finished => 'F',
            Self::Stopped => 'S',
            Self::Failed => 'X',
            Self::Killed => 'K',
            Self::Waiting => 'W',
            Self::Deleted => 'D',
        }
    }

    /// Whether its trial has a result whose metric counts.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, Self::Finished | Self::Stopped)
    }
}

/// A trial in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRow {
    /// Its number.
    pub trial: u64,
    /// Which attempt is shown.
    pub attempt: u32,
    /// The run of this attempt.
    pub run: RunId,
    /// What became of it.
    pub state: LiveState,
    /// The same in the word that filters know.
    pub status: &'static str,
    /// Exit code of its command.
    pub exit_code: Option<i32>,
    /// Why it ended other than by its own exit.
    pub reason: Option<String>,
    /// Epoch milliseconds.
    pub start: i64,
    /// Epoch milliseconds.
    pub end: Option<i64>,
    /// The last sign of life while it runs, epoch milliseconds by its agent's clock.
    pub sign: i64,
    /// The agent that runs or ran it.
    pub agent: Option<String>,
    /// Its machine.
    pub host: Option<String>,
    /// The value of the metric that counts.
    pub value: Option<f64>,
    /// The step of the latest value.
    pub step: Option<i64>,
    /// What it was run with.
    pub point: Point,
    /// The latest value of each metric.
    pub metrics: Vec<(String, f64)>,
}

/// The tags that a row is made of.
pub(super) const TAGS: [&str; 9] = [
    tags::TRIAL,
    tags::ATTEMPT,
    tags::POINT,
    tags::EXIT_CODE,
    tags::REASON,
    tags::AGENT,
    tags::HOST,
    tags::STOPPED_RULE,
    tags::HEARTBEAT,
];

impl LiveRow {
    /// The row of a run; `metric` is the name of the sweep's metric, `value` what of it counts where that is not the latest.
    #[must_use]
    pub fn of(run: &Run, metric: Option<&str>, value: Option<f64>) -> Option<Self> {
        let logged = metric.and_then(|name| run.metric(name));
        let text = |tag: &str| run.tag(tag).map(str::to_owned);
        let state = LiveState::of(run);
        Some(Self {
            trial: index_of(run)?.0,
            attempt: attempt_of(run),
            run: run.info.id.clone(),
            state,
            status: status_word(run),
            exit_code: exit_code_of(run),
            reason: text(tags::REASON),
            start: run.info.start_time,
            end: run.info.end_time,
            sign: if state == LiveState::Running { last_sign(run) } else { 0 },
            agent: text(tags::AGENT),
            host: text(tags::HOST),
            value: value.or(logged.map(|logged| logged.value)),
            step: logged.map(|logged| logged.step),
            point: point_of(run),
            metrics: run.metrics.iter().map(|logged| (logged.key.clone(), logged.value)).collect(),
        })
    }

    /// How long it took, or has taken until now, in seconds.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn seconds(&self, now: i64) -> Option<f64> {
        let end = self.end.or((self.state == LiveState::Running).then_some(now))?;
        (end >= self.start).then(|| (end - self.start) as f64 / 1000.0)
    }

    /// The latest value of a metric.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// What a parameter was; null where it has none.
    #[must_use]
    pub fn param(&self, path: &str) -> Value {
        self.point.get(path).cloned().unwrap_or(Value::Null)
    }
}
