//! The search among runs in memory, in MLflow's language.

use std::cmp::Ordering;
use std::sync::{Arc, PoisonError};

use super::MemoryState;
use super::runs::StoredRun;
use crate::tracking::filter::{
    Condition, Entity, NumberOp, OrderTerm, RUNS, Subject, Test, TextOp, offset_of, parse_filter,
    parse_order_by, token_for,
};
use crate::tracking::{Page, Result, Run, RunQuery, ViewType};

impl MemoryState {
    pub(super) fn search(&self, query: &RunQuery) -> Result<Page<Run>> {
        let offset = offset_of(query.page_token.as_deref())?;
        let conditions = self.conditions(&query.filter)?;
        let orders =
            if query.order_by.is_empty() { Vec::new() } else { parse_order_by(&query.order_by, &RUNS)? };
        let mut found: Vec<&StoredRun> = self
            .runs
            .values()
            .filter(|run| query.experiment_ids.contains(&run.info.experiment_id))
            .filter(|run| match query.view {
                ViewType::Active => run.info.active,
                ViewType::Deleted => !run.info.active,
                ViewType::All => true,
            })
            .filter(|run| conditions.iter().all(|condition| meets(run, condition)))
            .collect();
        found.sort_by(|a, b| {
            let by_orders = orders.iter().map(|order| compare(a, b, order)).find(|order| order.is_ne());
            by_orders.unwrap_or_else(|| {
                let newest_first = b.info.start_time.cmp(&a.info.start_time);
                newest_first.then_with(|| a.info.id.cmp(&b.info.id))
            })
        });
        let page = found.iter().skip(offset).take(query.max_results).map(|run| run.read(&query.want));
        let next = (found.len() > offset.saturating_add(query.max_results))
            .then(|| token_for(offset + query.max_results));
        Ok(Page { items: page.collect(), next })
    }

    /// What a filter asks. The same few are asked all the time, and reading one takes longer than the search.
    fn conditions(&self, filter: &str) -> Result<Arc<[Condition]>> {
        let mut known = self.filters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(conditions) = known.get(filter) {
            return Ok(Arc::clone(conditions));
        }
        let conditions: Arc<[Condition]> = parse_filter(filter, &RUNS)?.into();
        known.insert(filter.to_owned(), Arc::clone(&conditions));
        Ok(conditions)
    }
}

/// What a run says to a subject.
enum ComparedValue<'a> {
    Text(&'a str),
    Number(f64),
}

fn value<'a>(run: &'a StoredRun, subject: &Subject) -> Option<ComparedValue<'a>> {
    let key = subject.key.as_str();
    #[allow(clippy::cast_precision_loss)]
    let time = |time: i64| ComparedValue::Number(time as f64);
    match subject.entity {
        Entity::Param => run.param(key).map(ComparedValue::Text),
        Entity::Tag => run.tag(key).map(ComparedValue::Text),
        Entity::Metric => run.latest(key).map(ComparedValue::Number),
        Entity::Dataset | Entity::Metadata | Entity::Span | Entity::Feedback | Entity::Expectation => None,
        Entity::Attribute => match key {
            "run_name" => Some(ComparedValue::Text(&run.info.name)),
            "status" => Some(ComparedValue::Text(run.info.status.as_str())),
            "artifact_uri" => Some(ComparedValue::Text(&run.info.artifact_uri)),
            "user_id" => Some(ComparedValue::Text(&run.info.user)),
            "start_time" => Some(time(run.info.start_time)),
            "end_time" => run.info.end_time.map(time),
            _ => Some(ComparedValue::Text(run.info.id.as_str())),
        },
    }
}

fn meets(run: &StoredRun, Condition { subject, test }: &Condition) -> bool {
    let value = value(run, subject);
    match (test, value) {
        (Test::Missing, value) => value.is_none(),
        (Test::Present, value) => value.is_some(),
        (Test::Number(op, wanted), Some(ComparedValue::Number(number))) => compares(*op, number, *wanted),
        (Test::Text(op, wanted), Some(ComparedValue::Text(text))) => match op {
            TextOp::Eq => text == wanted,
            TextOp::Ne => text != wanted,
            TextOp::Like => is_like(text, wanted),
            TextOp::ILike => is_like(&text.to_ascii_lowercase(), &wanted.to_ascii_lowercase()),
        },
        (Test::In(wanted), Some(ComparedValue::Text(text))) => wanted.iter().any(|one| one == text),
        (Test::NotIn(wanted), Some(ComparedValue::Text(text))) => !wanted.iter().any(|one| one == text),
        _ => false,
    }
}

/// NaN is unequal to all, and nothing else.
fn compares(op: NumberOp, number: f64, wanted: f64) -> bool {
    match op {
        NumberOp::Eq => number == wanted,
        NumberOp::Ne => number != wanted,
        NumberOp::Lt => number < wanted,
        NumberOp::Le => number <= wanted,
        NumberOp::Gt => number > wanted,
        NumberOp::Ge => number >= wanted,
    }
}

/// Whether a text matches a pattern of `%` (any text) and `_` (any character).
fn is_like(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| is_like(&text[at..], rest.as_str()))
        }
        Some(wanted) => {
            let mut letters = text.chars();
            let first = letters.next();
            first.is_some_and(|first| wanted == '_' || wanted == first)
                && is_like(letters.as_str(), rest.as_str())
        }
    }
}

/// Missing values come last in both directions, NaN right before them.
fn compare(a: &StoredRun, b: &StoredRun, order: &OrderTerm) -> Ordering {
    let rank = |value: &Option<ComparedValue<'_>>| match value {
        None => 2,
        Some(ComparedValue::Number(number)) if number.is_nan() => 1,
        Some(_) => 0,
    };
    let (a, b) = (value(a, &order.subject), value(b, &order.subject));
    rank(&a).cmp(&rank(&b)).then_with(|| {
        let ascending = match (a, b) {
            (Some(ComparedValue::Text(a)), Some(ComparedValue::Text(b))) => a.cmp(b),
            (Some(ComparedValue::Number(a)), Some(ComparedValue::Number(b))) => {
                a.partial_cmp(&b).unwrap_or(Ordering::Equal)
            }
            _ => Ordering::Equal,
        };
        if order.ascending { ascending } else { ascending.reverse() }
    })
}
