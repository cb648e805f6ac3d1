//! Trials as JSON in columns: a list a field, so that ten thousand of them are small and quickly read.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::number::Cell;
use crate::query::{CurvePoint, LiveColumn, LiveFront, LiveRow, LiveSummary, SweepWatch};
use crate::record::{SweepOrder, answered_last, tags};

/// Trials in columns: place i of each list is trial i of the list `trial`.
#[derive(Debug, Serialize)]
pub(super) struct TrialColumnsJson {
    trial: Vec<u64>,
    /// A letter each.
    state: String,
    attempt: Vec<u32>,
    /// Epoch milliseconds that `start` counts from.
    base: i64,
    start: Vec<i64>,
    /// Milliseconds from start to end; none where it has not ended.
    took: Vec<Option<i64>>,
    /// Last sign of life of those that run, epoch milliseconds; 0 of the others.
    sign: Vec<i64>,
    value: Vec<Cell>,
    /// A list for each metric or limit beside the first metric.
    beside: Vec<Vec<Cell>>,
    step: Vec<Option<i64>>,
    exit: Vec<Option<i32>>,
    /// Why it ended other than by its own exit, of those that have a reason.
    reason: HashMap<u64, String>,
    /// Places in `agents`.
    agent: Vec<Option<usize>>,
    agents: Vec<AgentNameJson>,
    /// A list a parameter.
    params: Vec<Vec<Cell>>,
    /// Where a stopping rule ended trials, or would have.
    stop: HashMap<u64, StopJson>,
    /// How busy the GPUs of trials are, in percent, where that is logged.
    busy: HashMap<u64, Cell>,
}

/// Where a stopping rule ended a trial, or would have.
#[derive(Debug, Serialize)]
struct StopJson {
    rule: String,
    rung: Option<u64>,
    step: Option<i64>,
    went_on: bool,
}

/// Where a trial runs: the agent, its machine, and the GPU that it gave the trial.
#[derive(Debug, Serialize, PartialEq, Eq, Hash, Clone)]
struct AgentNameJson {
    agent: String,
    host: String,
    gpu: Option<String>,
}

impl TrialColumnsJson {
    /// These trials, with these parameters and so many values beside the first metric.
    pub fn of<'a>(rows: impl Iterator<Item = &'a LiveRow>, columns: &[LiveColumn], beside: usize) -> Self {
        let mut out = Self {
            trial: Vec::new(),
            state: String::new(),
            attempt: Vec::new(),
            base: 0,
            start: Vec::new(),
            took: Vec::new(),
            sign: Vec::new(),
            value: Vec::new(),
            beside: vec![Vec::new(); beside],
            step: Vec::new(),
            exit: Vec::new(),
            reason: HashMap::new(),
            agent: Vec::new(),
            agents: Vec::new(),
            params: columns.iter().map(|_| Vec::new()).collect(),
            stop: HashMap::new(),
            busy: HashMap::new(),
        };
        let mut places: HashMap<AgentNameJson, usize> = HashMap::new();
        for row in rows {
            if out.trial.is_empty() {
                out.base = row.start;
            }
            out.trial.push(row.trial);
            out.state.push(row.state.letter());
            out.attempt.push(row.attempt);
            out.start.push(row.start - out.base);
            out.took.push(row.end.map(|end| end - row.start));
            out.sign.push(row.sign);
            out.value.push(row.value.map_or(Cell::Empty, Cell::exact));
            for (place, cells) in out.beside.iter_mut().enumerate() {
                let value = row.beside.get(place).copied().flatten();
                cells.push(value.map_or(Cell::Empty, Cell::exact));
            }
            out.step.push(row.step);
            out.exit.push(row.exit_code);
            if let Some(reason) = &row.reason {
                out.reason.insert(row.trial, reason.clone());
            }
            if let Some(stop) = &row.stop {
                let (rule, rung, step, went_on) = (stop.rule.clone(), stop.rung, stop.step, stop.went_on);
                out.stop.insert(row.trial, StopJson { rule, rung, step, went_on });
            }
            if let Some(busy) = row.gpu_utilisation() {
                out.busy.insert(row.trial, Cell::number(busy));
            }
            out.agent.push(row.agent.as_ref().map(|agent| {
                let host = row.host.clone().unwrap_or_default();
                let name = AgentNameJson { agent: agent.clone(), host, gpu: row.gpu.clone() };
                let next = out.agents.len();
                *places.entry(name.clone()).or_insert_with(|| {
                    out.agents.push(name);
                    next
                })
            }));
            for (column, cells) in columns.iter().zip(&mut out.params) {
                cells.push(row.point.get(&column.name).map_or(Cell::Empty, Cell::of));
            }
        }
        out
    }
}

/// The axes of parameters.
pub(super) fn columns_json(columns: &[LiveColumn]) -> Vec<Json> {
    let column = |column: &LiveColumn| {
        let levels: Option<Vec<Cell>> =
            column.levels.as_ref().map(|levels| levels.iter().map(Cell::of).collect());
        json!({"name": column.name, "log": column.log, "levels": levels})
    };
    columns.iter().map(column).collect()
}

/// Points of curves: trial, step, value.
pub(super) fn points_json(points: impl Iterator<Item = CurvePoint>) -> Vec<(u64, i64, Cell)> {
    points.map(|point| (point.trial, point.step, Cell::number(point.value))).collect()
}

/// What is said of a sweep beside its trials.
pub(super) fn head_json(
    watch: &SweepWatch,
    summary: &LiveSummary,
    front: Option<&LiveFront>,
    experiment: &str,
) -> Json {
    let parent = watch.parent();
    let metric = watch.metric.as_ref();
    json!({
        "id": parent.info.id.to_string(),
        "name": parent.info.name,
        "experiment": experiment,
        "method": parent.tag(tags::METHOD),
        "created": parent.info.start_time,
        "metric": metric.map(|metric| json!({
            "name": metric.name,
            "goal": metric.goal.map(crate::config::Goal::as_str),
        })),
        // Then no trial of the history is called best.
        "metrics": watch.config.as_ref().map(|config| {
            let metrics = config.objectives().metrics;
            let metrics = metrics.iter().map(|one| json!({ "name": one.name, "goal": one.goal.as_str() }));
            metrics.collect::<Vec<_>>()
        }),
        "limits": watch.config.as_ref().map(|config| {
            config.limits.iter().map(ToString::to_string).collect::<Vec<_>>()
        }),
        // The names of the values that each trial has beside the first metric.
        "beside": watch.objectives().beside().iter().map(|measured| measured.name).collect::<Vec<_>>(),
        "front": front.map(|front| json!({
            "trials": front.trials,
            "knee": front.knee,
            "candidates": front.candidates,
        })),
        "state": summary.state.word(),
        "counts": summary.counts,
        "best": summary.best.map(|(trial, value)| json!({"trial": trial, "value": value})),
        "per_minute": summary.per_minute,
        "seconds_left": summary.seconds_left,
        "compute_seconds": summary.compute_seconds,
        "order": order_word(SweepOrder::of(parent)),
        "answered": answered_last(parent).collect::<Vec<_>>(),
    })
}

/// What its agents are to do.
pub(super) fn order_word(order: SweepOrder) -> &'static str {
    match order {
        SweepOrder::Run => "run",
        SweepOrder::Pause => "pause",
        SweepOrder::Stop => "stop",
        SweepOrder::Cancel => "cancel",
    }
}
