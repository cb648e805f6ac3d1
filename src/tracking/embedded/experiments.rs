//! Experiments.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::clock::now;
use super::db::Db;
use super::error::{invalid, not_found};
use super::limits;
use super::record::{ExperimentRecord, Lifecycle, Pair};
use super::search::{Clauses, experiment_clauses};
use super::values::{number, window_value};
use crate::tracking::filter::{offset_of, token_for};
use crate::tracking::{ErrorKind, Page, Result, TrackingError};

const COLUMNS: &str =
    "e.experiment_id, e.name, e.artifact_location, e.lifecycle_stage, e.last_update_time, e.creation_time";

/// Which lifecycle stages a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// What is in use.
    #[default]
    Active,
    /// What was deleted.
    Deleted,
    /// Both.
    All,
}

impl View {
    /// The condition on the lifecycle stage of this table.
    pub(super) fn condition(self, table: &str) -> String {
        match self {
            Self::Active => format!("{table}.lifecycle_stage = 'active'"),
            Self::Deleted => format!("{table}.lifecycle_stage = 'deleted'"),
            Self::All => "1".to_owned(),
        }
    }
}

/// A search among experiments.
#[derive(Debug, Clone, Default)]
pub struct ExperimentQuery {
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// `order_by` terms; empty: newest first.
    pub order_by: Vec<String>,
    /// Which lifecycle stages.
    pub view: View,
    /// Most experiments of one page.
    pub max_results: usize,
    /// Where the page starts.
    pub page_token: Option<String>,
}

impl Db {
    /// Makes an experiment and returns its id; `AlreadyExists` where the name is taken, by a deleted one too.
    /// Its artifacts go below the root of new experiments unless `artifact_location` says otherwise.
    pub fn create_experiment(
        &self,
        name: &str,
        artifact_location: Option<&str>,
        tags: &[Pair],
    ) -> Result<String> {
        limits::check_experiment_name(name)?;
        tags.iter().try_for_each(limits::check_experiment_tag)?;
        if let Some(location) = artifact_location.filter(|location| !location.is_empty()) {
            self.places().check(location, self.folder())?;
        }
        self.write(|db| {
            if let Some(taken) = by_name(db, name)? {
                let message = match taken.lifecycle_stage {
                    Lifecycle::Active => format!("Experiment(name={name}) already exists."),
                    Lifecycle::Deleted => format!("Experiment(name={name}) already exists in deleted state."),
                };
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
            tags.iter().try_for_each(|tag| set_tag(db, id, tag))?;
            Ok(id.to_string())
        })
    }

    /// An experiment, deleted ones included; `NotFound` where there is none.
    pub fn experiment(&self, id: &str) -> Result<ExperimentRecord> {
        self.read(|db| by_id(db, id))
    }

    /// The experiment of this name, deleted ones included.
    pub fn experiment_by_name(&self, name: &str) -> Result<Option<ExperimentRecord>> {
        self.read(|db| by_name(db, name))
    }

    /// One page of the experiments that match.
    pub fn search_experiments(&self, query: &ExperimentQuery) -> Result<Page<ExperimentRecord>> {
        let offset = offset_of(query.page_token.as_deref())?;
        let Clauses { joins, condition, order, values } = experiment_clauses(&query.filter, &query.order_by)?;
        let places = values.len();
        let sql = format!(
            "SELECT {COLUMNS} FROM experiments e {joins} WHERE {} AND {condition} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
            query.view.condition("e"),
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
                Some(taken) if taken.experiment_id != experiment.experiment_id => {
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
        self.turn_experiment(id, Lifecycle::Active, Lifecycle::Deleted)
    }

    /// Takes a deleted experiment and its runs back into use.
    pub fn restore_experiment(&self, id: &str) -> Result<()> {
        self.turn_experiment(id, Lifecycle::Deleted, Lifecycle::Active)
    }

    fn turn_experiment(&self, id: &str, from: Lifecycle, to: Lifecycle) -> Result<()> {
        self.write(|db| {
            let experiment = by_id(db, id)?;
            if experiment.lifecycle_stage != from {
                return Err(not_found(format!("No {} experiment with id={id} exists", from.as_str())));
            }
            let time = now();
            db.execute(
                "UPDATE experiments SET lifecycle_stage = ?2, last_update_time = ?3 WHERE experiment_id = ?1",
                params![number(id)?, to.as_str(), time],
            )?;
            let deleted_time = (to == Lifecycle::Deleted).then_some(time);
            db.execute(
                "UPDATE runs SET lifecycle_stage = ?2, deleted_time = ?3 WHERE experiment_id = ?1 AND lifecycle_stage = ?4",
                params![number(id)?, to.as_str(), deleted_time, from.as_str()],
            )?;
            Ok(())
        })
    }

    /// Sets a tag of an active experiment.
    pub fn set_experiment_tag(&self, id: &str, tag: &Pair) -> Result<()> {
        limits::check_experiment_tag(tag)?;
        self.write(|db| {
            active(db, id)?;
            set_tag(db, number(id)?, tag)
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

pub(super) fn by_id(db: &Connection, id: &str) -> Result<ExperimentRecord> {
    let missing = || not_found(format!("No Experiment with id={id} exists"));
    let mut experiment = db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM experiments e WHERE e.experiment_id = ?1"))?
        .query_row([number(id)?], from_row)
        .optional()?
        .ok_or_else(missing)?;
    load_tags(db, &mut experiment)?;
    Ok(experiment)
}

/// The experiment, which must be in use.
pub(super) fn active(db: &Connection, id: &str) -> Result<ExperimentRecord> {
    let experiment = by_id(db, id)?;
    if experiment.lifecycle_stage != Lifecycle::Active {
        return Err(invalid(format!(
            "The experiment {id} must be in the 'active' state. Current state is deleted."
        )));
    }
    Ok(experiment)
}

fn by_name(db: &Connection, name: &str) -> Result<Option<ExperimentRecord>> {
    // A file with several workspaces may hold a name twice; the default workspace has the lowest ids.
    let sql =
        format!("SELECT {COLUMNS} FROM experiments e WHERE e.name = ?1 ORDER BY e.experiment_id LIMIT 1");
    let mut experiment = db.prepare_cached(&sql)?.query_row([name], from_row).optional()?;
    if let Some(experiment) = &mut experiment {
        load_tags(db, experiment)?;
    }
    Ok(experiment)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ExperimentRecord> {
    Ok(ExperimentRecord {
        experiment_id: row.get::<_, i64>(0)?.to_string(),
        name: row.get(1)?,
        artifact_location: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        lifecycle_stage: Lifecycle::parse(row.get::<_, Option<String>>(3)?.as_deref()),
        last_update_time: row.get(4)?,
        creation_time: row.get(5)?,
        tags: Vec::new(),
    })
}

fn load_tags(db: &Connection, experiment: &mut ExperimentRecord) -> Result<()> {
    experiment.tags = db
        .prepare_cached(
            "SELECT key, coalesce(value, '') FROM experiment_tags WHERE experiment_id = ?1 ORDER BY key",
        )?
        .query_map([number(&experiment.experiment_id)?], |row| {
            Ok(Pair { key: row.get(0)?, value: row.get(1)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(())
}

fn set_tag(db: &Connection, id: i64, tag: &Pair) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?1, ?2, ?3)
         ON CONFLICT (key, experiment_id) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![tag.key, tag.value, id])?;
    Ok(())
}
