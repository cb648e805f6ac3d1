//! A batch of metrics, params and tags of one run, all or nothing.

use std::collections::HashSet;

use super::active_run::active_run;
use super::db::Db;
use super::error::invalid;
use super::record::Pair;
use super::{limits, metrics, params, tags};
use crate::tracking::{Metric, Result};

/// What a batch writes.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Values of metrics.
    pub metrics: Vec<Metric>,
    /// Params; no key twice.
    pub params: Vec<Pair>,
    /// Tags; of the same key twice the last wins.
    pub tags: Vec<Pair>,
}

impl Batch {
    /// Refuses what MLflow's server refuses in one request: more than 1000 metrics, 100 params, 100 tags, or
    /// 1000 of all together.
    pub fn check_size(&self) -> Result<()> {
        let sizes = [
            ("metrics", self.metrics.len(), 1000),
            ("params", self.params.len(), 100),
            ("tags", self.tags.len(), 100),
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
            return Err(invalid(format!(
                "A batch logging request can contain at most 1000 items. Got {all}."
            )));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        self.metrics.iter().try_for_each(limits::check_metric)?;
        let mut keys = HashSet::new();
        for param in &self.params {
            limits::check_key("param", &param.key)?;
            if !keys.insert(param.key.as_str()) {
                return Err(invalid(format!(
                    "Duplicate parameter keys have been submitted: ['{}']",
                    param.key
                )));
            }
        }
        self.tags.iter().try_for_each(|tag| limits::check_key("tag", &tag.key))
    }
}

impl Db {
    /// Writes a batch to an active run; nothing of it where a param has another value already.
    pub fn log_batch(&self, run_id: &str, batch: &Batch) -> Result<()> {
        batch.check()?;
        self.write(|db| {
            active_run(db, run_id)?;
            for param in &batch.params {
                params::insert(db, run_id, param)?.or_conflict(run_id, param)?;
            }
            batch.metrics.iter().try_for_each(|metric| metrics::insert(db, run_id, metric))?;
            batch.tags.iter().try_for_each(|tag| tags::set(db, run_id, tag))
        })
    }
}
