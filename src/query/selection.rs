//! The trials of a sweep, filtered and sorted.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::error::QueryError;
use super::metric::ChosenMetric;
use super::rows::{ROW_TAGS, TrialColumns, TrialField, TrialRow};
use crate::config::{Config, ConstraintError, Filter, Goal, MetricSummary};
use crate::record::{Ledger, Sweep, TrialRanking, TrialRuns, best_runs, stopped_early};
use crate::space::{Point, Value};
use crate::tracking::{Run, RunId, RunProjection, Store};
use crate::trial::RunStatus;

/// Which trials of a sweep are asked for, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// By what they are sorted; `None`: by number, with `top` by the metric.
    pub sort: Option<&'a str>,
    /// The largest first.
    pub descending: bool,
    /// Which of them; `None`: all.
    pub filter: Option<&'a str>,
    /// The first so many.
    pub top: Option<usize>,
    /// The sweep's config.
    pub config: &'a Config,
    /// The sweep's metric.
    pub metric: Option<&'a ChosenMetric>,
    /// Now, epoch milliseconds.
    pub now: i64,
}

/// The trials that were asked for.
#[derive(Debug)]
pub struct Selected {
    /// In their order.
    pub rows: Vec<TrialRow>,
    /// Results whose runs were deleted: they are not among the rows.
    pub deleted: u64,
}

/// A way to sort: by what, and whether the largest comes first.
struct Sorting {
    field: TrialField,
    descending: bool,
}

impl Selection<'_> {
    /// Reads them.
    ///
    /// # Errors
    /// Where the filter or a column makes no sense, and as the store's.
    pub async fn rows(&self, store: &Arc<dyn Store>, sweep: &Sweep) -> Result<Selected, QueryError> {
        let filter = self.filter.map(parse_filter).transpose()?;
        if filter.is_none()
            && let Some(top) = self.top
            && let Some(rows) = self.top_of_store(store, sweep, top).await?
        {
            return Ok(Selected { rows, deleted: 0 });
        }
        let want = RunProjection { metrics: None, ..RunProjection::only(&ROW_TAGS, &[]) };
        let runs = TrialRuns::read_of(store.as_ref(), sweep, want).await?;
        let deleted = runs.deleted.len() as u64;
        // Only where more than the latest value is asked for are histories read.
        let values = match self.metric.filter(|metric| metric.summary != MetricSummary::Last) {
            Some(metric) => metric.values(store, runs.iter().map(|(_, run)| run)).await?,
            None => HashMap::<RunId, f64>::new(),
        };
        let row = |run: Run| {
            let value = values.get(&run.info.id).copied();
            TrialRow::of(run, self.metric, value)
        };
        let mut rows: Vec<TrialRow> = runs.into_runs().filter_map(row).collect();
        let known = self.known(&rows);
        if let Some(filter) = &filter {
            rows = self.filtered(rows, filter, &known)?;
        }
        if self.top.is_some() && self.sort.is_none() && self.metric.is_some() {
            // The best of them are asked for.
            let has_result = |run: &Run| run.info.status == RunStatus::Finished || stopped_early(run);
            rows.retain(|row| has_result(&row.run) && row.value.is_some());
        }
        if let Some(sorting) = self.sorting(&known)? {
            self.sort(&mut rows, &sorting);
        }
        rows.truncate(self.top.unwrap_or(usize::MAX));
        Ok(Selected { rows, deleted })
    }

    /// Which of some rows that were read already are asked for by the filter, in the order that they have.
    ///
    /// # Errors
    /// Where the filter makes no sense.
    pub fn of_rows(&self, rows: Vec<TrialRow>) -> Result<Vec<TrialRow>, QueryError> {
        let Some(filter) = self.filter.map(parse_filter).transpose()? else { return Ok(rows) };
        let known = self.known(&rows);
        self.filtered(rows, &filter, &known)
    }

    /// The first by a metric, as the store sorts them; `None`: it can't, or something else is asked for.
    async fn top_of_store(
        &self,
        store: &Arc<dyn Store>,
        sweep: &Sweep,
        top: usize,
    ) -> Result<Option<Vec<TrialRow>>, QueryError> {
        let Some(metric) = self.metric.filter(|metric| metric.summary == MetricSummary::Last) else {
            return Ok(None);
        };
        let goal = match self.sort {
            None => metric.goal,
            Some(name) if name == metric.name => {
                Some(if self.descending { Goal::Maximize } else { Goal::Minimize })
            }
            Some(_) => None,
        };
        let Some(goal) = goal else { return Ok(None) };
        let by = TrialRanking {
            metric: &metric.name,
            goal,
            most: top,
            finished: self.sort.is_none(),
            limits: &[],
        };
        if !by.can_be_said() || top == 0 {
            return Ok(None);
        }
        let store = store.as_ref();
        let results = Ledger::read(store, &sweep.ledger).await?.results();
        let want = RunProjection { metrics: None, ..RunProjection::only(&ROW_TAGS, &[]) };
        let runs = best_runs(store, sweep, &results, by, want).await?;
        Ok(Some(runs.into_iter().filter_map(|run| TrialRow::of(run, Some(metric), None)).collect()))
    }

    fn known(&self, rows: &[TrialRow]) -> TrialColumns {
        let mut known = TrialColumns::default();
        known.params.extend(self.config.space.leaves().into_iter().map(|leaf| leaf.name));
        known.metrics.extend(self.metric.map(|metric| metric.name.clone()));
        for row in rows {
            for (path, _) in row.point.leaves() {
                if !known.params.contains(&path) {
                    known.params.insert(path);
                }
            }
            for metric in &row.run.metrics {
                if !known.metrics.contains(&metric.key) {
                    known.metrics.insert(metric.key.clone());
                }
            }
        }
        known
    }

    fn filtered(
        &self,
        rows: Vec<TrialRow>,
        filter: &Filter,
        known: &TrialColumns,
    ) -> Result<Vec<TrialRow>, QueryError> {
        let fields = filter
            .names()
            .iter()
            .map(|name| Ok((name.clone(), known.field(name)?)))
            .collect::<Result<Vec<(String, TrialField)>, QueryError>>()?;
        let mut kept = Vec::new();
        for row in rows {
            let values =
                fields.iter().map(|(name, field)| (name.clone(), row.field(field, self.metric, self.now)));
            if filter.lets_through(&Point(values.collect())).map_err(|error| unreadable(&error))? {
                kept.push(row);
            }
        }
        Ok(kept)
    }

    fn sorting(&self, known: &TrialColumns) -> Result<Option<Sorting>, QueryError> {
        if let Some(name) = self.sort {
            return Ok(Some(Sorting { field: known.field(name)?, descending: self.descending }));
        }
        let by_metric =
            self.top.and(self.metric).and_then(|metric| Some((metric.name.clone(), metric.goal?)));
        Ok(match by_metric {
            Some((name, goal)) => {
                Some(Sorting { field: TrialField::Metric(name), descending: goal == Goal::Maximize })
            }
            None if self.descending => Some(Sorting { field: TrialField::Trial, descending: true }),
            None => None,
        })
    }

    /// What is not known comes last, whatever the direction.
    fn sort(&self, rows: &mut Vec<TrialRow>, sorting: &Sorting) {
        let key = |row: &TrialRow| row.field(&sorting.field, self.metric, self.now);
        let mut keyed: Vec<(Value, TrialRow)> = rows.drain(..).map(|row| (key(&row), row)).collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let order = compare(a, b);
            let both_known = !is_unknown(a) && !is_unknown(b);
            if sorting.descending && both_known { order.reverse() } else { order }
        });
        rows.extend(keyed.into_iter().map(|(_, row)| row));
    }
}

pub(super) fn parse_filter(text: &str) -> Result<Filter, QueryError> {
    Filter::parse(text).map_err(|error| unreadable(&error))
}

pub(super) fn unreadable(error: &ConstraintError) -> QueryError {
    QueryError::unknown(format!("--where: {error}"))
        .with_hint(
            "Example: --where 'lr < 0.01 and status = \"FINISHED\"'. Texts go in quotes, names that are not words in \
             backticks: --where '`val/loss` < 0.5'.",
        )
}

fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Float(number) => number.is_nan(),
        _ => false,
    }
}

/// Numbers before texts, what is not known last.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (is_unknown(a), is_unknown(b)) {
        (false, false) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.text().cmp(&b.text()),
        },
        (a, b) => a.cmp(&b),
    }
}
