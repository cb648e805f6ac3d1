//! The tables: made where the file is new, looked at where it is not. Those for traces are added in [`traces`](super::traces).

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::clock::now;
use super::roots::ResolvedRoots;
use crate::tracking::{ErrorKind, Result, TrackingError};

/// MLflow's schema at the earliest revision that holds logged models and run outputs, so that most
/// versions of MLflow can take it up from there.
const SCHEMA: &str = include_str!("schema.sql");

/// What no database can do without.
const NEEDED: &[(&str, &[&str])] = &[
    (
        "experiments",
        &[
            "experiment_id",
            "name",
            "artifact_location",
            "lifecycle_stage",
            "creation_time",
            "last_update_time",
        ],
    ),
    ("experiment_tags", &["key", "value", "experiment_id"]),
    (
        "runs",
        &[
            "run_uuid",
            "name",
            "source_type",
            "source_name",
            "entry_point_name",
            "user_id",
            "status",
            "start_time",
            "end_time",
            "source_version",
            "lifecycle_stage",
            "artifact_uri",
            "experiment_id",
            "deleted_time",
        ],
    ),
    ("metrics", &["key", "value", "timestamp", "run_uuid", "step", "is_nan"]),
    ("latest_metrics", &["key", "value", "timestamp", "step", "is_nan", "run_uuid"]),
    ("params", &["key", "value", "run_uuid"]),
    ("tags", &["key", "value", "run_uuid"]),
];

/// What else a file can hold; older revisions lack some of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SchemaFeatures {
    /// Datasets and the links from runs to them.
    pub inputs: bool,
    /// Models that runs made, with the step (`inputs.step`).
    pub outputs: bool,
    /// Logged models.
    pub models: bool,
    /// The model registry with aliases.
    pub registry: bool,
}

impl SchemaFeatures {
    pub(super) fn complete(self) -> bool {
        self.inputs && self.outputs && self.models && self.registry
    }
}

/// Refuses a file with experiments in several workspaces: without them two teams' experiments would be one list, and a
/// name could mean either. MLflow refuses it, too, where its workspaces are not enabled.
pub(super) fn refuse_workspaces(connection: &Connection, uri: &str) -> Result<()> {
    let has_column = connection
        .query_row("SELECT 1 FROM pragma_table_info('experiments') WHERE name = 'workspace'", [], |_| Ok(()))
        .optional()?;
    if has_column.is_none() {
        return Ok(());
    }
    let other: Option<String> = connection
        .query_row(
            "SELECT workspace FROM experiments WHERE coalesce(workspace, 'default') <> 'default' LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    other.map_or(Ok(()), |workspace| {
        let message = format!(
            "the database {uri} has the workspace `{workspace}`, and sweep has no workspaces in files"
        );
        Err(TrackingError::new(ErrorKind::Unsupported, message).hint(
            "Run `mlflow server --enable-workspaces` on it, and set MLFLOW_TRACKING_URI to that server and \
             MLFLOW_WORKSPACE to the workspace.",
        ))
    })
}

/// Makes the tables where there are none. Many processes may try at once: one of them does it.
pub(super) fn create_if_empty(connection: &mut Connection, places: &ResolvedRoots) -> Result<()> {
    if has_tables(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !has_tables(&transaction)? {
        transaction.execute_batch(SCHEMA)?;
        insert_default_experiment(&transaction, places)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Experiment 0 is made again where no experiment is left, as MLflow does whenever it opens a file.
pub(super) fn restore_default_experiment(connection: &mut Connection, places: &ResolvedRoots) -> Result<()> {
    let any = |connection: &Connection| {
        connection.query_row("SELECT 1 FROM experiments LIMIT 1", [], |_| Ok(())).optional()
    };
    if any(connection)?.is_none() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if any(&transaction)?.is_none() {
            insert_default_experiment(&transaction, places)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

fn insert_default_experiment(connection: &Connection, places: &ResolvedRoots) -> Result<()> {
    connection.execute(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
         VALUES (0, 'Default', ?1, 'active', ?2, ?2)",
        params![places.of_experiment(0), now()],
    )?;
    Ok(())
}

fn has_tables(connection: &Connection) -> Result<bool> {
    let found = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1", [], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// Looks at the columns, not at the revision's stamp.
pub(super) fn inspect(connection: &Connection, uri: &str) -> Result<SchemaFeatures> {
    let mut statement = connection.prepare_cached(
        "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'",
    )?;
    let found: HashSet<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for (table, columns) in NEEDED {
        for column in *columns {
            if !found.contains(&format!("{table}.{column}")) {
                return Err(missing(table, column, uri));
            }
        }
    }
    let has = |names: &[&str]| names.iter().all(|name| found.contains(*name));
    Ok(SchemaFeatures {
        inputs: has(&["datasets.dataset_uuid", "inputs.input_uuid", "input_tags.input_uuid"]),
        outputs: has(&["inputs.step"]),
        models: has(&[
            "logged_models.model_id",
            "logged_model_metrics.model_id",
            "logged_model_params.model_id",
            "logged_model_tags.model_id",
        ]),
        registry: has(&[
            "registered_models.name",
            "registered_model_tags.name",
            "registered_model_aliases.alias",
            "model_versions.storage_location",
            "model_version_tags.version",
        ]),
    })
}

fn missing(table: &str, column: &str, uri: &str) -> TrackingError {
    TrackingError::new(
        ErrorKind::Protocol,
        format!("the database {uri} has no column {table}.{column}: it was not made by MLflow, or by a very old one"),
    )
    .hint(format!("bring it up to date with: mlflow db upgrade {uri}; or name another file"))
}

#[cfg(test)]
mod tests {
    use super::super::db::Db;
    use crate::tracking::ErrorKind;

    #[test]
    fn a_file_with_several_workspaces_is_refused_and_one_with_the_default_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mlflow.db");
        let uri = format!("sqlite:///{}", path.display());
        drop(Db::open(&uri).unwrap());
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch("ALTER TABLE experiments ADD COLUMN workspace TEXT DEFAULT 'default'").unwrap();
        assert!(Db::open(&uri).is_ok());
        file.execute_batch("UPDATE experiments SET workspace = 'teamx'").unwrap();
        let error = Db::open(&uri).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported);
        assert!(error.message.contains("`teamx`"), "{}", error.message);
        assert!(error.hint.unwrap().contains("MLFLOW_WORKSPACE"));
    }
}
