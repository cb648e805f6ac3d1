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

/// Where a stopping rule ended a trial, or would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveStop {
    /// The rule, in the words of `early_terminate.type`.
    pub rule: String,
    /// The rung or band at which it was compared, where the rule has any.
    pub rung: Option<u64>,
    /// The step of the report with which it got there.
    pub step: Option<i64>,
    /// Whether it went on, since its agent ran with `--shadow`.
    pub went_on: bool,
}

impl LiveStop {
    fn of(run: &Run) -> Option<Self> {
        let read = |[rule, rung, step]: [&str; 3], went_on| {
            Some(Self {
                rule: run.tag(rule)?.to_owned(),
                rung: run.tag(rung).and_then(|text| text.parse().ok()),
                step: run.tag(step).and_then(|text| text.parse().ok()),
                went_on,
            })
        };
        read([tags::STOPPED_RULE, tags::STOPPED_RUNG, tags::STOPPED_STEP], false)
            .or_else(|| read([tags::WOULD_STOP_RULE, tags::WOULD_STOP_RUNG, tags::WOULD_STOP_STEP], true))
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
    /// The GPU that it was given.
    pub gpu: Option<String>,
    /// The value of the metric that counts.
    pub value: Option<f64>,
    /// What is measured beside that metric, in the order of [`Objectives::beside`](crate::config::Objectives::beside).
    pub beside: Vec<Option<f64>>,
    /// The step of the latest value.
    pub step: Option<i64>,
    /// Where a stopping rule ended it, or would have.
    pub stop: Option<LiveStop>,
    /// What it was run with.
    pub point: Point,
    /// The latest value of each metric.
    pub metrics: Vec<(String, f64)>,
}

/// The tags that a row is made of.
pub(super) const TAGS: [&str; 15] = [
    tags::TRIAL,
    tags::ATTEMPT,
    tags::POINT,
    tags::EXIT_CODE,
    tags::REASON,
    tags::AGENT,
    tags::HOST,
    tags::GPU,
    tags::STOPPED_RULE,
    tags::STOPPED_RUNG,
    tags::STOPPED_STEP,
    tags::WOULD_STOP_RULE,
    tags::WOULD_STOP_RUNG,
    tags::WOULD_STOP_STEP,
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
            gpu: text(tags::GPU),
            value: value.or(logged.map(|logged| logged.value)),
            beside: Vec::new(),
            step: logged.map(|logged| logged.step),
            stop: LiveStop::of(run),
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

    /// How busy its GPUs are on average in percent, where MLflow's system metrics are logged.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn gpu_utilisation(&self) -> Option<f64> {
        let of_gpu = |(name, _): &&(String, f64)| {
            name.strip_prefix("system/gpu_").is_some_and(|rest| rest.ends_with("_utilization_percentage"))
        };
        let found: Vec<f64> = self.metrics.iter().filter(of_gpu).map(|(_, value)| *value).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    }

    /// What a parameter was; null where it has none.
    #[must_use]
    pub fn param(&self, path: &str) -> Value {
        self.point.get(path).cloned().unwrap_or(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::{RunId, RunInfo};

    fn run(tags: &[(&str, &str)]) -> Run {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Run { tags, ..Run::bare(RunInfo::sample("run", RunStatus::Killed)) }
    }

    #[test]
    fn how_busy_gpus_are_is_the_mean_of_what_mlflow_logs_of_them() {
        let mut row = LiveRow {
            metrics: [
                ("system/gpu_0_utilization_percentage", 80.0),
                ("system/gpu_1_utilization_percentage", 60.0),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
            ..crate::query::live::watch::deleted_row(crate::trial::TrialIndex(0), RunId("a".into()))
        };
        assert_eq!(row.gpu_utilisation(), Some(70.0));
        row.metrics = vec![("system/gpu_0_memory_usage_percentage".to_owned(), 5.0)];
        assert_eq!(row.gpu_utilisation(), None);
    }

    #[test]
    fn a_trial_that_was_to_be_stopped_says_where_and_whether_it_went_on() {
        let stopped =
            run(&[(tags::STOPPED_RULE, "asha"), (tags::STOPPED_RUNG, "3"), (tags::STOPPED_STEP, "4")]);
        let stop = LiveStop { rule: "asha".into(), rung: Some(3), step: Some(4), went_on: false };
        assert_eq!(LiveStop::of(&stopped), Some(stop));
        let shadowed = run(&[(tags::WOULD_STOP_RULE, "median"), (tags::WOULD_STOP_STEP, "7")]);
        let stop = LiveStop { rule: "median".into(), rung: None, step: Some(7), went_on: true };
        assert_eq!(LiveStop::of(&shadowed), Some(stop));
        assert_eq!(LiveStop::of(&run(&[])), None);
    }
}
