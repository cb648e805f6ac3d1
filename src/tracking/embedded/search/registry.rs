//! The searches in the model registry, in SQL.

use super::clauses::{Clauses, Pairs, Sql, direction};
use crate::tracking::Result;
use crate::tracking::filter::{
    Condition, Entity, MODEL_VERSION_ORDER, MODEL_VERSIONS, OrderTerm, REGISTERED_MODEL_ORDER,
    REGISTERED_MODELS, Test, TextOp, Vocabulary, parse_filter, parse_order_by,
};

const MODEL_TAGS: Pairs =
    Pairs { table: "registered_model_tags", link: "name", key_column: "key", value_column: "value" };
const VERSION_TAGS: Pairs =
    Pairs { table: "model_version_tags", link: "name", key_column: "key", value_column: "value" };
/// The tag of prompts, which share the tables of models.
const PROMPT: &str = "mlflow.prompt.is_prompt";

/// The conditions and the order of a search among registered models `m`.
pub(crate) fn registered_model_clauses(filter: &str, order_by: &[String]) -> Result<Clauses> {
    let mut sql = Sql::default();
    for condition in conditions(&mut sql, filter, &REGISTERED_MODELS, "registered_model_tags", "m.name")? {
        let Condition { subject, test } = &condition;
        let said = match subject.entity {
            Entity::Tag => sql.test_pair(&MODEL_TAGS, "m.name", &subject.key, test),
            _ => sql.test("m.name", test),
        };
        sql.require(said);
    }
    let orders = parse_order_by(order_by, &REGISTERED_MODEL_ORDER)?;
    sort(&mut sql, &orders, |attribute| if attribute == "name" { "m.name" } else { "m.last_updated_time" });
    if !sorted_by(&orders, "name") {
        sql.order_by("m.name".to_owned());
    }
    Ok(sql.finish())
}

/// The conditions and the order of a search among versions `v`.
pub(crate) fn version_clauses(filter: &str, order_by: &[String]) -> Result<Clauses> {
    let mut sql = Sql::default();
    for condition in conditions(&mut sql, filter, &MODEL_VERSIONS, "model_version_tags", "v.name")? {
        let Condition { subject, test } = &condition;
        let said = match subject.entity {
            // The rows of tags belong to a name and a number.
            Entity::Tag => {
                sql.test_pair(&VERSION_TAGS, "v.name AND x.version = v.version", &subject.key, test)
            }
            _ => sql.test(version_column(&subject.key), test),
        };
        sql.require(said);
    }
    let orders = parse_order_by(order_by, &MODEL_VERSION_ORDER)?;
    if orders.is_empty() {
        sql.order_by("v.last_updated_time DESC".to_owned());
    }
    sort(&mut sql, &orders, version_column);
    if !sorted_by(&orders, "name") {
        sql.order_by("v.name".to_owned());
    }
    if !sorted_by(&orders, "version_number") {
        sql.order_by("v.version DESC".to_owned());
    }
    Ok(sql.finish())
}

fn version_column(attribute: &str) -> &'static str {
    match attribute {
        "version_number" => "v.version",
        "run_id" => "v.run_id",
        "source_path" => "v.source",
        "creation_timestamp" => "v.creation_time",
        "last_updated_timestamp" => "v.last_updated_time",
        _ => "v.name",
    }
}

/// The conditions of a filter. Prompts are left out unless the filter asks for them; what else it says of that
/// tag is then without meaning, as models don't have it.
fn conditions(
    sql: &mut Sql,
    filter: &str,
    vocabulary: &Vocabulary,
    tags: &str,
    name: &str,
) -> Result<Vec<Condition>> {
    let mut conditions = parse_filter(filter, vocabulary)?;
    let about_prompts =
        |condition: &Condition| condition.subject.entity == Entity::Tag && condition.subject.key == PROMPT;
    let asked = conditions.iter().find(|condition| about_prompts(condition)).is_some_and(|condition| {
        matches!(&condition.test, Test::Text(TextOp::Eq, text) if text.eq_ignore_ascii_case("true"))
            || matches!(&condition.test, Test::Text(TextOp::Ne, text) if text.eq_ignore_ascii_case("false"))
    });
    if !asked {
        conditions.retain(|condition| !about_prompts(condition));
        sql.require(format!(
            "NOT EXISTS (SELECT 1 FROM {tags} p WHERE p.name = {name} AND p.key = '{PROMPT}' AND p.value = 'true')"
        ));
    }
    Ok(conditions)
}

fn sort(sql: &mut Sql, orders: &[OrderTerm], column: impl Fn(&str) -> &'static str) {
    for order in orders {
        sql.order_by(format!("{} {}", column(&order.subject.key), direction(order.ascending)));
    }
}

fn sorted_by(orders: &[OrderTerm], key: &str) -> bool {
    orders.iter().any(|order| order.subject.key == key)
}
