//! What a paper has to say of a sweep: what was searched, how, what it cost, and how the best was chosen. What the store
//! does not know is `None`: nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;

use super::confirmation::Confirmation;
use super::error::QueryError;
use super::facts::{is_imported_table, limit_of, method_of};
use super::failing::why_failed;
use super::front::Front;
use super::metric::ChosenMetric;
use super::ranking::{Ranked, best_of};
use crate::config::{Config, Method, MetricConfig, Optimizer};
use crate::record::{Ledger, Sweep, TrialRuns, index_of, params_text, point_of, stopped_early, tags};
use crate::text::iso;
use crate::tracking::{Run, Store};
use crate::trial::{RunStatus, TrialIndex};

/// Characters of the best trial's params in the text.
const PARAMS: usize = 600;

/// What a paper has to say of a sweep.
#[derive(Debug, Clone, Serialize)]
pub struct SweepMethods {
    pub sweep_id: String,
    pub sweep_name: String,
    pub code: CodeFacts,
    pub space: Vec<SpaceFact>,
    pub constraints: Vec<String>,
    pub search: SearchFacts,
    pub trials: TrialOutcomes,
    pub metrics: Vec<MetricFacts>,
    pub limits: Vec<String>,
    /// Trials of the front, where there are several metrics.
    pub front: Option<usize>,
    pub best: Option<BestFacts>,
    /// What was recorded beside the metric, of the best trial.
    pub report_metric: Option<ReportedFacts>,
    pub confirmation: Option<ConfirmationFacts>,
    pub compute: ComputeFacts,
    pub hardware: HardwareFacts,
}

/// Which code the trials ran.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CodeFacts {
    /// Commits with the number of trials that ran them, the commonest first.
    pub commits: Vec<CommitFacts>,
    /// Trials with changes that were not committed.
    pub uncommitted: usize,
    /// Trials of which no commit is recorded.
    pub unknown: usize,
}

/// A commit.
#[derive(Debug, Clone, Serialize)]
pub struct CommitFacts {
    pub commit: String,
    pub trials: usize,
}

/// A parameter with its range.
#[derive(Debug, Clone, Serialize)]
pub struct SpaceFact {
    pub parameter: String,
    /// `log_uniform_values`, `categorical`, …, as in the sweep file.
    pub distribution: String,
    /// `min 1e-5, max 1`.
    pub range: String,
    /// It is the same in all trials.
    pub constant: bool,
}

/// How points were chosen.
#[derive(Debug, Clone, Serialize)]
pub struct SearchFacts {
    pub method: String,
    /// The model of `bayes`: `gp`, `tpe` or `auto`.
    pub optimizer: Option<&'static str>,
    /// The seed of the search; null: another program's.
    pub seed: Option<u64>,
    /// The version of this program that made the sweep.
    pub version: Option<String>,
    /// Points that the sweep file gives.
    pub given_points: usize,
    /// Trials of earlier sweeps that the method knew.
    pub prior_trials: Option<u64>,
    pub early_stopping: bool,
}

/// What became of the trials.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TrialOutcomes {
    /// Most trials that there may be; null: no end.
    pub planned: Option<u64>,
    pub started: usize,
    pub finished: usize,
    pub stopped_early: usize,
    pub failed: usize,
    /// Ended by a person, or lost.
    pub killed: usize,
    pub running: usize,
    /// Results whose runs were deleted.
    pub deleted: usize,
    /// Trials with a number for the metric, which the best was chosen from.
    pub candidates: usize,
    /// Why trials failed, the commonest first.
    pub failures: Vec<FailureFacts>,
    /// Attempts that do not count: lost or repeated.
    pub further_attempts: usize,
}

/// Why trials failed.
#[derive(Debug, Clone, Serialize)]
pub struct FailureFacts {
    pub reason: String,
    pub trials: usize,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct MetricFacts {
    pub name: String,
    pub goal: &'static str,
    /// Which value of the history counts: `last`, `min`, `max`, `best`, `mean`.
    pub summary: &'static str,
}

/// The trial that is called the best.
#[derive(Debug, Clone, Serialize)]
pub struct BestFacts {
    pub trial: TrialIndex,
    pub run_id: String,
    /// What the search saw of it.
    pub value: f64,
    pub params: Json,
    #[serde(skip)]
    pub params_text: String,
}

/// What was recorded beside the metric.
#[derive(Debug, Clone, Serialize)]
pub struct ReportedFacts {
    pub name: String,
    /// Null: the best trial has not logged it.
    pub value: Option<f64>,
}

/// What new seeds have shown.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmationFacts {
    pub points: usize,
    pub runs: u64,
    /// The trial that it names.
    pub trial: TrialIndex,
    pub runs_of_best: usize,
    pub mean: Option<f64>,
    /// 95 % interval of the mean.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub p_best: f64,
    /// Other trials that can't be told apart from it.
    pub not_separable: Vec<TrialIndex>,
    /// Standard deviation between runs of one point.
    pub noise: Option<f64>,
}

/// What it cost.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ComputeFacts {
    /// Sum of the times of the trials that are over, seconds.
    pub trial_seconds: f64,
    /// Trials whose time is known.
    pub timed: usize,
    /// From the first start to the last end, seconds.
    pub span_seconds: Option<f64>,
    pub first_start: Option<String>,
    /// The same sum of the confirmation's runs.
    pub confirmation_seconds: Option<f64>,
}

/// Where it ran.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HardwareFacts {
    pub hosts: BTreeSet<String>,
    /// GPUs that agents gave to trials, by their numbers, on any host.
    pub gpus: BTreeSet<String>,
    /// Agents that ran trials.
    pub agents: usize,
}

/// Reads it.
///
/// # Errors
/// As the store's, and where a confirmation can't be read.
pub async fn methods_facts(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
) -> Result<SweepMethods, QueryError> {
    let read = TrialRuns::read(store.as_ref(), sweep).await?;
    let (superseded, deleted) = (read.superseded, read.deleted.len());
    let runs: Vec<Run> = read.into_runs().collect();
    let objectives = config.objectives();
    let results = Ledger::read(store.as_ref(), &sweep.ledger).await?.results();
    let metric = ChosenMetric::of(config, None, None).filter(|_| !config.has_several_metrics());
    let ranked = match &metric {
        Some(metric) => best_of(store, sweep, &results, metric, usize::MAX >> 1).await?,
        None => Vec::new(),
    };
    let confirmed = match &metric {
        Some(_) => Confirmation::of(store, sweep, config).await?,
        None => None,
    };
    let named = confirmed.as_ref().and_then(Confirmation::best);
    let best = ranked.iter().find(|one| named.is_some() && index_of(&one.run) == named).or(ranked.first());
    let front = match config.has_several_metrics() {
        true => Some(Front::read(store, sweep, config, &results).await?.trials.len()),
        false => None,
    };
    let mut compute = compute(&runs);
    if let Some(confirmed) = &confirmed {
        let runs: Vec<Run> = TrialRuns::read(store.as_ref(), &confirmed.sweep).await?.into_runs().collect();
        compute.confirmation_seconds = Some(runs.iter().filter_map(seconds).sum());
    }
    let trials = TrialOutcomes {
        planned: limit_of(sweep, config),
        candidates: ranked.len(),
        further_attempts: superseded,
        deleted,
        ..counted(&runs)
    };
    Ok(SweepMethods {
        sweep_id: sweep.id().to_string(),
        sweep_name: sweep.parent.info.name.clone(),
        code: code(&runs),
        space: space(config),
        constraints: config.constraints.iter().map(|one| one.text().to_owned()).collect(),
        search: search(sweep, config),
        trials,
        metrics: objectives.metrics.iter().map(measured).collect(),
        limits: objectives.limits.iter().map(ToString::to_string).collect(),
        front,
        best: best.and_then(|best| best_facts(config, best)),
        report_metric: report_metric(config, best.map(|best| &best.run)),
        confirmation: confirmed.as_ref().and_then(confirmation),
        compute,
        hardware: hardware(&runs),
    })
}

fn measured(metric: &MetricConfig) -> MetricFacts {
    MetricFacts { name: metric.name.clone(), goal: metric.goal.as_str(), summary: metric.summary.as_str() }
}

fn best_facts(config: &Config, best: &Ranked) -> Option<BestFacts> {
    let point = point_of(&best.run);
    Some(BestFacts {
        trial: index_of(&best.run)?,
        run_id: best.run.info.id.to_string(),
        value: best.value,
        params_text: params_text(&config.ordered(&point), PARAMS),
        params: point.to_json(),
    })
}

fn report_metric(config: &Config, best: Option<&Run>) -> Option<ReportedFacts> {
    let name = config.report_metric.as_ref()?.name.clone();
    let value = best.and_then(|run| run.metric(&name)).map(|logged| logged.value);
    Some(ReportedFacts { value: value.filter(|value| value.is_finite()), name })
}

fn code(runs: &[Run]) -> CodeFacts {
    let mut commits: BTreeMap<&str, usize> = BTreeMap::new();
    let mut facts = CodeFacts::default();
    for run in runs {
        match run.tag(tags::GIT_COMMIT) {
            Some(commit) => *commits.entry(commit).or_default() += 1,
            None => facts.unknown += 1,
        }
        facts.uncommitted += usize::from(run.tag(tags::GIT_DIRTY) == Some("true"));
    }
    facts.commits = commits
        .into_iter()
        .map(|(commit, trials)| CommitFacts { commit: commit.to_owned(), trials })
        .collect();
    facts.commits.sort_by_key(|commit| std::cmp::Reverse(commit.trials));
    facts
}

fn space(config: &Config) -> Vec<SpaceFact> {
    let leaves = config.in_order(config.space.leaves(), |leaf| &leaf.name);
    let fact = |leaf: &crate::space::Leaf<'_>| {
        let distribution = &leaf.parameter.distribution;
        let fields = distribution.fields().into_iter().map(|(key, value)| format!("{key} {}", value.text()));
        SpaceFact {
            parameter: leaf.name.clone(),
            distribution: distribution.name().to_owned(),
            range: fields.collect::<Vec<_>>().join(", "),
            constant: distribution.is_constant(),
        }
    };
    leaves.iter().map(fact).collect()
}

fn search(sweep: &Sweep, config: &Config) -> SearchFacts {
    let imported = is_imported_table(sweep);
    let optimizer = match config.optimizer {
        Optimizer::Auto => "auto",
        Optimizer::Gp => "gp",
        Optimizer::Tpe => "tpe",
    };
    SearchFacts {
        method: method_of(sweep, config).to_owned(),
        optimizer: (config.method == Method::Bayes && !imported).then_some(optimizer),
        seed: (!imported).then_some(sweep.seed),
        version: sweep.parent.tag(tags::VERSION).filter(|_| !imported).map(str::to_owned),
        given_points: config.points.len(),
        prior_trials: sweep.parent.tag(tags::PRIOR).and_then(|count| count.parse().ok()),
        early_stopping: config.early_terminate.is_some(),
    }
}

fn counted(runs: &[Run]) -> TrialOutcomes {
    let mut facts = TrialOutcomes { started: runs.len(), ..TrialOutcomes::default() };
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for run in runs {
        match run.info.status {
            RunStatus::Finished => facts.finished += 1,
            RunStatus::Failed => {
                facts.failed += 1;
                *reasons.entry(why_failed(run)).or_default() += 1;
            }
            RunStatus::Killed if stopped_early(run) => facts.stopped_early += 1,
            RunStatus::Killed => facts.killed += 1,
            RunStatus::Running | RunStatus::Scheduled => facts.running += 1,
        }
    }
    facts.failures = reasons.into_iter().map(|(reason, trials)| FailureFacts { reason, trials }).collect();
    facts.failures.sort_by_key(|failure| std::cmp::Reverse(failure.trials));
    facts
}

/// How long a run took; `None`: it is not over, or nothing is known.
fn seconds(run: &Run) -> Option<f64> {
    let took = run.info.end_time?.checked_sub(run.info.start_time)?;
    #[allow(clippy::cast_precision_loss)]
    (run.info.start_time > 0 && took >= 0).then_some(took as f64 / 1000.0)
}

fn compute(runs: &[Run]) -> ComputeFacts {
    let times: Vec<f64> = runs.iter().filter_map(seconds).collect();
    let timed = || runs.iter().filter(|run| seconds(run).is_some());
    let first = timed().map(|run| run.info.start_time).min();
    let last = timed().filter_map(|run| run.info.end_time).max();
    #[allow(clippy::cast_precision_loss)]
    let span = first.zip(last).map(|(first, last)| (last - first) as f64 / 1000.0);
    ComputeFacts {
        trial_seconds: times.iter().sum(),
        timed: times.len(),
        span_seconds: span,
        first_start: first.and_then(iso),
        confirmation_seconds: None,
    }
}

fn hardware(runs: &[Run]) -> HardwareFacts {
    let all = |tag: &str| -> BTreeSet<String> {
        runs.iter()
            .filter_map(|run| run.tag(tag))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect()
    };
    HardwareFacts { hosts: all(tags::HOST), gpus: all(tags::GPU), agents: all(tags::AGENT).len() }
}

fn confirmation(confirmed: &Confirmation) -> Option<ConfirmationFacts> {
    let place = confirmed.verdict.best?;
    let point = confirmed.points.get(place)?;
    let (low, high) = confirmed.interval(place).unzip();
    Some(ConfirmationFacts {
        points: confirmed.points.len(),
        runs: confirmed.spent,
        trial: point.trial,
        runs_of_best: point.candidate.values.len(),
        mean: confirmed.mean(place),
        low,
        high,
        p_best: confirmed.verdict.candidates.get(place)?.best,
        not_separable: confirmed.may_be_best().into_iter().filter(|trial| *trial != point.trial).collect(),
        noise: confirmed.verdict.noise,
    })
}
