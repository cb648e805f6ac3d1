//! Metrics: every value goes to the history, and the latest of each key beside it, as MLflow keeps them.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params, params_from_iter};

use super::active_run::active_run;
use super::db::Db;
use super::limits;
use super::values::window_value;
use crate::tracking::filter::{offset_of, token_for};
use crate::tracking::protocol::number::{decoded, encoded};
use crate::tracking::{Metric, Page, Result};

impl Db {
    /// Logs a value of a metric of an active run; an exact duplicate is dropped.
    pub fn log_metric(&self, run_id: &str, metric: &Metric) -> Result<()> {
        limits::check_metric(metric)?;
        self.write(|db| {
            active_run(db, run_id)?;
            insert(db, run_id, metric)
        })
    }

    /// The values of a metric in the order of timestamp, step, value; nothing where the run or the metric is
    /// unknown. Without `max_results` all of them.
    pub fn metric_history(
        &self,
        run_id: &str,
        key: &str,
        max_results: Option<usize>,
        page_token: Option<&str>,
    ) -> Result<Page<Metric>> {
        let offset = offset_of(page_token)?;
        let limit = max_results.map_or(window_value(usize::MAX), |most| window_value(most.saturating_add(1)));
        self.read(|db| {
            // The plus keeps SQLite off the primary key, which begins with the key of all runs.
            let mut items = db
                .prepare_cached(
                    "SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ?1 AND +key = ?2
                     ORDER BY timestamp, step, value LIMIT ?3 OFFSET ?4",
                )?
                .query_map(params![run_id, key, limit, window_value(offset)], from_row)?
                .collect::<Result<Vec<_>, _>>()?;
            let mut next = None;
            if let Some(most) = max_results.filter(|most| items.len() > *most) {
                items.truncate(most);
                next = Some(token_for(offset + most));
            }
            Ok(Page { items, next })
        })
    }
}

/// Writes a value to the history and, where it is the greatest in (step, timestamp, value), as the latest.
pub(super) fn insert(db: &Connection, run_id: &str, metric: &Metric) -> Result<()> {
    let (value, is_nan) = encoded(metric.value);
    let row = params![metric.key, value, metric.timestamp, metric.step, is_nan, run_id];
    db.prepare_cached(
        "INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
    )?
    .execute(row)?;
    db.prepare_cached(
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (key, run_uuid) DO UPDATE
         SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
         WHERE (excluded.step, excluded.timestamp, excluded.value)
             > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)",
    )?
    .execute(row)?;
    Ok(())
}

/// The latest metrics of the runs in this JSON array of ids, by run, sorted by key; of these keys alone where they are
/// given.
pub(super) fn latest(
    db: &Connection,
    ids: &str,
    keys: Option<&[String]>,
) -> Result<HashMap<String, Vec<Metric>>> {
    let keys = keys.map(|keys| serde_json::to_string(keys).unwrap_or_default());
    let among = if keys.is_some() { "key IN (SELECT value FROM json_each(?2)) AND" } else { "" };
    let mut statement = db.prepare_cached(&format!(
        "SELECT key, value, timestamp, step, is_nan, run_uuid FROM latest_metrics
         WHERE {among} run_uuid IN (SELECT value FROM json_each(?1)) ORDER BY key"
    ))?;
    let mut rows = statement.query(params_from_iter(std::iter::once(ids).chain(keys.as_deref())))?;
    let mut by_run: HashMap<String, Vec<Metric>> = HashMap::new();
    while let Some(row) = rows.next()? {
        by_run.entry(row.get(5)?).or_default().push(from_row(row)?);
    }
    Ok(by_run)
}

/// Of a row of key, value, time, step and the mark of NaN.
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Metric> {
    let is_nan: bool = row.get(4)?;
    Ok(Metric {
        key: row.get(0)?,
        value: if is_nan { f64::NAN } else { decoded(row.get(1)?) },
        timestamp: row.get::<_, Option<i64>>(2)?.unwrap_or_default(),
        step: row.get(3)?,
    })
}
