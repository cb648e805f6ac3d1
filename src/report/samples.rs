//! Sweeps for the tests of the drawings: of any size, with every kind of trial, made from a seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{MetricCurve, ReportObjective, SweepReport};
use crate::analysis::{
    Analysis, Correlation, Dependence, Dropped, Effect, Estimate, FailureAnalysis, ForestTrust,
    ParameterAnalysis, ParameterKind,
};
use crate::config::Goal;
use crate::space::{Point, Value};
use crate::trial::{RunStatus, Trial, TrialIndex};

/// 2026-03-01 12:00 UTC.
pub(super) const START: i64 = 1_772_366_400_000;

/// The text of a config.
pub(super) const CONFIG: &str =
    "# Näive <b>config</b>\ncommand: python train.py --lr ${lr}\nparameters:\n  lr: {min: 0, max: 1}\n";

/// A sweep that owns what a report borrows.
pub(super) struct SampleSweep {
    pub(super) name: String,
    pub(super) trials: Vec<Trial>,
    pub(super) analysis: Option<Analysis>,
    pub(super) dependences: Vec<Dependence>,
    pub(super) curves: Vec<MetricCurve>,
    pub(super) goal: Option<Goal>,
    pub(super) now: i64,
}

static NO_FAILURES: FailureAnalysis = FailureAnalysis { trials: 0, failed: 0, groups: Vec::new() };
static NONE: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();

impl SampleSweep {
    /// Trials of four agents: most finished, some failed, killed, running, without a metric, diverged.
    pub(super) fn new(trials: usize, parameters: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(trials as u64 * 1_000 + parameters as u64);
        let mut free = [START; 4];
        let mut list = Vec::new();
        for k in 0..trials {
            let agent = (0..4).min_by_key(|&agent| free[agent]).unwrap_or(0);
            let start = free[agent] + rng.random_range(20..400);
            let length = rng.random_range(20_000..90_000);
            free[agent] = start + length;
            let mut made = trial(k as u64, start, length, names(parameters), &mut rng);
            made.agent = Some(format!("node-{}-4711-{agent:08x}", agent / 2));
            list.push(made);
        }
        let now = free.iter().copied().max().unwrap_or(START);
        for trial in list.iter_mut().rev().take(if trials > 4 { 3 } else { 0 }) {
            (trial.status, trial.end_time) = (RunStatus::Running, None);
        }
        let analysis = Some(analysis(parameters, trials, &mut rng));
        let (dependences, curves) = (dependences(&list, parameters), curves(&list));
        Self {
            name: format!("sample of {trials}"),
            trials: list,
            analysis,
            dependences,
            curves,
            goal: Some(Goal::Maximize),
            now,
        }
    }

    pub(super) fn report(&self) -> SweepReport<'_> {
        SweepReport {
            sweep_name: &self.name,
            sweep_id: "0f3c9a4be1d84c0fa7b6a1f2d3c4e5f6",
            method: "random",
            objective: Some(ReportObjective { name: "val/accuracy", goal: self.goal }),
            trials: &self.trials,
            analysis: self.analysis.as_ref(),
            failures: &NO_FAILURES,
            noise: None,
            reported: None,
            dependences: &self.dependences,
            curves: &self.curves,
            order: None,
            config: Some(CONFIG),
            not_best: &NONE,
            front: None,
            best_command: Some("python train.py --lr 0.01 --note '<b>'"),
            runs_at: None,
            generated_at_ms: self.now,
        }
    }
}

/// Names of every length and alphabet.
pub(super) fn names(count: usize) -> Vec<String> {
    let special = [
        "lr",
        "optimizer",
        "model.encoder.attention.projection.width",
        "größe_der_schicht",
        "学習率の減衰スケジュール",
        "MOMENTUM_OF_THE_EXPONENTIAL_MOVING_AVERAGE",
    ];
    (0..count).map(|i| special.get(i).map_or_else(|| format!("parameter_{i}"), |s| (*s).to_owned())).collect()
}

fn trial(k: u64, start: i64, length: i64, names: Vec<String>, rng: &mut ChaCha8Rng) -> Trial {
    let dice: u32 = rng.random_range(0..100);
    let status = match dice {
        0..6 => RunStatus::Failed,
        6..9 => RunStatus::Killed,
        _ => RunStatus::Finished,
    };
    let learned = 1.0 - (-(k as f64) / 40.0 - 0.4).exp();
    let metric = match dice {
        0..4 | 9 => None,
        10 => Some(f64::NAN),
        11 => Some(-1e6),
        _ => Some(learned * 0.6 + rng.random::<f64>() * 0.35),
    };
    let value = |(i, name): (usize, String)| {
        let value = match i % 4 {
            0 => Value::Float(10_f64.powf(rng.random_range(-5.0..-1.0))),
            1 => Value::Text(["adam", "sgd", "lion"][rng.random_range(0..3)].to_owned()),
            2 => Value::Int(rng.random_range(16..512)),
            _ => Value::Bool(rng.random()),
        };
        (name, value)
    };
    Trial {
        index: TrialIndex(k),
        attempt: 1,
        run_id: format!("{:032x}", u128::from(k) * 0x9e37_79b9_7f4a_7c15_f39c_c060),
        status,
        agent: None,
        start_time: start,
        end_time: Some(start + length),
        exit_code: Some(i32::from(status == RunStatus::Failed)),
        point: Point(names.into_iter().enumerate().map(value).collect()),
        metric,
        stopped_early: false,
    }
}

/// A slope for numbers, two heights for levels.
fn dependences(trials: &[Trial], parameters: usize) -> Vec<Dependence> {
    if trials.len() < 5 {
        return Vec::new();
    }
    let dependence = |(i, name): (usize, String)| {
        let value = |k: usize| match i % 4 {
            0 => Value::Float(10_f64.powf(-5.0 + k as f64 / 5.0)),
            1 => Value::Text(["adam", "lion", "sgd"][k % 3].to_owned()),
            2 => Value::Int(16 + 24 * k as i128),
            _ => Value::Bool(k % 2 == 1),
        };
        let steps = match i % 4 {
            1 => 3,
            3 => 2,
            _ => 20,
        };
        Dependence {
            name,
            steps: (0..steps).map(|k| (value(k), 0.4 + 0.02 * k as f64)).collect(),
            bands: Vec::new(),
        }
    };
    names(parameters).into_iter().enumerate().map(dependence).collect()
}

/// Curves of at most 60 trials that rise to their metric.
fn curves(trials: &[Trial]) -> Vec<MetricCurve> {
    let valued = trials.iter().enumerate().filter_map(|(at, trial)| Some((at, trial.metric?, trial.status)));
    let curve = |(trial, metric, status): (usize, f64, RunStatus)| {
        let steps = if status == RunStatus::Killed { 7 } else { 30 };
        let point = |step: i64| (step, metric * (1.0 - (-(step as f64) / 8.0 - 0.2).exp()));
        MetricCurve { trial, points: (0..steps).map(point).collect() }
    };
    valued.take(60).map(curve).collect()
}

fn analysis(parameters: usize, trials: usize, rng: &mut ChaCha8Rng) -> Analysis {
    let weights: Vec<f64> = (0..parameters).map(|i| 0.5_f64.powi(i as i32) + 0.01).collect();
    let total: f64 = weights.iter().sum();
    let forest = trials >= 5;
    let parameter = |(i, name): (usize, String)| {
        let share = weights[i] / total;
        let categorical = i % 4 == 1;
        let mut correlate = || {
            let r = (rng.random::<f64>() - 0.5) * 2.0 * share.sqrt();
            let interval = (trials >= 4).then_some([(r - 0.2).max(-1.0), (r + 0.2).min(1.0)]);
            (!categorical).then_some(Correlation { r, interval, p: 0.03, n: trials })
        };
        ParameterAnalysis {
            name,
            kind: if categorical { ParameterKind::Categorical } else { ParameterKind::Numeric },
            log: i % 4 == 0,
            n_present: trials,
            n_distinct: 3,
            importance: forest.then_some(share),
            permutation: forest.then_some(Estimate { mean: share * 1.3 - 0.02, se: 0.02 + share * 0.1 }),
            pearson: correlate(),
            pearson_raw: None,
            spearman: correlate(),
            eta_squared: categorical.then_some(share),
            reason: None,
            excluded: None,
            on_ranks: None,
            effect: if forest && share > 0.05 { Effect::Clear } else { Effect::Unclear },
        }
    };
    Analysis {
        n_rows: trials,
        n_used: trials,
        dropped: Dropped::default(),
        oob_r2: forest.then_some(0.71),
        trust: if forest { ForestTrust::Good } else { ForestTrust::Absent },
        forest_reason: None,
        together: Vec::new(),
        rank_target: false,
        variance: None,
        notes: vec![if forest {
            "`lr` and `optimizer` move together (|Spearman| 0.93): they share one effect.".to_owned()
        } else {
            format!("No importances: fewer than 5 usable trials ({trials}).")
        }],
        parameters: names(parameters).into_iter().enumerate().map(parameter).collect(),
    }
}
