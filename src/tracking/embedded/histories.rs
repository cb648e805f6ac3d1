//! Histories of one metric of many runs, as MLflow's web interface and its charts ask for them.

use rusqlite::{Row, params};

use super::db::Db;
use super::metrics;
use super::values::window_value;
use crate::tracking::protocol::RunMetric;
use crate::tracking::{Result, RunId};

impl Db {
    /// The values of a metric of these runs in the order of run, timestamp, step, value; the first `most` of all.
    pub fn metric_histories(&self, run_ids: &[RunId], key: &str, most: usize) -> Result<Vec<RunMetric>> {
        let ids = serde_json::to_string(run_ids).unwrap_or_default();
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT key, value, timestamp, step, is_nan, run_uuid FROM metrics
                 WHERE run_uuid IN (SELECT value FROM json_each(?1)) AND +key = ?2
                 ORDER BY run_uuid, timestamp, step, value LIMIT ?3",
            )?;
            let rows = statement.query_map(params![ids, key, window_value(most)], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// At most `most` values of a metric of each run, spread evenly over all that were logged in this range of steps, the
    /// first and the last among them; of an unknown run none.
    pub fn sampled_histories(
        &self,
        run_ids: &[RunId],
        key: &str,
        steps: Option<(i64, i64)>,
        most: usize,
    ) -> Result<Vec<RunMetric>> {
        let (from, to) = steps.unwrap_or((i64::MIN, i64::MAX));
        self.read(|db| {
            let mut all = Vec::new();
            for id in run_ids {
                // The first of each of `most` equal parts, as MLflow chooses them, and the last of all.
                let mut statement = db.prepare_cached(
                    "WITH history AS (
                         SELECT key, value, timestamp, step, is_nan, run_uuid,
                                ntile(?5) OVER (ORDER BY step, timestamp, value, is_nan) AS part,
                                row_number() OVER (ORDER BY step DESC, timestamp DESC, value DESC, is_nan DESC) AS back
                         FROM metrics WHERE run_uuid = ?1 AND +key = ?2 AND step BETWEEN ?3 AND ?4),
                     ranked AS (
                         SELECT *, row_number() OVER (PARTITION BY part ORDER BY step, timestamp, value, is_nan) AS place
                         FROM history)
                     SELECT key, value, timestamp, step, is_nan, run_uuid FROM ranked WHERE place = 1 OR back = 1
                     ORDER BY step, timestamp, value, is_nan",
                )?;
                let rows = statement.query_map(params![id.as_str(), key, from, to, window_value(most)], from_row)?;
                let mut found = rows.collect::<Result<Vec<_>, _>>()?;
                if found.len() > most {
                    // The last takes the place of the one before it.
                    found.remove(found.len() - 2);
                }
                all.extend(found);
            }
            Ok(all)
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RunMetric> {
    Ok(RunMetric { metric: metrics::from_row(row)?, run_id: RunId(row.get(5)?) })
}
