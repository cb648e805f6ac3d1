//! One trial: what it was run with, what it logged, what it printed; and the curves of many.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::address::find;
use super::answer::{PageAnswer, PageError};
use super::hub::Hub;
use super::number::Cell;
use super::watched::WatchedSweep;
use crate::process::aside;
use crate::query::{LiveRow, histories_of, read_curves};
use crate::record::{LOG_ARTIFACT, histories, point_of, tags};
use crate::tracking::{ErrorKind, Run, RunId};
use crate::trial::{RunStatus, Trial, TrialIndex};

/// Metrics of a trial whose histories are shown.
const MOST_METRICS: usize = 40;
/// Points of one curve: more than a plot can show.
const MOST_POINTS: usize = 2_000;
/// The end of a log that is sent at once.
const LOG_PIECE: u64 = 64 << 10;

fn row(watched: &WatchedSweep, trial: u64) -> PageAnswer<LiveRow> {
    let found = watched.trials().row(trial).cloned();
    found.ok_or_else(|| PageError::not_found(format!("there is no trial {trial} yet")))
}

/// A trial with all that its run says.
pub(super) async fn trial(
    State(hub): State<Arc<Hub>>,
    Path((id, trial)): Path<(String, u64)>,
) -> PageAnswer<Json<Value>> {
    let watched = hub.sweep(&find(&hub, &id).await?).await?;
    let row = row(&watched, trial)?;
    let run = hub.store().run(&row.run).await?;
    let keys = run.metrics.iter().take(MOST_METRICS).map(|metric| metric.key.clone()).collect();
    let histories = histories_of(hub.store(), &row.run, keys).await?;
    let curves: BTreeMap<String, Vec<(i64, Cell)>> = histories
        .into_iter()
        .map(|(key, history)| {
            let every = history.len().div_ceil(MOST_POINTS).max(1);
            let points = history.into_iter().step_by(every);
            (key, points.map(|point| (point.step, Cell::exact(point.value))).collect())
        })
        .collect();
    let metrics: BTreeMap<&str, Cell> =
        run.metrics.iter().map(|metric| (metric.key.as_str(), Cell::exact(metric.value))).collect();
    let artifacts = match hub.store().artifacts(&run.info, "").await {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!(%error, "the artifacts of a trial can't be listed");
            Vec::new()
        }
    };
    let shown = |tag: &str| run.tag(tag);
    Ok(Json(json!({
        "trial": trial,
        "run_id": row.run.to_string(),
        "experiment_id": run.info.experiment_id.to_string(),
        "status": row.status,
        "state": row.state.letter(),
        "attempt": row.attempt,
        "start": row.start,
        "end": row.end,
        "exit_code": row.exit_code,
        "reason": row.reason,
        "agent": row.agent,
        "host": row.host,
        "value": row.value.map_or(Cell::Empty, Cell::exact),
        "point": point_of(&run).to_json(),
        "command": shown(tags::COMMAND),
        "commit": shown(tags::GIT_COMMIT),
        "branch": shown(tags::GIT_BRANCH),
        "dirty": shown(tags::GIT_DIRTY),
        "metrics": metrics,
        "curves": curves,
        "artifacts": artifacts.into_iter().map(|entry| entry.path).collect::<Vec<_>>(),
        "link": link(hub.store().uri(), &run),
    })))
}

/// The run's page in MLflow, where the store is a server.
fn link(uri: &str, run: &Run) -> Option<String> {
    let is_server = uri.starts_with("http://") || uri.starts_with("https://");
    let (base, info) = (uri.trim_end_matches('/'), &run.info);
    is_server.then(|| format!("{base}/#/experiments/{}/runs/{}", info.experiment_id, info.id))
}

/// Where a reader of a log is.
#[derive(Debug, Deserialize)]
pub(super) struct LogQuery {
    from: Option<u64>,
}

/// What a trial's command printed, from a place on: the end of it where no place is given.
pub(super) async fn log(
    State(hub): State<Arc<Hub>>,
    Path((id, trial)): Path<(String, u64)>,
    Query(query): Query<LogQuery>,
) -> PageAnswer<Json<Value>> {
    let watched = hub.sweep(&find(&hub, &id).await?).await?;
    let row = row(&watched, trial)?;
    let run = hub.store().run(&row.run).await?;
    let (whole, text, next) = match hub.store().artifact(&run.info, LOG_ARTIFACT).await {
        Ok(bytes) => {
            let (text, next) = piece_of(&bytes, query.from);
            (true, text, next)
        }
        Err(error) if error.kind == ErrorKind::NotFound => {
            let live = (hub.options.live_log)(&run).filter(|path| path.exists());
            let Some(path) = live else { return Ok(Json(json!({"where": "nowhere", "host": row.host}))) };
            let piece = aside(move || read_piece(&path, query.from)).await;
            let (text, next) = piece.and_then(Result::ok).unwrap_or_default();
            (false, text, next)
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Json(json!({"where": if whole { "artifact" } else { "live" }, "text": text, "next": next})))
}

/// From where on is read, of so many bytes.
fn begin(length: u64, from: Option<u64>) -> u64 {
    let tail = length.saturating_sub(LOG_PIECE);
    // A reader that is far behind goes on at the end.
    from.map_or(tail, |from| from.clamp(tail, length))
}

fn piece_of(bytes: &[u8], from: Option<u64>) -> (String, u64) {
    let length = bytes.len() as u64;
    let first = usize::try_from(begin(length, from)).unwrap_or(bytes.len());
    (String::from_utf8_lossy(bytes.get(first..).unwrap_or_default()).into_owned(), length)
}

fn read_piece(path: &PathBuf, from: Option<u64>) -> std::io::Result<(String, u64)> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    let first = begin(length, from);
    file.seek(SeekFrom::Start(first))?;
    let mut bytes = Vec::new();
    file.take(length - first).read_to_end(&mut bytes)?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), length))
}

/// Whose curves are asked for; none named: those of the best trials and of the latest.
#[derive(Debug, Deserialize)]
pub(super) struct CurvesQuery {
    trials: Option<String>,
}

/// Trials whose curves may be asked for by name.
const MOST_NAMED: usize = 50;

/// The curves of the metric: by trial, steps and values.
pub(super) async fn curves(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    Query(query): Query<CurvesQuery>,
) -> PageAnswer<Json<Value>> {
    let watched = hub.sweep(&find(&hub, &id).await?).await?;
    let Some(metric) = watched.facts().metric.clone() else { return Ok(Json(json!([]))) };
    let cells = |points: Vec<(i64, f64)>| -> Vec<(i64, Cell)> {
        points.into_iter().map(|(step, value)| (step, Cell::number(value))).collect()
    };
    if let Some(named) = query.trials {
        let wanted: Vec<(u64, RunId)> = {
            let trials = watched.trials();
            let named = named.split(',').filter_map(|trial| trial.parse().ok()).take(MOST_NAMED);
            named.filter_map(|trial| Some((trial, trials.row(trial)?.run.clone()))).collect()
        };
        let ids = wanted.iter().map(|(_, run)| run.clone()).collect();
        let mut read = histories(hub.store(), ids, &metric.name).await?;
        let curves = wanted.into_iter().filter_map(|(trial, run)| {
            let points = read.remove(&run)?.into_iter().map(|entry| (entry.step, entry.value)).collect();
            Some(json!([trial, cells(points)]))
        });
        return Ok(Json(curves.collect()));
    }
    let trials: Vec<Trial> = watched.trials().rows().map(trial_of).collect();
    let curves = read_curves(hub.store(), &metric, &trials).await?;
    let named = curves.into_iter().filter_map(|curve| {
        let trial = trials.get(curve.trial)?.index.0;
        Some(json!([trial, cells(curve.points)]))
    });
    Ok(Json(named.collect()))
}

/// A trial as the analysis takes it.
pub(super) fn trial_of(row: &LiveRow) -> Trial {
    use crate::query::LiveState;

    let status = match row.state {
        LiveState::Running => RunStatus::Running,
        LiveState::Finished => RunStatus::Finished,
        LiveState::Failed => RunStatus::Failed,
        LiveState::Waiting => RunStatus::Scheduled,
        LiveState::Killed | LiveState::Stopped | LiveState::Deleted => RunStatus::Killed,
    };
    Trial {
        index: TrialIndex(row.trial),
        attempt: row.attempt,
        run_id: row.run.to_string(),
        status,
        agent: row.agent.clone(),
        start_time: row.start,
        end_time: row.end,
        exit_code: row.exit_code,
        point: row.point.clone(),
        metric: row.value,
        stopped_early: row.state == LiveState::Stopped,
    }
}
