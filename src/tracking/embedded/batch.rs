//! A batch of metrics, params and tags of one run, all or nothing.

use std::collections::HashSet;

use rusqlite::Connection;

use super::active_run::active_run;
use super::db::Db;
use super::error::invalid;
use super::{limits, metrics, params, runs, tags};
use crate::tracking::protocol::LogBatch;
use crate::tracking::{Metric, Result, RunUpdate};

/// Refuses what MLflow's server refuses in one request: more than 1000 metrics, 100 params, 100 tags, or
/// 1000 of all together.
///
/// # Errors
/// `Invalid` with what there is too much of.
pub fn check_batch_size(batch: &LogBatch) -> Result<()> {
    let sizes = [
        ("metrics", batch.metrics.len(), 1000),
        ("params", batch.params.len(), 100),
        ("tags", batch.tags.len(), 100),
    ];
    for (what, count, most) in sizes {
        if count > most {
            return Err(invalid(format!(
                "A batch logging request can contain at most {most} {what}. Got {count} {what}. Please split up {what} across multiple requests and try again."
            )));
        }
    }
    let all: usize = sizes.iter().map(|(_, count, _)| count).sum();
    if all > 1000 {
        return Err(invalid(format!("A batch logging request can contain at most 1000 items. Got {all}.")));
    }
    Ok(())
}

fn check(metrics: &[Metric], params: &[(String, String)], tags: &[(String, String)]) -> Result<()> {
    metrics.iter().try_for_each(limits::check_metric)?;
    let mut keys = HashSet::new();
    for (key, _) in params {
        limits::check_key("param", key)?;
        if !keys.insert(key.as_str()) {
            return Err(invalid(format!("Duplicate parameter keys have been submitted: ['{key}']")));
        }
    }
    tags.iter().try_for_each(|(key, _)| limits::check_key("tag", key))
}

impl Db {
    /// Writes metrics, params (no key twice) and tags (of one key the last) to an active run; nothing of it where a param
    /// has another value already.
    pub fn log_batch(
        &self,
        run_id: &str,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        check(metrics, params, tags)?;
        self.write(|db| write(db, run_id, metrics, params, tags))
    }

    /// Writes params and tags as [`Db::log_batch`] does, and how the run ended, all or nothing.
    pub(super) fn conclude_run(
        &self,
        run_id: &str,
        params: &[(String, String)],
        tags: &[(String, String)],
        end: &RunUpdate,
    ) -> Result<()> {
        check(&[], params, tags)?;
        self.write(|db| {
            write(db, run_id, &[], params, tags)?;
            runs::change(db, run_id, end)
        })
    }
}

fn write(
    db: &Connection,
    run_id: &str,
    metrics: &[Metric],
    params: &[(String, String)],
    tags: &[(String, String)],
) -> Result<()> {
    active_run(db, run_id)?;
    for (key, value) in params {
        params::insert(db, run_id, key, value)?.or_conflict(run_id, key, value)?;
    }
    metrics.iter().try_for_each(|metric| metrics::insert(db, run_id, metric))?;
    tags.iter().try_for_each(|(key, value)| tags::set(db, run_id, key, value))
}
