//! `sweep init --prior …`: what a new sweep is to know of old ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::read_table::read_table;
use crate::config::logged_value;
use crate::config::{self, Config, Fitter, Goal, Metric, Misfit};
use crate::plain::{self, Asked, Folder, MetricRows, SweepRecord, TrialRecord};
use crate::record::histories;
use crate::record::{Prior, Sweep, TrialRuns, point_of, stopped_early, tags};
use crate::space::Point;
use crate::strategy::{Logged, Observation};
use crate::tracking::{ErrorKind, RunId};
use crate::trial::RunStatus;
use crate::ui::words;

/// A trial of an old sweep.
struct Past {
    point: Point,
    status: RunStatus,
    /// What it logged of the new sweep's metric, in log order.
    values: Vec<f64>,
    stopped_early: bool,
}

/// An old sweep.
struct Old {
    trials: Vec<Past>,
    /// The metric that it was after, and its direction, where that is known.
    metric: Option<(String, Goal)>,
    /// All metrics that it logged.
    metrics: BTreeSet<String>,
}

/// Reads old sweeps: ids, folders or CSV files. What does not fit the new space is left out, and said.
pub(super) async fn read_priors(
    context: &Context,
    config: &Config,
    sources: &[String],
) -> Result<Option<Prior>, Failure> {
    if sources.is_empty() {
        return Ok(None);
    }
    let Some(metric) = &config.metric else {
        return Err(Failure::new(Exit::Usage, "--prior needs a metric, and the config names none")
            .hint("`metric: {name: …, goal: …}` says what the trials of both sweeps are judged by."));
    };
    let mut prior = Prior::default();
    for source in sources {
        let path = context.folder.join(source);
        let old = if path.is_dir() {
            of_folder(&path, metric)?
        } else if path.is_file() {
            of_table(&path, metric)?
        } else {
            of_sweep(context, source, metric).await?
        };
        check_metric(source, &old, metric)?;
        prior.trials.extend(fitting(context, config, metric, source, old)?);
    }
    Ok(Some(prior))
}

/// The same name must mean the same thing.
fn check_metric(source: &str, old: &Old, metric: &Metric) -> Result<(), Failure> {
    let word = |goal: Goal| if goal == Goal::Minimize { "minimized" } else { "maximized" };
    if let Some((name, goal)) = &old.metric
        && *name == metric.name
        && *goal != metric.goal
    {
        let (was, is) = (word(*goal), word(metric.goal));
        return Err(Failure::new(
            Exit::Usage,
            format!("{source}: there `{name}` was {was}, here it is to be {is}"),
        )
        .hint("Which goal is right? A trial that was good there would count as bad here."));
    }
    if old.metrics.contains(&metric.name) {
        return Ok(());
    }
    let known = Vec::from_iter(old.metrics.iter().map(String::as_str)).join(", ");
    let failure = Failure::new(Exit::Usage, format!("{source}: no trial has logged `{}`", metric.name));
    Err(match known.is_empty() {
        true => failure.hint("None of its trials has logged any metric."),
        false => failure.hint(format!("Logged are: {known}. The new sweep must be judged by one of these.")),
    })
}

/// The trials that fit, and a word on those that do not.
fn fitting(
    context: &Context,
    config: &Config,
    metric: &Metric,
    source: &str,
    old: Old,
) -> Result<Vec<(String, Observation)>, Failure> {
    let fitter = Fitter::new(config);
    let total = old.trials.len() as u64;
    let mut found = Vec::new();
    let mut misfits: BTreeMap<Misfit, u64> = BTreeMap::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for past in old.trials {
        match fitter.fit(&past.point) {
            Ok(point) => {
                unknown.extend(fitter.unknown(&past.point));
                found.push((source.to_owned(), observation(point, &past, metric)));
            }
            Err(misfit) => *misfits.entry(misfit).or_default() += 1,
        }
    }
    let why: Vec<String> = misfits.iter().map(|(misfit, count)| format!("{misfit} ({count})")).collect();
    if found.is_empty() {
        let trials = words::count(total, "trial");
        return Err(Failure::new(Exit::Usage, format!("{source}: none of its {trials} fits the new space"))
            .hint(format!("Left out for: {}.", why.join(", "))));
    }
    let ui = &context.ui;
    ui.say(&format!("{source}: {} of {} known", found.len(), words::count(total, "trial")));
    if !why.is_empty() {
        ui.warn(&format!("{source}: {} left out: {}", total - found.len() as u64, why.join(", ")));
    }
    if !unknown.is_empty() {
        let names = Vec::from_iter(unknown).join(", ");
        ui.warn(&format!("{source}: the new space has no {names}: trials count as if these did not matter"));
    }
    Ok(found)
}

fn observation(point: Point, past: &Past, metric: &Metric) -> Observation {
    Observation {
        trial: None,
        point,
        status: past.status,
        metric: metric.summary.of(&past.values, Some(metric.goal)),
        logged: Logged::of(past.values.iter().copied()),
        stopped_early: past.stopped_early,
    }
}

/// A sweep of the same store.
async fn of_sweep(context: &Context, name: &str, metric: &Metric) -> Result<Old, Failure> {
    let store = &context.store;
    let id = Sweep::find(store.as_ref(), name).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => Failure::new(
            Exit::Usage,
            format!("`{name}` is not a sweep in {}, nor a folder or file", store.uri()),
        )
        .hint("--prior takes the id or name of a sweep, a folder that `sweep export` wrote, or a CSV file."),
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
        Past {
            point: sampled(point_of(run), run.params.iter().map(|(name, text)| (name, text))),
            status: run.info.status,
            values: values.into_iter().map(|one| one.value).collect(),
            stopped_early: stopped_early(run),
        }
    });
    Ok(Old {
        trials: trials.collect(),
        metric: own.map(|metric| (metric.name, metric.goal)),
        metrics: over().flat_map(|run| &run.metrics).map(|metric| metric.key.clone()).collect(),
    })
}

/// A folder that `sweep export` wrote.
fn of_folder(path: &Path, metric: &Metric) -> Result<Old, Failure> {
    let folder = Folder::open(path)?;
    let record = SweepRecord::read(&folder)?;
    let mut old = Old { trials: Vec::new(), metric: record.metric, metrics: BTreeSet::new() };
    for name in folder.trials()? {
        let trial = TrialRecord::read(&folder, &name)?;
        if !trial.status.is_final() {
            continue;
        }
        let mut values = Vec::new();
        let file = format!("{name}/{}", plain::METRICS);
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
        old.trials.push(Past {
            point: sampled(trial.point, trial.params.iter()),
            status: trial.status,
            values: values.into_iter().map(|(_, _, value)| value).collect(),
            stopped_early: trial.status == RunStatus::Killed && trial.tags.contains_key(tags::STOPPED_RULE),
        });
    }
    Ok(old)
}

/// A table of runs.
fn of_table(path: &Path, metric: &Metric) -> Result<Old, Failure> {
    let asked = Asked { metric: Some(metric.name.clone()), params: Vec::new() };
    let table = read_table(path, &asked)?;
    let trials = table.trials.into_iter().map(|trial| Past {
        values: trial
            .metrics
            .iter()
            .filter(|(name, _)| *name == table.metric)
            .map(|(_, value)| *value)
            .collect(),
        point: trial.point,
        status: trial.status,
        stopped_early: trial.stopped_early,
    });
    Ok(Old { trials: trials.collect(), metric: None, metrics: BTreeSet::from([metric.name.clone()]) })
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
