//! Runs: made, read, changed, deleted, restored.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::active_run::{active_run, missing};
use super::clock::now;
use super::db::{Db, fresh_id};
use super::error::{invalid, unknown_status};
use super::experiments;
use super::lifecycle::{is_active, word};
use super::names::random_name;
use super::roots::below;
use super::values::number;
use super::{inputs, limits, metrics, params as run_params, tags};
use crate::tracking::{ExperimentId, NewRun, PastRun, Result, Run, RunId, RunInfo, RunProjection, RunUpdate};
use crate::trial::RunStatus;

/// The columns of a run in the order that [`from_row`] reads them.
pub(super) const COLUMNS: &str = "r.run_uuid, r.experiment_id, r.name, r.user_id, r.status, r.start_time, r.end_time, \
                                  r.artifact_uri, r.lifecycle_stage";

impl Db {
    /// Makes a run in state RUNNING, in an experiment that is in use.
    pub fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        let (name, tags) = named(run)?;
        self.write(|db| {
            let id = insert(db, run, &name, &tags)?;
            header(db, &id)
        })
    }

    /// Makes runs that are over, all or none of them.
    pub fn create_past_runs(&self, runs: &[PastRun]) -> Result<Vec<RunInfo>> {
        let runs = runs.iter().map(|past| Ok((named(&past.run)?, past))).collect::<Result<Vec<_>>>()?;
        self.write(|db| {
            let made = runs.iter().map(|((name, tags), past)| {
                let id = insert(db, &past.run, name, tags)?;
                past.params.iter().try_for_each(|(key, value)| {
                    limits::check_key("param", key)?;
                    run_params::insert(db, &id, key, value)?.or_conflict(&id, key, value)
                })?;
                past.metrics.iter().try_for_each(|metric| {
                    limits::check_metric(metric)?;
                    metrics::insert(db, &id, metric)
                })?;
                db.prepare_cached(
                    "UPDATE runs SET status = ?2, end_time = coalesce(?3, end_time) WHERE run_uuid = ?1",
                )?
                .execute(params![id, past.status.as_str(), past.end_time])?;
                header(db, &id)
            });
            made.collect()
        })
    }

    /// A run with its data, deleted ones included; `NotFound` where there is none.
    pub fn run(&self, id: &str) -> Result<Run> {
        self.read(|db| whole(self, db, id))
    }

    /// What a run is, without its data.
    pub fn run_info(&self, id: &str) -> Result<RunInfo> {
        self.read(|db| header(db, id))
    }

    /// Changes an active run. An end time can be set again but never removed.
    pub fn update_run(&self, id: &str, change: &RunUpdate) -> Result<RunInfo> {
        self.write(|db| {
            active_run(db, id)?;
            self::change(db, id, change)?;
            header(db, id)
        })
    }

    /// Marks a run as deleted; one that is deleted already stays so.
    pub fn delete_run(&self, id: &str) -> Result<()> {
        self.turn_run(id, false)
    }

    /// Takes a deleted run back into use.
    pub fn restore_run(&self, id: &str) -> Result<()> {
        self.turn_run(id, true)
    }

    fn turn_run(&self, id: &str, active: bool) -> Result<()> {
        let deleted_time = (!active).then(now);
        self.write(|db| {
            let changed = db.execute(
                "UPDATE runs SET lifecycle_stage = ?2, deleted_time = ?3 WHERE run_uuid = ?1",
                params![id, word(active), deleted_time],
            )?;
            if changed == 0 { Err(missing(id)) } else { Ok(()) }
        })
    }
}

/// Changes a run that is in use.
pub(super) fn change(db: &Connection, id: &str, change: &RunUpdate) -> Result<()> {
    let name = change.name.as_deref().filter(|name| !name.is_empty());
    db.prepare_cached(
        "UPDATE runs SET status = coalesce(?2, status), end_time = coalesce(?3, end_time), name = coalesce(?4, name)
         WHERE run_uuid = ?1",
    )?
    .execute(params![id, change.status.map(RunStatus::as_str), change.end_time, name])?;
    if let Some(name) = name {
        tags::upsert(db, id, tags::RUN_NAME, name)?;
    }
    Ok(())
}

/// Writes a new run with its tags; returns its id.
fn insert(db: &Connection, run: &NewRun, name: &str, tags: &[(String, String)]) -> Result<String> {
    let experiment = experiments::active(db, run.experiment_id.as_str())?;
    let id = fresh_id();
    let artifact_uri = below(&experiment.artifact_location, &format!("{id}/artifacts"));
    db.prepare_cached(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,
                           start_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
         VALUES (?1, ?2, 'UNKNOWN', '', '', ?3, 'RUNNING', ?4, '', 'active', ?5, ?6)",
    )?
    .execute(params![
        id,
        name,
        run.user,
        run.start_time,
        artifact_uri,
        number(experiment.id.as_str())?
    ])?;
    tags::upsert_all(db, &id, tags)?;
    Ok(id)
}

/// The run's name and its tags, which hold the name too.
fn named(run: &NewRun) -> Result<(String, Vec<(String, String)>)> {
    let given = Some(run.name.as_str()).filter(|name| !name.is_empty());
    let tagged = run.tags.iter().find(|(key, _)| key == tags::RUN_NAME).map(|(_, value)| value.as_str());
    let name = match (given, tagged.filter(|name| !name.is_empty())) {
        (Some(given), Some(tagged)) if given != tagged => {
            return Err(invalid(format!(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='{given}', mlflow.runName='{tagged}')."
            )));
        }
        (Some(name), _) | (None, Some(name)) => name.to_owned(),
        (None, None) => random_name(),
    };
    let mut all = run.tags.clone();
    all.push((tags::RUN_NAME.to_owned(), name.clone()));
    Ok((name, all))
}

pub(super) fn header(db: &Connection, id: &str) -> Result<RunInfo> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM runs r WHERE r.run_uuid = ?1"))?
        .query_row([id], from_row)
        .optional()?
        .ok_or_else(|| missing(id))
}

fn whole(store: &Db, db: &Connection, id: &str) -> Result<Run> {
    let info = header(db, id)?;
    with_data(store, db, vec![info], &RunProjection::default())?.pop().ok_or_else(|| missing(id))
}

/// Loads what is wanted of all that belongs to these runs, in one query per noun.
pub(super) fn with_data(
    store: &Db,
    db: &Connection,
    headers: Vec<RunInfo>,
    want: &RunProjection,
) -> Result<Vec<Run>> {
    let ids: Vec<&str> = headers.iter().map(|header| header.id.as_str()).collect();
    let ids = serde_json::to_string(&ids).unwrap_or_default();
    let mut metrics = metrics::latest(db, &ids, want.metrics.as_deref())?;
    let mut params = if want.no_params { HashMap::new() } else { run_params::of_runs(db, &ids)? };
    let mut tags = tags::of_runs(db, &ids, want.tags.as_deref())?;
    // Anyone who asks for some of the data alone has no use for these.
    let narrow = *want != RunProjection::default();
    let (mut inputs, mut outputs) =
        if narrow { Default::default() } else { inputs::of_runs(store, db, &ids)? };
    let records = headers.into_iter().map(|info| {
        let id = info.id.as_str();
        Run {
            params: params.remove(id).unwrap_or_default(),
            metrics: metrics.remove(id).unwrap_or_default(),
            tags: tags.remove(id).unwrap_or_default(),
            inputs: inputs.remove(id).unwrap_or_default(),
            outputs: outputs.remove(id).unwrap_or_default(),
            info,
        }
    });
    Ok(records.collect())
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<RunInfo> {
    let id: String = row.get(0)?;
    let status = match row.get::<_, Option<String>>(4)? {
        Some(word) => RunStatus::parse(&word).ok_or_else(|| unknown_status(&id, &word))?,
        None => RunStatus::Running,
    };
    Ok(RunInfo {
        id: RunId(id),
        experiment_id: ExperimentId(row.get::<_, i64>(1)?.to_string()),
        name: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        user: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        status,
        start_time: row.get::<_, Option<i64>>(5)?.unwrap_or_default(),
        end_time: row.get(6)?,
        artifact_uri: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        active: is_active(row.get::<_, Option<String>>(8)?.as_deref()),
    })
}
