//! Which tables for traces a file has, and how a file of ours gets them.

use rusqlite::{Connection, OptionalExtension as _};

use super::super::db::Db;
use super::super::health::MADE_AT;
use crate::tracking::Result;

/// The DDL of five migrations of MLflow's.
const RAISE: &str = include_str!("raise.sql");

/// What a file's tables for traces are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct TraceTables {
    /// Names, sessions, tokens and costs of traces have columns of their own, as from MLflow 3.17 on.
    pub promoted: bool,
}

impl TraceTables {
    /// Looks at the columns, as MLflow may migrate the file at any time; `None`: there is no place for spans.
    pub fn of(connection: &Connection) -> Result<Option<Self>> {
        let has = |table: &str, column: &str| -> Result<bool> {
            let found = connection
                .prepare_cached("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2")?
                .query_row([table, column], |_| Ok(()))
                .optional()?;
            Ok(found.is_some())
        };
        if !(has("entity_associations", "source_id")? && has("spans", "content")?) {
            return Ok(None);
        }
        let promoted = has("trace_info", "trace_name")? && has("assessments", "aggregate_value")?;
        Ok(Some(Self { promoted }))
    }
}

impl Db {
    /// The tables of a file that is written to; a file of ours is given them.
    pub(super) fn trace_tables(&self, connection: &Connection) -> Result<TraceTables> {
        if let Some(tables) = TraceTables::of(connection)? {
            return Ok(tables);
        }
        let revision: Option<String> = connection
            .query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0))
            .optional()?;
        if revision.as_deref() != Some(MADE_AT) {
            return Err(self.too_old("traces"));
        }
        connection.execute_batch(RAISE)?;
        tracing::debug!("the database has tables for traces from now on");
        Ok(TraceTables { promoted: false })
    }
}
