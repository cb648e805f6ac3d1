//! The search among runs.

use rusqlite::params_from_iter;

use super::super::db::Db;
use super::super::lifecycle;
use super::super::runs;
use super::super::values::{number, window_value};
use super::clauses::{Clauses, Pairs, Sql, direction, nan_aware};
use crate::tracking::filter::{
    Condition, Entity, OrderTerm, RUNS, Subject, Test, offset_of, parse_filter, parse_order_by, token_for,
};
use crate::tracking::{Page, Result, Run, RunQuery};

const PARAMS: Pairs = Pairs { table: "params", link: "run_uuid", key_column: "key", value_column: "value" };
const TAGS: Pairs = Pairs { table: "tags", link: "run_uuid", key_column: "key", value_column: "value" };

impl Db {
    /// One page of the runs that match, with their data: one query finds the page, and one query per noun
    /// loads what belongs to it.
    pub fn search_runs(&self, search: &RunQuery) -> Result<Page<Run>> {
        let offset = offset_of(search.page_token.as_deref())?;
        let Clauses { joins, condition, order, values } = clauses(search)?;
        let places = values.len();
        let sql = format!(
            "SELECT {} FROM runs r {joins} WHERE {condition} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
            runs::COLUMNS,
            places + 1,
            places + 2
        );
        self.read(|db| {
            let window = [window_value(search.max_results.saturating_add(1)), window_value(offset)];
            let mut headers = db
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values.into_iter().chain(window)), runs::from_row)?
                .collect::<Result<Vec<_>, _>>()?;
            let more = headers.len() > search.max_results;
            headers.truncate(search.max_results);
            let items = runs::with_data(self, db, headers, &search.want)?;
            Ok(Page { items, next: more.then(|| token_for(offset + search.max_results)) })
        })
    }
}

fn clauses(search: &RunQuery) -> Result<Clauses> {
    let conditions = parse_filter(&search.filter, &RUNS)?;
    let orders = parse_order_by(&search.order_by, &RUNS)?;
    let ids = search.experiment_ids.iter().map(|id| number(id.as_str())).collect::<Result<Vec<_>>>()?;
    let mut sql = Sql::default();
    let ids = sql.bind_list(&ids);
    sql.require(format!("r.experiment_id IN {ids}"));
    sql.require(lifecycle::condition(search.view, "r"));
    for condition in &conditions {
        let said = say(&mut sql, condition);
        sql.require(said);
    }
    for order in &orders {
        sort(&mut sql, order);
    }
    if !orders
        .iter()
        .any(|order| order.subject.entity == Entity::Attribute && order.subject.key == "start_time")
    {
        sql.order_by("r.start_time DESC".to_owned());
    }
    sql.order_by("r.run_uuid".to_owned());
    Ok(sql.finish())
}

fn column(attribute: &str) -> &'static str {
    match attribute {
        "run_name" => "r.name",
        "status" => "r.status",
        "artifact_uri" => "r.artifact_uri",
        "user_id" => "r.user_id",
        "start_time" => "r.start_time",
        "end_time" => "r.end_time",
        _ => "r.run_uuid",
    }
}

fn say(sql: &mut Sql, condition: &Condition) -> String {
    let Condition { subject: Subject { entity, key }, test } = condition;
    match entity {
        // The tag holds the name of very old runs too, whose column is empty.
        Entity::Attribute if key == "run_name" => sql.test_pair(&TAGS, "r.run_uuid", "mlflow.runName", test),
        Entity::Param => sql.test_pair(&PARAMS, "r.run_uuid", key, test),
        Entity::Tag => sql.test_pair(&TAGS, "r.run_uuid", key, test),
        Entity::Metric => say_metric(sql, key, test),
        Entity::Dataset => say_dataset(sql, key, test),
        // The vocabulary has no other entity.
        _ => sql.test(column(key), test),
    }
}

fn say_metric(sql: &mut Sql, key: &str, test: &Test) -> String {
    let place = sql.bind(key.to_owned());
    let comparison = sql.test("x.value", test);
    format!(
        "EXISTS (SELECT 1 FROM latest_metrics x WHERE x.run_uuid = r.run_uuid AND x.key = {place} AND {})",
        nan_aware(&comparison, "x.is_nan", test)
    )
}

fn say_dataset(sql: &mut Sql, key: &str, test: &Test) -> String {
    let link = "SELECT 1 FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id";
    let of_run = "i.destination_type = 'RUN' AND i.destination_id = r.run_uuid AND i.source_type = 'DATASET'";
    match key {
        "context" => {
            let test = sql.test("t.value", test);
            format!(
                "EXISTS ({link} JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context' WHERE {of_run} AND {test})"
            )
        }
        key => {
            let column = if key == "digest" { "d.digest" } else { "d.name" };
            let test = sql.test(column, test);
            format!("EXISTS ({link} WHERE {of_run} AND {test})")
        }
    }
}

/// Missing values come last in both directions, NaN right before them.
fn sort(sql: &mut Sql, order: &OrderTerm) {
    let OrderTerm { subject: Subject { entity, key }, ascending } = order;
    let direction = direction(*ascending);
    let table = match entity {
        Entity::Metric => "latest_metrics",
        Entity::Param => "params",
        Entity::Tag => "tags",
        _ => {
            let column = column(key);
            return sql.order_by(format!("{column} IS NULL, {column} {direction}"));
        }
    };
    let alias = sql.next_alias();
    let place = sql.bind(key.clone());
    sql.join(&format!(
        "LEFT JOIN {table} {alias} ON {alias}.run_uuid = r.run_uuid AND {alias}.key = {place}"
    ));
    let rank = match entity {
        Entity::Metric => {
            format!("CASE WHEN {alias}.is_nan THEN 1 WHEN {alias}.value IS NULL THEN 2 ELSE 0 END")
        }
        _ => format!("{alias}.value IS NULL"),
    };
    sql.order_by(format!("{rank}, {alias}.value {direction}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::{ExperimentId, Metric, NewRun, RunProjection};

    #[test]
    fn a_parent_is_looked_up_by_an_index_for_each_run() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path().join("mlflow.db").to_str().unwrap()).unwrap();
        let search = RunQuery {
            experiment_ids: vec![ExperimentId("0".to_owned())],
            filter: "tags.mlflow.parentRunId = 'x' AND metrics.loss < 1".to_owned(),
            order_by: vec!["metrics.loss".to_owned(), "params.lr".to_owned()],
            ..RunQuery::default()
        };
        let Clauses { joins, condition, order, values } = clauses(&search).unwrap();
        let sql =
            format!("EXPLAIN QUERY PLAN SELECT 1 FROM runs r {joins} WHERE {condition} ORDER BY {order}");
        let plan: Vec<String> = db
            .read(|db| {
                let mut statement = db.prepare(&sql)?;
                let rows = statement.query_map(params_from_iter(values), |row| row.get(3))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .unwrap();
        let by_key = plan.iter().filter(|step| step.contains("(key=? AND run_uuid=?)")).count();
        let scans =
            plan.iter().filter(|step| step.starts_with("SCAN") && !step.contains("json_each")).count();
        assert_eq!((by_key, scans), (4, 1), "{plan:#?}");
    }

    #[test]
    fn what_is_not_wanted_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path().join("mlflow.db").to_str().unwrap()).unwrap();
        let new = NewRun { experiment_id: ExperimentId("0".to_owned()), ..NewRun::default() };
        let id = db.create_run(&new).unwrap().id;
        let metric = |key: &str| Metric { key: key.to_owned(), value: 1.0, timestamp: 1, step: 1 };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let tags = [pair("s", "1"), pair("t", "2")];
        db.log_batch(id.as_str(), &[metric("a"), metric("b")], &[pair("p", "1")], &tags).unwrap();
        let search = RunQuery {
            experiment_ids: vec![ExperimentId("0".to_owned())],
            max_results: 1,
            want: RunProjection::only(&["t"], &["b"]),
            ..RunQuery::default()
        };
        let run = db.search_runs(&search).unwrap().items.remove(0);
        assert_eq!(run.tags, [pair("t", "2")]);
        assert_eq!((run.metrics, run.params), (vec![metric("b")], vec![]));
    }

    #[test]
    fn the_largest_search_that_is_allowed_runs() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path().join("mlflow.db").to_str().unwrap()).unwrap();
        let conditions: Vec<_> = (0..200).map(|k| format!("tags.t{k} != 'x'")).collect();
        let search = RunQuery {
            experiment_ids: vec![ExperimentId("0".to_owned())],
            filter: conditions.join(" AND "),
            order_by: (0..50).map(|k| format!("metrics.m{k}")).collect(),
            max_results: 1,
            ..RunQuery::default()
        };
        assert!(db.search_runs(&search).unwrap().items.is_empty());
    }
}
