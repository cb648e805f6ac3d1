//! Experiments.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::clock::now;
use super::db::Db;
use super::error::{invalid, not_found};
use super::lifecycle::{condition as lifecycle_condition, is_active, word};
use super::limits;
use super::search::{Clauses, experiment_clauses};
use super::values::{number, pair, window_value};
use crate::tracking::filter::{offset_of, token_for};
use crate::tracking::protocol::ExperimentQuery;
use crate::tracking::{ErrorKind, Experiment, ExperimentId, Page, Result, TrackingError};

const COLUMNS: &str =
    "e.experiment_id, e.name, e.artifact_location, e.lifecycle_stage, e.last_update_time, e.creation_time";

impl Db {
    /// Makes an experiment and returns its id; `AlreadyExists` where the name is taken, by a deleted one too.
    /// Its artifacts go below the root of new experiments unless `artifact_location` says otherwise.
    pub fn create_experiment(
        &self,
        name: &str,
        artifact_location: Option<&str>,
        tags: &[(String, String)],
    ) -> Result<ExperimentId> {
        limits::check_experiment_name(name)?;
        tags.iter().try_for_each(|(key, value)| limits::check_experiment_tag(key, value))?;
        if let Some(location) = artifact_location.filter(|location| !location.is_empty()) {
            self.places().check(location, self.folder())?;
        }
        self.write(|db| {
            if let Some(taken) = by_name(db, name)? {
                let state = if taken.active { "" } else { " in deleted state" };
                let message = format!("Experiment(name={name}) already exists{state}.");
                return Err(TrackingError::new(ErrorKind::AlreadyExists, message));
            }
            let id: i64 =
                db.query_row("SELECT coalesce(max(experiment_id), 0) + 1 FROM experiments", [], |row| row.get(0))?;
            let location = match artifact_location.filter(|location| !location.is_empty()) {
                Some(location) => location.trim_end_matches('/').to_owned(),
                None => self.places().of_experiment(id),
            };
            db.execute(
                "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
                 VALUES (?1, ?2, ?3, 'active', ?4, ?4)",
                params![id, name, location, now()],
            )?;
            tags.iter().try_for_each(|(key, value)| set_tag(db, id, key, value))?;
            Ok(ExperimentId(id.to_string()))
        })
    }

    /// An experiment, deleted ones included; `NotFound` where there is none.
    pub fn experiment(&self, id: &str) -> Result<Experiment> {
        self.read(|db| by_id(db, id))
    }

    /// The experiment of this name, deleted ones included.
    pub fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        self.read(|db| by_name(db, name))
    }

    /// One page of the experiments that match.
    pub fn search_experiments(&self, query: &ExperimentQuery) -> Result<Page<Experiment>> {
        let offset = offset_of(query.page_token.as_deref())?;
        let Clauses { joins, condition, order, values } = experiment_clauses(&query.filter, &query.order_by)?;
        let places = values.len();
        let sql = format!(
            "SELECT {COLUMNS} FROM experiments e {joins} WHERE {} AND {condition} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
            lifecycle_condition(query.view, "e"),
            places + 1,
            places + 2
        );
        self.read(|db| {
            let window = [window_value(query.max_results.saturating_add(1)), window_value(offset)];
            let mut statement = db.prepare_cached(&sql)?;
            let mut items = statement
                .query_map(params_from_iter(values.into_iter().chain(window)), from_row)?
                .collect::<Result<Vec<_>, _>>()?;
            let more = items.len() > query.max_results;
            items.truncate(query.max_results);
            items.iter_mut().try_for_each(|experiment| load_tags(db, experiment))?;
            Ok(Page { items, next: more.then(|| token_for(offset + query.max_results)) })
        })
    }

    /// Gives an active experiment another name; `AlreadyExists` where it is taken.
    pub fn rename_experiment(&self, id: &str, name: &str) -> Result<()> {
        limits::check_experiment_name(name)?;
        self.write(|db| {
            let experiment = active(db, id)?;
            match by_name(db, name)? {
                Some(taken) if taken.id != experiment.id => {
                    let message = format!("Experiment(name={name}) already exists.");
                    return Err(TrackingError::new(ErrorKind::AlreadyExists, message));
                }
                _ => {}
            }
            db.execute(
                "UPDATE experiments SET name = ?2, last_update_time = ?3 WHERE experiment_id = ?1",
                params![number(id)?, name, now()],
            )?;
            Ok(())
        })
    }

    /// Marks an active experiment and its active runs as deleted.
    pub fn delete_experiment(&self, id: &str) -> Result<()> {
        self.turn_experiment(id, false)
    }

    /// Takes a deleted experiment and its runs back into use.
    pub fn restore_experiment(&self, id: &str) -> Result<()> {
        self.turn_experiment(id, true)
    }

    fn turn_experiment(&self, id: &str, active: bool) -> Result<()> {
        self.write(|db| {
            let experiment = by_id(db, id)?;
            if experiment.active == active {
                return Err(not_found(format!("No {} experiment with id={id} exists", word(!active))));
            }
            let time = now();
            db.execute(
                "UPDATE experiments SET lifecycle_stage = ?2, last_update_time = ?3 WHERE experiment_id = ?1",
                params![number(id)?, word(active), time],
            )?;
            let deleted_time = (!active).then_some(time);
            db.execute(
                "UPDATE runs SET lifecycle_stage = ?2, deleted_time = ?3 WHERE experiment_id = ?1 AND lifecycle_stage = ?4",
                params![number(id)?, word(active), deleted_time, word(!active)],
            )?;
            Ok(())
        })
    }

    /// Sets a tag of an active experiment.
    pub fn set_experiment_tag(&self, id: &str, key: &str, value: &str) -> Result<()> {
        limits::check_experiment_tag(key, value)?;
        self.write(|db| {
            active(db, id)?;
            set_tag(db, number(id)?, key, value)
        })
    }

    /// Removes a tag of an active experiment; `NotFound` where there is none.
    pub fn delete_experiment_tag(&self, id: &str, key: &str) -> Result<()> {
        self.write(|db| {
            active(db, id)?;
            let gone = db.execute(
                "DELETE FROM experiment_tags WHERE experiment_id = ?1 AND key = ?2",
                params![number(id)?, key],
            )?;
            if gone == 0 {
                return Err(not_found(format!("No tag with name: {key} in experiment with id {id}")));
            }
            Ok(())
        })
    }
}

pub(super) fn by_id(db: &Connection, id: &str) -> Result<Experiment> {
    let mut experiment = without_tags(db, id)?;
    load_tags(db, &mut experiment)?;
    Ok(experiment)
}

fn without_tags(db: &Connection, id: &str) -> Result<Experiment> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM experiments e WHERE e.experiment_id = ?1"))?
        .query_row([number(id)?], from_row)
        .optional()?
        .ok_or_else(|| not_found(format!("No Experiment with id={id} exists")))
}

/// The experiment, which must be in use; its tags are left out.
pub(super) fn active(db: &Connection, id: &str) -> Result<Experiment> {
    let experiment = without_tags(db, id)?;
    if !experiment.active {
        return Err(invalid(format!(
            "The experiment {id} must be in the 'active' state. Current state is deleted."
        )));
    }
    Ok(experiment)
}

fn by_name(db: &Connection, name: &str) -> Result<Option<Experiment>> {
    // A file with several workspaces may hold a name twice; the default workspace has the lowest ids.
    let sql =
        format!("SELECT {COLUMNS} FROM experiments e WHERE e.name = ?1 ORDER BY e.experiment_id LIMIT 1");
    let mut experiment = db.prepare_cached(&sql)?.query_row([name], from_row).optional()?;
    if let Some(experiment) = &mut experiment {
        load_tags(db, experiment)?;
    }
    Ok(experiment)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Experiment> {
    Ok(Experiment {
        id: ExperimentId(row.get::<_, i64>(0)?.to_string()),
        name: row.get(1)?,
        artifact_location: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        active: is_active(row.get::<_, Option<String>>(3)?.as_deref()),
        last_update_time: row.get(4)?,
        creation_time: row.get(5)?,
        tags: Vec::new(),
    })
}

fn load_tags(db: &Connection, experiment: &mut Experiment) -> Result<()> {
    experiment.tags = db
        .prepare_cached(
            "SELECT key, coalesce(value, '') FROM experiment_tags WHERE experiment_id = ?1 ORDER BY key",
        )?
        .query_map([number(experiment.id.as_str())?], pair)?
        .collect::<Result<_, _>>()?;
    Ok(())
}

fn set_tag(db: &Connection, id: i64, key: &str, value: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?1, ?2, ?3)
         ON CONFLICT (key, experiment_id) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![key, value, id])?;
    Ok(())
}
