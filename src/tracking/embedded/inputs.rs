//! What went into a run and what came out: datasets and logged models.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::active_run::active_run;
use super::db::{Db, fresh_id};
use super::error::invalid;
use super::values::{number, pair};
use crate::tracking::protocol::{
    Dataset, DatasetInput, DatasetSummary, ModelInput, ModelOutput, RunInputs, RunOutputs,
};
use crate::tracking::{ExperimentId, Result};

impl Db {
    /// Links datasets and models to an active run as its inputs; a link that exists stays as it is.
    pub fn log_inputs(&self, run_id: &str, datasets: &[DatasetInput], models: &[ModelInput]) -> Result<()> {
        self.write(|db| {
            let experiment = active_run(db, run_id)?;
            if !self.columns(db)?.inputs {
                return Err(self.too_old("datasets"));
            }
            for link in datasets {
                let dataset = dataset_id(db, experiment, &link.dataset)?;
                if let Some(input) = insert_link(db, ("DATASET", &dataset), ("RUN", run_id), None)? {
                    for (key, value) in &link.tags {
                        db.prepare_cached(
                            "INSERT OR IGNORE INTO input_tags (input_uuid, name, value) VALUES (?1, ?2, ?3)",
                        )?
                        .execute(params![input, key, value])?;
                    }
                }
            }
            for model in models {
                insert_link(db, ("RUN_INPUT", run_id), ("MODEL_INPUT", &model.model_id), None)?;
            }
            Ok(())
        })
    }

    /// The datasets that went into runs of these experiments, each once for every context.
    pub fn dataset_summaries(&self, experiments: &[ExperimentId]) -> Result<Vec<DatasetSummary>> {
        let ids = experiments.iter().map(|id| number(id.as_str())).collect::<Result<Vec<_>>>()?;
        let ids = serde_json::to_string(&ids).unwrap_or_default();
        self.read(|db| {
            if !self.columns(db)?.inputs {
                return Ok(Vec::new());
            }
            let mut statement = db.prepare_cached(
                "SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM datasets d
                 JOIN inputs i ON i.source_id = d.dataset_uuid AND i.source_type = 'DATASET'
                 LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
                 WHERE d.experiment_id IN (SELECT value FROM json_each(?1)) ORDER BY 1, 2, 3, 4 LIMIT 1000",
            )?;
            let rows = statement.query_map([ids], |row| {
                Ok(DatasetSummary {
                    experiment_id: ExperimentId(row.get::<_, i64>(0)?.to_string()),
                    name: row.get(1)?,
                    digest: row.get(2)?,
                    context: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Notes models that an active run made; the same model twice is refused.
    pub fn log_outputs(&self, run_id: &str, models: &[ModelOutput]) -> Result<()> {
        self.write(|db| {
            active_run(db, run_id)?;
            if !self.columns(db)?.outputs {
                return Err(self.too_old("the models that runs made"));
            }
            for model in models {
                let link = (("RUN_OUTPUT", run_id), ("MODEL_OUTPUT", model.model_id.as_str()));
                if insert_link(db, link.0, link.1, Some(model.step))?.is_none() {
                    return Err(invalid(format!(
                        "Model {} is an output of run {run_id} already.",
                        model.model_id
                    )));
                }
            }
            Ok(())
        })
    }
}

/// The dataset of this experiment, name and digest, made where it is new.
fn dataset_id(db: &Connection, experiment: i64, dataset: &Dataset) -> Result<String> {
    let found = db
        .prepare_cached(
            "SELECT dataset_uuid FROM datasets WHERE experiment_id = ?1 AND name = ?2 AND digest = ?3",
        )?
        .query_row(params![experiment, dataset.name, dataset.digest], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    let id = fresh_id();
    db.prepare_cached(
        "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        id,
        experiment,
        dataset.name,
        dataset.digest,
        dataset.source_type,
        dataset.source,
        dataset.schema,
        dataset.profile
    ])?;
    Ok(id)
}

/// Makes a link and returns its id; `None` where it exists. Only outputs have a step: older files lack that column.
fn insert_link(
    db: &Connection,
    source: (&str, &str),
    destination: (&str, &str),
    step: Option<i64>,
) -> Result<Option<String>> {
    let id = fresh_id();
    let made = match step {
        None => db
            .prepare_cached(
                "INSERT OR IGNORE INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, source.0, source.1, destination.0, destination.1])?,
        Some(step) => db
            .prepare_cached(
                "INSERT OR IGNORE INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![id, source.0, source.1, destination.0, destination.1, step])?,
    };
    Ok((made == 1).then_some(id))
}

type ByRun<T> = HashMap<String, T>;

/// The inputs and outputs of the runs in this JSON array of ids.
pub(super) fn of_runs(
    store: &Db,
    db: &Connection,
    ids: &str,
) -> Result<(ByRun<RunInputs>, ByRun<RunOutputs>)> {
    let columns = store.columns(db)?;
    let mut inputs: ByRun<RunInputs> = HashMap::new();
    let mut outputs: ByRun<RunOutputs> = HashMap::new();
    if columns.inputs {
        load_datasets(db, ids, &mut inputs)?;
        let mut statement = db.prepare_cached(
            "SELECT source_id, destination_id FROM inputs WHERE source_type = 'RUN_INPUT'
             AND source_id IN (SELECT value FROM json_each(?1)) AND destination_type = 'MODEL_INPUT' ORDER BY 1, 2",
        )?;
        let mut rows = statement.query([ids])?;
        while let Some(row) = rows.next()? {
            let model = ModelInput { model_id: row.get(1)? };
            inputs.entry(row.get(0)?).or_default().model_inputs.push(model);
        }
    }
    if columns.outputs {
        let mut statement = db.prepare_cached(
            "SELECT source_id, destination_id, step FROM inputs WHERE source_type = 'RUN_OUTPUT'
             AND source_id IN (SELECT value FROM json_each(?1)) AND destination_type = 'MODEL_OUTPUT' ORDER BY 1, 3, 2",
        )?;
        let mut rows = statement.query([ids])?;
        while let Some(row) = rows.next()? {
            let model = ModelOutput { model_id: row.get(1)?, step: row.get(2)? };
            outputs.entry(row.get(0)?).or_default().model_outputs.push(model);
        }
    }
    Ok((inputs, outputs))
}

fn load_datasets(db: &Connection, ids: &str, inputs: &mut ByRun<RunInputs>) -> Result<()> {
    let mut statement = db.prepare_cached(
        "SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile
         FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
         WHERE i.destination_type = 'RUN' AND i.destination_id IN (SELECT value FROM json_each(?1))
         AND i.source_type = 'DATASET' ORDER BY i.rowid",
    )?;
    let mut tags =
        db.prepare_cached("SELECT name, value FROM input_tags WHERE input_uuid = ?1 ORDER BY name")?;
    let mut rows = statement.query([ids])?;
    while let Some(row) = rows.next()? {
        let link: String = row.get(1)?;
        let tags = tags.query_map([link], pair)?.collect::<Result<_, _>>()?;
        let dataset = Dataset {
            name: row.get(2)?,
            digest: row.get(3)?,
            source_type: row.get(4)?,
            source: row.get(5)?,
            schema: row.get(6)?,
            profile: row.get(7)?,
        };
        inputs.entry(row.get(0)?).or_default().dataset_inputs.push(DatasetInput { tags, dataset });
    }
    Ok(())
}
