//! What a new sweep is to know of old ones, whatever form these are in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::error::ExchangeError;
use super::folder::Folder;
use super::foreign::read_runs;
use super::metrics::MetricRows;
use super::names;
use super::sweep::SweepRecord;
use super::table::TableSelection;
use super::trial::TrialRecord;
use crate::config::{self, Config, Fitter, Goal, MetricConfig, Misfit, logged_value};
use crate::record::{Sweep, TrialRuns, histories, point_of, stopped_early, tags};
use crate::space::Point;
use crate::strategy::{LoggedValues, Observation};
use crate::text::count;
use crate::tracking::{ErrorKind, RunId, Store};
use crate::trial::RunStatus;

/// A trial of an old sweep.
struct PriorTrial {
    point: Point,
    status: RunStatus,
    /// What it logged of the new sweep's metric, in log order.
    values: Vec<f64>,
    stopped_early: bool,
}

/// An old sweep.
struct PriorSweep {
    trials: Vec<PriorTrial>,
    /// The metric that it was after, and its direction, where that is known.
    metric: Option<(String, Goal)>,
    /// All metrics that it logged.
    metrics: BTreeSet<String>,
}

/// What a new sweep takes from an old one.
#[derive(Debug)]
pub struct OldSweep {
    /// The trials that fit the new space.
    pub known: Vec<Observation>,
    /// How many trials it has in all.
    pub total: u64,
    /// Why the others do not fit, with how many each.
    pub left_out: Vec<String>,
    /// Parameters that some of the known ones had and the new space has not.
    pub unknown: Vec<String>,
}

/// Reads an old sweep, a folder or a CSV file (paths from `here`), or a sweep of the store by id or name, for a new one
/// with this config and metric.
///
/// # Errors
/// Where there is no such thing, it did not log the metric or meant another direction, or none of its trials fits.
pub async fn read_prior(
    store: &Arc<dyn Store>,
    here: &Path,
    (config, metric): (&Config, &MetricConfig),
    source: &str,
) -> Result<OldSweep, ExchangeError> {
    let path = here.join(source);
    let old = if path.is_dir() && path.join(names::SWEEP).is_file() {
        of_folder(&path, metric)?
    } else if path.exists() {
        of_table(&path, metric)?
    } else {
        of_sweep(store, source, metric).await?
    };
    check_metric(source, &old, metric)?;
    fitting(config, metric, source, old)
}

/// The same name must mean the same thing.
fn check_metric(source: &str, old: &PriorSweep, metric: &MetricConfig) -> Result<(), ExchangeError> {
    let word = |goal: Goal| if goal == Goal::Minimize { "minimized" } else { "maximized" };
    if let Some((name, goal)) = &old.metric
        && *name == metric.name
        && *goal != metric.goal
    {
        let (was, is) = (word(*goal), word(metric.goal));
        return Err(ExchangeError::refused(
            format!("{source}: there `{name}` was {was}, here it is to be {is}"),
            "Which goal is right? A trial that was good there would count as bad here.",
        ));
    }
    if old.metrics.contains(&metric.name) {
        return Ok(());
    }
    let known = Vec::from_iter(old.metrics.iter().map(String::as_str)).join(", ");
    let hint = match known.is_empty() {
        true => "None of its trials has logged any metric.".to_owned(),
        false => format!("Logged are: {known}. The new sweep must be judged by one of these."),
    };
    Err(ExchangeError::refused(format!("{source}: no trial has logged `{}`", metric.name), hint))
}

/// The trials that fit, and why the others do not.
fn fitting(
    config: &Config,
    metric: &MetricConfig,
    source: &str,
    old: PriorSweep,
) -> Result<OldSweep, ExchangeError> {
    let fitter = Fitter::new(config);
    let total = old.trials.len() as u64;
    let mut known = Vec::new();
    let mut misfits: BTreeMap<Misfit, u64> = BTreeMap::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for past in old.trials {
        match fitter.fit(&past.point) {
            Ok(point) => {
                unknown.extend(fitter.unknown(&past.point));
                known.push(observation(point, &past, metric));
            }
            Err(misfit) => *misfits.entry(misfit).or_default() += 1,
        }
    }
    let left_out: Vec<String> = misfits.iter().map(|(misfit, count)| format!("{misfit} ({count})")).collect();
    if known.is_empty() {
        let trials = count(total, "trial");
        return Err(ExchangeError::refused(
            format!("{source}: none of its {trials} fits the new space"),
            format!("Left out for: {}.", left_out.join(", ")),
        ));
    }
    Ok(OldSweep { known, total, left_out, unknown: unknown.into_iter().collect() })
}

fn observation(point: Point, past: &PriorTrial, metric: &MetricConfig) -> Observation {
    Observation {
        trial: None,
        point,
        status: past.status,
        metric: metric.summary.of(&past.values, Some(metric.goal)),
        logged: LoggedValues::of(past.values.iter().copied()),
        beside: Vec::new(),
        stopped_early: past.stopped_early,
    }
}

/// A sweep of the same store.
async fn of_sweep(
    store: &Arc<dyn Store>,
    name: &str,
    metric: &MetricConfig,
) -> Result<PriorSweep, ExchangeError> {
    let id = Sweep::find(store.as_ref(), name).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => ExchangeError::refused(
            format!("`{name}` is not a sweep in {}, nor a folder or file", store.uri()),
            "--prior takes the id or name of a sweep, a folder that `sweep export` wrote, or a file of another program.",
        ),
        _ => error.into(),
    })?;
    let sweep = Sweep::open(store.as_ref(), &id).await?;
    let own = config::check(&sweep.config).config.and_then(|config| config.metric);
    let runs = TrialRuns::read(store.as_ref(), &sweep).await?;
    let over = || runs.iter().map(|(_, run)| run).filter(|run| run.info.status.is_final());
    let logged: Vec<RunId> =
        over().filter(|run| run.metric(&metric.name).is_some()).map(|run| run.info.id.clone()).collect();
    let mut histories = histories(store, logged, &metric.name).await?;
    let trials = over().map(|run| {
        let values = histories.remove(&run.info.id).unwrap_or_default();
        PriorTrial {
            point: sampled(point_of(run), run.params.iter().map(|(name, text)| (name, text))),
            status: run.info.status,
            values: values.into_iter().map(|one| one.value).collect(),
            stopped_early: stopped_early(run),
        }
    });
    Ok(PriorSweep {
        trials: trials.collect(),
        metric: own.map(|metric| (metric.name, metric.goal)),
        metrics: over().flat_map(|run| &run.metrics).map(|metric| metric.key.clone()).collect(),
    })
}

/// A folder that `sweep export` wrote.
fn of_folder(path: &Path, metric: &MetricConfig) -> Result<PriorSweep, ExchangeError> {
    let folder = Folder::open(path)?;
    let record = SweepRecord::read(&folder)?;
    let mut old = PriorSweep { trials: Vec::new(), metric: record.metric, metrics: BTreeSet::new() };
    for name in folder.trials()? {
        let trial = TrialRecord::read(&folder, &name)?;
        if !trial.status.is_final() {
            continue;
        }
        let mut values = Vec::new();
        let file = format!("{name}/{}", names::METRICS);
        if let Some((csv, _)) = folder.file(&file)? {
            for row in MetricRows::new(csv, folder.name(&file), 0)? {
                let row = row?;
                if row.key == metric.name {
                    values.push((row.timestamp, row.step, row.value));
                }
            }
        }
        values.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        old.metrics.extend(trial.metrics.keys().cloned());
        old.trials.push(PriorTrial {
            point: sampled(trial.point, trial.params.iter()),
            status: trial.status,
            values: values.into_iter().map(|(_, _, value)| value).collect(),
            stopped_early: trial.status == RunStatus::Killed && trial.tags.contains_key(tags::STOPPED_RULE),
        });
    }
    Ok(old)
}

/// A table of runs.
fn of_table(path: &Path, metric: &MetricConfig) -> Result<PriorSweep, ExchangeError> {
    let asked = TableSelection { metric: Some(metric.name.clone()), ..TableSelection::default() };
    let table = read_runs(path, &asked)?;
    let trials = table.trials.into_iter().map(|trial| PriorTrial {
        values: trial.values(&table.metric),
        point: trial.point,
        status: trial.status,
        stopped_early: trial.stopped_early,
    });
    let known = table.goal.map(|goal| (metric.name.clone(), goal));
    Ok(PriorSweep { trials: trials.collect(), metric: known, metrics: BTreeSet::from([metric.name.clone()]) })
}

/// The sampled point with what else was logged, which is all there is of a run that no sweep made.
fn sampled<'a>(mut point: Point, params: impl Iterator<Item = (&'a String, &'a String)>) -> Point {
    for (name, text) in params {
        if point.get(name).is_none() {
            point.0.push((name.clone(), logged_value(text)));
        }
    }
    point
}
