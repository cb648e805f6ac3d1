//! A look at a database file for a person who wants to know whether it can be used, by MLflow too.

use std::path::PathBuf;

use rusqlite::OptionalExtension as _;

use super::connection::journal_mode;
use super::db::Db;
use crate::tracking::Result;

/// The revision of MLflow's schema at which new files are made.
pub const MADE_AT: &str = "6953534de441";
/// The revision to which the first trace raises them.
pub const WITH_TRACES: &str = "de4033877273";

/// What a database file is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The revision of MLflow's schema that it is stamped with.
    pub revision: Option<String>,
    /// What it is too old to hold.
    pub lacks: Vec<&'static str>,
    /// How SQLite keeps writers and readers apart; `wal` lets them work side by side.
    pub journal_mode: String,
    /// The network file system that it lies on.
    pub network: Option<&'static str>,
    /// Why it can't be written; `None`: it can.
    pub read_only: Option<&'static str>,
}

impl Db {
    /// Looks at the file; proves that it can be written where it should be, and writes nothing.
    ///
    /// # Errors
    /// As the database's, where it can't be read or written.
    pub fn health(&self) -> Result<Health> {
        if self.read_only().is_none() {
            self.write(|_| Ok(()))?;
        }
        self.read(|connection| {
            let stamped = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'alembic_version'";
            let revision = match connection.query_row(stamped, [], |_| Ok(())).optional()? {
                Some(()) => connection
                    .query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0))
                    .optional()?,
                None => None,
            };
            let columns = self.columns(connection)?;
            let lacks = [
                (columns.inputs, "datasets"),
                (columns.models, "logged models"),
                (columns.outputs, "outputs of runs"),
                (columns.registry, "a model registry"),
            ];
            Ok(Health {
                bytes: std::fs::metadata(self.path()).map_or(0, |found| found.len()),
                path: self.path().to_path_buf(),
                revision,
                lacks: lacks.into_iter().filter(|(has, _)| !has).map(|(_, what)| what).collect(),
                journal_mode: journal_mode(connection)?,
                network: self.network(),
                read_only: self.read_only(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_ours_is_whole_and_stamped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mlflow.db");
        let health = Db::open(path.to_str().unwrap()).unwrap().health().unwrap();
        assert_eq!(health.revision.as_deref(), Some(MADE_AT));
        assert_eq!((health.path, health.lacks.as_slice()), (path, [].as_slice()));
        assert_eq!(health.journal_mode, "wal");
        assert!(health.bytes > 0);
    }
}
