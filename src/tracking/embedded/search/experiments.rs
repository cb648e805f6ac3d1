//! The search among experiments, in SQL.

use super::super::error::invalid;
use super::super::values::number;
use super::clauses::{Clauses, Pairs, Sql, direction};
use crate::tracking::Result;
use crate::tracking::filter::{Condition, EXPERIMENTS, Entity, Test, TextOp, parse_filter, parse_order_by};

const TAGS: Pairs =
    Pairs { table: "experiment_tags", link: "experiment_id", key_column: "key", value_column: "value" };

/// The conditions and the order of a search among experiments `e`.
pub(crate) fn experiment_clauses(filter: &str, order_by: &[String]) -> Result<Clauses> {
    let mut sql = Sql::default();
    for condition in parse_filter(filter, &EXPERIMENTS)? {
        let said = say(&mut sql, &condition)?;
        sql.require(said);
    }
    let orders = parse_order_by(order_by, &EXPERIMENTS)?;
    for order in &orders {
        if order.subject.entity != Entity::Attribute {
            return Err(invalid("Invalid order_by entity: tag"));
        }
        sql.order_by(format!("{} {}", column(&order.subject.key), direction(order.ascending)));
    }
    if orders.is_empty() {
        sql.order_by("e.creation_time DESC, e.experiment_id ASC".to_owned());
    } else if !orders.iter().any(|order| order.subject.key == "experiment_id") {
        sql.order_by("e.experiment_id DESC".to_owned());
    }
    Ok(sql.finish())
}

fn column(attribute: &str) -> &'static str {
    match attribute {
        "name" => "e.name",
        "creation_time" => "e.creation_time",
        "last_update_time" => "e.last_update_time",
        _ => "e.experiment_id",
    }
}

fn say(sql: &mut Sql, condition: &Condition) -> Result<String> {
    let Condition { subject, test } = condition;
    match subject.entity {
        Entity::Attribute if subject.key == "experiment_id" => say_id(sql, test),
        Entity::Attribute => Ok(sql.test(column(&subject.key), test)),
        _ => Ok(sql.test_pair(&TAGS, "e.experiment_id", &subject.key, test)),
    }
}

/// Ids are numbers in the database and text in the language.
fn say_id(sql: &mut Sql, test: &Test) -> Result<String> {
    let (list, negated) = match test {
        Test::Text(TextOp::Eq, id) => (vec![number(id)?], false),
        Test::Text(TextOp::Ne, id) => (vec![number(id)?], true),
        Test::In(ids) => (ids.iter().map(|id| number(id)).collect::<Result<_>>()?, false),
        Test::NotIn(ids) => (ids.iter().map(|id| number(id)).collect::<Result<_>>()?, true),
        _ => {
            return Err(invalid(
                "Invalid comparator for experiment_id: only =, !=, IN and NOT IN are supported",
            ));
        }
    };
    let list = sql.bind_list(&list);
    Ok(format!("e.experiment_id {}IN {list}", if negated { "NOT " } else { "" }))
}
