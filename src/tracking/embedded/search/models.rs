//! The search among logged models, in SQL.

use super::super::error::invalid;
use super::super::values::number;
use super::clauses::{Clauses, Pairs, Sql, direction};
use crate::tracking::Result;
use crate::tracking::filter::{Condition, Entity, LOGGED_MODELS, Test, parse_filter};
use crate::tracking::protocol::{DatasetFilter, LoggedModelQuery, ModelOrder};

const PARAMS: Pairs = Pairs {
    table: "logged_model_params",
    link: "model_id",
    key_column: "param_key",
    value_column: "param_value",
};
const TAGS: Pairs =
    Pairs { table: "logged_model_tags", link: "model_id", key_column: "tag_key", value_column: "tag_value" };

/// The conditions and the order of a search among active logged models `l`.
pub(crate) fn model_clauses(query: &LoggedModelQuery) -> Result<Clauses> {
    let mut sql = Sql::default();
    let ids = query.experiment_ids.iter().map(|id| number(id.as_str())).collect::<Result<Vec<_>>>()?;
    let ids = sql.bind_list(&ids);
    sql.require(format!("l.experiment_id IN {ids}"));
    sql.require("l.lifecycle_stage = 'active'".to_owned());
    let datasets = on_datasets(&mut sql, &query.datasets);
    let mut on_metrics = false;
    for condition in parse_filter(&query.filter, &LOGGED_MODELS)? {
        on_metrics |= condition.subject.entity == Entity::Metric;
        let said = say(&mut sql, &condition, &datasets);
        sql.require(said);
    }
    if !on_metrics && !query.datasets.is_empty() {
        sql.require(format!(
            "EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model_id = l.model_id AND {datasets})"
        ));
    }
    for order in &query.order_by {
        sort(&mut sql, order)?;
    }
    sql.order_by("l.creation_timestamp_ms DESC, l.model_id".to_owned());
    Ok(sql.finish())
}

/// That a metric `x` was measured on one of these datasets.
fn on_datasets(sql: &mut Sql, datasets: &[DatasetFilter]) -> String {
    let mut any = Vec::with_capacity(datasets.len());
    for DatasetFilter { name, digest } in datasets {
        let name = sql.bind(name.clone());
        any.push(match digest {
            None => format!("x.dataset_name = {name}"),
            Some(digest) => {
                format!("(x.dataset_name = {name} AND x.dataset_digest = {})", sql.bind(digest.clone()))
            }
        });
    }
    if any.is_empty() { "1".to_owned() } else { format!("({})", any.join(" OR ")) }
}

fn column(attribute: &str) -> Option<&'static str> {
    Some(match attribute {
        "name" => "l.name",
        "model_id" => "l.model_id",
        "model_type" => "l.model_type",
        "source_run_id" => "l.source_run_id",
        "experiment_id" => "l.experiment_id",
        "status" => "CASE l.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' ELSE 'UPLOAD_FAILED' END",
        "creation_time" | "creation_timestamp" | "creation_timestamp_ms" => "l.creation_timestamp_ms",
        "last_updated_timestamp" | "last_updated_timestamp_ms" => "l.last_updated_timestamp_ms",
        _ => return None,
    })
}

fn say(sql: &mut Sql, condition: &Condition, datasets: &str) -> String {
    let Condition { subject, test } = condition;
    match subject.entity {
        Entity::Metric => {
            let place = sql.bind(subject.key.clone());
            let test: &Test = test;
            let comparison = sql.test("x.metric_value", test);
            format!(
                "EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model_id = l.model_id AND x.metric_name = {place} AND {comparison} AND {datasets})"
            )
        }
        Entity::Param => sql.test_pair(&PARAMS, "l.model_id", &subject.key, test),
        Entity::Tag => sql.test_pair(&TAGS, "l.model_id", &subject.key, test),
        // The vocabulary has no other entity.
        _ => sql.test(column(&subject.key).unwrap_or("l.name"), test),
    }
}

fn sort(sql: &mut Sql, order: &ModelOrder) -> Result<()> {
    let direction = direction(order.ascending);
    let wrong = || invalid(format!("Invalid order by field name: {}", order.field_name));
    let expression = match order.field_name.split_once('.') {
        None => column(&order.field_name).ok_or_else(wrong)?.to_owned(),
        Some(("metrics", key)) => {
            let mut datasets = Vec::new();
            if let Some(name) = &order.dataset_name {
                datasets.push(DatasetFilter { name: name.clone(), digest: order.dataset_digest.clone() });
            }
            let datasets = on_datasets(sql, &datasets);
            let place = sql.bind(key.to_owned());
            format!(
                "(SELECT x.metric_value FROM logged_model_metrics x WHERE x.model_id = l.model_id AND x.metric_name = {place} AND {datasets} ORDER BY x.metric_timestamp_ms DESC, x.metric_step DESC, x.run_id LIMIT 1)"
            )
        }
        Some(_) => return Err(wrong()),
    };
    sql.order_by(format!("{expression} IS NULL, {expression} {direction}"));
    Ok(())
}
