//! Logged models: what `log_model` and autologging of MLflow 3 keep beside a run.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::clock::now;
use super::db::{Db, fresh_id};
use super::error::{invalid, not_found};
use super::experiments;
use super::names::random_name;
use super::python_json::spaced;
use super::roots::below;
use super::search::{Clauses, model_clauses};
use super::values::{number, pair, window_value};
use crate::tracking::filter::{offset_of, token_for};
use crate::tracking::protocol::number::{decoded, encoded};
use crate::tracking::protocol::{
    LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelMetric, LoggedModelQuery, NewLoggedModel,
};
use crate::tracking::{ExperimentId, Metric, Page, Result, RunId};

const COLUMNS: &str = "l.model_id, l.experiment_id, l.name, l.creation_timestamp_ms, l.last_updated_timestamp_ms, \
                       l.artifact_location, l.status, l.model_type, l.source_run_id, l.status_message";
const STATUSES: [(&str, i64); 3] =
    [("LOGGED_MODEL_PENDING", 1), ("LOGGED_MODEL_READY", 2), ("LOGGED_MODEL_UPLOAD_FAILED", 3)];

/// The tag that names the registered versions of a logged model, JSON.
const MODEL_VERSIONS: &str = "mlflow.modelVersions";

impl Db {
    /// Makes a logged model in state PENDING.
    pub fn create_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        let name = match model.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) if name.contains(['/', ':', '.', '%', '"', '\'']) => {
                return Err(invalid(format!(
                    "Invalid model name ('{name}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '\"', \"'\")"
                )));
            }
            Some(name) => name.to_owned(),
            None => random_name(),
        };
        self.write(|db| {
            self.holds_models(db)?;
            let experiment = experiments::active(db, model.experiment_id.as_str())?;
            let number = number(model.experiment_id.as_str())?;
            let id = format!("m-{}", fresh_id());
            db.execute(
                "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
                     last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, 'active', ?6, ?7)",
                params![
                    id,
                    number,
                    name,
                    below(&experiment.artifact_location, &format!("models/{id}/artifacts")),
                    now(),
                    model.model_type,
                    model.source_run_id.as_ref().map(RunId::as_str)
                ],
            )?;
            model.params.iter().try_for_each(|(key, value)| insert_param(db, number, &id, key, value))?;
            model.tags.iter().try_for_each(|(key, value)| set_tag(db, number, &id, key, value))?;
            by_id(db, &id)
        })
    }

    /// A logged model; `NotFound` where there is none or it was deleted.
    pub fn model(&self, id: &str) -> Result<LoggedModel> {
        self.read(|db| {
            self.holds_models(db)?;
            by_id(db, id)
        })
    }

    /// Changes a model's status, such as `LOGGED_MODEL_READY`.
    pub fn finalize_model(&self, id: &str, status: &str) -> Result<LoggedModel> {
        let Some((_, code)) = STATUSES.iter().find(|(name, _)| *name == status) else {
            return Err(invalid(format!("Invalid model status: '{status}'")));
        };
        self.change_model(id, |db, _| {
            db.execute("UPDATE logged_models SET status = ?2 WHERE model_id = ?1", params![id, code])?;
            Ok(())
        })
    }

    /// Adds params to a model; each is written once.
    pub fn log_model_params(&self, id: &str, params: &[(String, String)]) -> Result<LoggedModel> {
        self.change_model(id, |db, experiment| {
            params.iter().try_for_each(|(key, value)| insert_param(db, experiment, id, key, value))
        })
    }

    /// Sets tags of a model.
    pub fn set_model_tags(&self, id: &str, tags: &[(String, String)]) -> Result<LoggedModel> {
        self.change_model(id, |db, experiment| {
            tags.iter().try_for_each(|(key, value)| set_tag(db, experiment, id, key, value))
        })
    }

    /// Removes a tag of a model; `NotFound` where there is none.
    pub fn delete_model_tag(&self, id: &str, key: &str) -> Result<()> {
        self.change_model(id, |db, _| {
            let gone = db.execute(
                "DELETE FROM logged_model_tags WHERE model_id = ?1 AND tag_key = ?2",
                params![id, key],
            )?;
            if gone == 0 {
                Err(not_found(format!("No tag with key '{key}' in model '{id}'")))
            } else {
                Ok(())
            }
        })?;
        Ok(())
    }

    /// Marks a model as deleted.
    pub fn delete_model(&self, id: &str) -> Result<()> {
        self.write(|db| {
            self.holds_models(db)?;
            by_id(db, id)?;
            db.execute(
                "UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ?2 WHERE model_id = ?1",
                params![id, now()],
            )?;
            Ok(())
        })
    }

    /// One page of the models that match.
    pub fn search_models(&self, query: &LoggedModelQuery) -> Result<Page<LoggedModel>> {
        let offset = offset_of(query.page_token.as_deref())?;
        let Clauses { joins, condition, order, values } = model_clauses(query)?;
        let places = values.len();
        let sql = format!(
            "SELECT {COLUMNS} FROM logged_models l {joins} WHERE {condition} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
            places + 1,
            places + 2
        );
        self.read(|db| {
            if !self.columns(db)?.models {
                return Ok(Page { items: Vec::new(), next: None });
            }
            let window = [window_value(query.max_results.saturating_add(1)), window_value(offset)];
            let mut items = db
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values.into_iter().chain(window)), from_row)?
                .collect::<Result<Vec<_>, _>>()?;
            let more = items.len() > query.max_results;
            items.truncate(query.max_results);
            items.iter_mut().try_for_each(|model| load_data(db, model))?;
            Ok(Page { items, next: more.then(|| token_for(offset + query.max_results)) })
        })
    }

    /// Writes a run's metric to the model it was measured for, too; an exact duplicate is dropped.
    pub fn log_model_metric(
        &self,
        model_id: &str,
        run_id: &str,
        metric: &Metric,
        dataset: Option<(&str, &str)>,
    ) -> Result<()> {
        self.change_model(model_id, |db, experiment| {
            let (value, is_nan) = encoded(metric.value);
            let (name, digest) = dataset.unzip();
            db.execute(
                "INSERT OR IGNORE INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step,
                     metric_value, experiment_id, run_id, dataset_name, dataset_digest)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    model_id,
                    metric.key,
                    metric.timestamp,
                    metric.step,
                    (!is_nan).then_some(value),
                    experiment,
                    run_id,
                    name,
                    digest
                ],
            )?;
            Ok(())
        })?;
        Ok(())
    }

    fn change_model(
        &self,
        id: &str,
        change: impl FnOnce(&Connection, i64) -> Result<()>,
    ) -> Result<LoggedModel> {
        self.write(|db| {
            self.holds_models(db)?;
            let model = by_id(db, id)?;
            change(db, number(model.info.experiment_id.as_str())?)?;
            db.execute(
                "UPDATE logged_models SET last_updated_timestamp_ms = ?2 WHERE model_id = ?1",
                params![id, now()],
            )?;
            by_id(db, id)
        })
    }

    pub(super) fn holds_models(&self, db: &Connection) -> Result<()> {
        if self.columns(db)?.models { Ok(()) } else { Err(self.too_old("logged models")) }
    }
}

/// Notes in a tag of a logged model that a version was made of it, as MLflow's server does.
pub(super) fn note_version(db: &Connection, id: &str, name: &str, version: i64) -> Result<()> {
    let model = by_id(db, id)?;
    let noted =
        model.info.tags.iter().find(|(key, _)| key == MODEL_VERSIONS).map(|(_, value)| value.as_str());
    let mut versions: Vec<serde_json::Value> =
        noted.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let this = serde_json::json!({ "name": name, "version": version });
    if !versions.contains(&this) {
        versions.push(this);
    }
    let text = spaced(&serde_json::Value::Array(versions));
    set_tag(db, number(model.info.experiment_id.as_str())?, id, MODEL_VERSIONS, &text)
}

/// An active logged model; `NotFound` where there is none.
pub(super) fn by_id(db: &Connection, id: &str) -> Result<LoggedModel> {
    let sql = format!(
        "SELECT {COLUMNS} FROM logged_models l WHERE l.model_id = ?1 AND l.lifecycle_stage = 'active'"
    );
    let found = db.prepare_cached(&sql)?.query_row([id], from_row).optional()?;
    let mut model = found.ok_or_else(|| not_found(format!("Logged model with ID '{id}' not found.")))?;
    load_data(db, &mut model)?;
    Ok(model)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<LoggedModel> {
    let code: i64 = row.get(6)?;
    let status =
        STATUSES.iter().find(|(_, known)| *known == code).map_or("LOGGED_MODEL_STATUS_UNSPECIFIED", |s| s.0);
    let info = LoggedModelInfo {
        id: row.get(0)?,
        experiment_id: ExperimentId(row.get::<_, i64>(1)?.to_string()),
        name: row.get(2)?,
        created: row.get(3)?,
        updated: row.get(4)?,
        artifact_uri: row.get(5)?,
        status: status.to_owned(),
        model_type: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        source_run_id: row.get::<_, Option<String>>(8)?.map(RunId),
        status_message: row.get(9)?,
        tags: Vec::new(),
    };
    Ok(LoggedModel { info, data: LoggedModelData::default() })
}

fn load_data(db: &Connection, model: &mut LoggedModel) -> Result<()> {
    let id = model.info.id.as_str();
    let tags = db
        .prepare_cached("SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?1 ORDER BY 1")?
        .query_map([id], pair)?
        .collect::<Result<_, _>>()?;
    model.data.params = db
        .prepare_cached(
            "SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?1 ORDER BY 1",
        )?
        .query_map([id], pair)?
        .collect::<Result<_, _>>()?;
    model.data.metrics = db
        .prepare_cached(
            "SELECT metric_name, metric_value, metric_timestamp_ms, metric_step, run_id, dataset_name, dataset_digest
             FROM logged_model_metrics WHERE model_id = ?1 ORDER BY 1, 3, 4",
        )?
        .query_map([id], |row| {
            let metric = Metric {
                key: row.get(0)?,
                value: row.get::<_, Option<f64>>(1)?.map_or(f64::NAN, decoded),
                timestamp: row.get(2)?,
                step: row.get(3)?,
            };
            Ok(LoggedModelMetric {
                metric,
                model_id: id.to_owned(),
                run_id: RunId(row.get(4)?),
                dataset_name: row.get(5)?,
                dataset_digest: row.get(6)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    model.info.tags = tags;
    Ok(())
}

fn insert_param(db: &Connection, experiment: i64, model: &str, key: &str, value: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![model, experiment, key, value])?;
    Ok(())
}

fn set_tag(db: &Connection, experiment: i64, model: &str, key: &str, value: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value",
    )?
    .execute(params![model, experiment, key, value])?;
    Ok(())
}
