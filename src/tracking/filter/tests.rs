//! The filter language: what is understood, what is refused, and that no text makes it panic.

use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Condition {
    let conditions = parse_filter(text, &RUNS).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(conditions.len(), 1, "{text}");
    conditions.into_iter().next().unwrap()
}

fn refused(text: &str) -> String {
    parse_filter(text, &RUNS).expect_err(text).to_string()
}

fn condition(entity: Entity, key: &str, test: Test) -> Condition {
    Condition { subject: Subject { entity, key: key.to_owned() }, test }
}

#[test]
fn only_the_first_dot_splits() {
    let expected = condition(Entity::Tag, "mlflow.parentRunId", Test::Text(TextOp::Eq, "a.b".to_owned()));
    for text in [
        "tags.mlflow.parentRunId = 'a.b'",
        "tag.`mlflow.parentRunId` = \"a.b\"",
        "`tags`.\"mlflow.parentRunId\"='a.b'",
    ] {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn numbers_may_have_signs_fractions_and_exponents() {
    for (text, number) in [("-1", -1.0), ("+.5", 0.5), ("1e3", 1000.0), ("2.5E-1", 0.25), ("7.", 7.0)] {
        let expected = condition(Entity::Metric, "loss", Test::Number(NumberOp::Ge, number));
        assert_eq!(one(&format!("metrics.loss >= {text}")), expected, "{text}");
    }
    for text in ["nan", "inf", "1e", "-", "0x10", "1_000", "'1'"] {
        refused(&format!("metrics.loss > {text}"));
    }
}

#[test]
fn names_of_attributes_have_aliases() {
    let started = one("Created < 5");
    assert_eq!(started, condition(Entity::Attribute, "start_time", Test::Number(NumberOp::Lt, 5.0)));
    assert_eq!(one("attributes.`Run name` != 'x'").subject.key, "run_name");
    assert!(refused("attributes.experiment_id = '1'").contains("Valid keys are"));
}

#[test]
fn null_and_lists_are_for_those_that_have_them() {
    assert_eq!(one("params.a is NULL").test, Test::Missing);
    assert_eq!(one("tags.a IS not null").test, Test::Present);
    assert_eq!(one("run_id NOT IN ('a', \"b\")").test, Test::NotIn(vec!["a".to_owned(), "b".to_owned()]));
    for text in
        ["status IS NULL", "status IN ('RUNNING')", "run_id IN ()", "run_id IN ('a' 'b')", "run_id IN ('a'"]
    {
        refused(text);
    }
}

#[test]
fn only_and_joins_conditions() {
    let both = parse_filter("metrics.a > 1 aNd params.b = 'x AND y'", &RUNS).unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(parse_filter("  ", &RUNS).unwrap(), []);
    for text in
        ["tags.a = '1' OR tags.b = '2'", "(tags.a = '1')", "tags.a = '1' AND", "AND tags.a = '1'", "tags.a"]
    {
        refused(text);
    }
    assert!(refused("tags.a = '1' OR tags.b = '2'").contains("AND"));
}

#[test]
fn other_searches_have_other_words() {
    assert!(parse_filter("name LIKE 'a%' AND tags.x IS NULL", &EXPERIMENTS).is_ok());
    assert!(parse_filter("metrics.x > 1", &EXPERIMENTS).is_err());
    assert!(parse_filter("metrics.x > 1 AND name IN ('a')", &LOGGED_MODELS).is_ok());
    assert!(parse_filter("dataset.name = 'x'", &LOGGED_MODELS).is_err());
}

#[test]
fn an_order_is_a_subject_and_a_direction() {
    let orders = parse_order_by(&["metrics.loss DESC", "`run name`", "params.`a b` asc"], &RUNS).unwrap();
    let plain: Vec<_> = orders.iter().map(|order| (order.subject.key.as_str(), order.ascending)).collect();
    assert_eq!(plain, [("loss", false), ("run_name", true), ("a b", true)]);
    for wrong in ["", "metrics.loss sideways", "metrics.loss ASC DESC", "nothing", "dataset.name", "'a'"] {
        assert!(parse_order_by(&[wrong], &RUNS).is_err(), "{wrong}");
    }
    assert!(parse_order_by(&["start_time", "created DESC"], &RUNS).is_err(), "the same twice");
}

#[test]
fn what_no_database_can_take_is_refused_beforehand() {
    let many = |count: usize| vec!["tags.a = '1'"; count].join(" AND ");
    assert_eq!(parse_filter(&many(200), &RUNS).unwrap().len(), 200);
    assert!(parse_filter(&many(201), &RUNS).is_err());
    let terms: Vec<_> = (0..51).map(|number| format!("metrics.m{number}")).collect();
    assert!(parse_order_by(&terms[..50], &RUNS).is_ok());
    assert!(parse_order_by(&terms, &RUNS).is_err());
    refused(&format!("tags.a LIKE '{}'", "%".repeat(50_001)));
}

#[test]
fn a_page_token_holds_an_offset() {
    assert_eq!(token_for(100), "eyJvZmZzZXQiOiAxMDB9");
    assert_eq!(offset_of(None), Ok(0));
    for wrong in ["!", "e30=", "eyJvZmZzZXQiOiAtMX0=", "bm90IGpzb24="] {
        assert!(offset_of(Some(wrong)).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn a_token_gives_its_offset_back(offset in 0_usize..4_000_000_000) {
        prop_assert_eq!(offset_of(Some(&token_for(offset))), Ok(offset));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        let _ = parse_filter(&text, &RUNS);
        let _ = parse_order_by(&[&text], &RUNS);
        let _ = offset_of(Some(&text));
    }

    #[test]
    fn near_misses_do_not_panic_either(
        parts in proptest::collection::vec(
            prop::sample::select(vec![
                "metrics", "params.", "tags.a", "`", "'", "\"", "run_id", "IN", "(", ")", ",", "NOT", "IS", "NULL", "AND",
                "=", "!=", "<", "LIKE", "1", "-", ".", "e", "ß", " ",
            ]),
            0..12,
        )
    ) {
        let text = parts.concat();
        let _ = parse_filter(&text, &RUNS);
        let _ = parse_filter(&parts.join(" "), &RUNS);
    }

    #[test]
    fn any_key_can_be_quoted_and_any_value_comes_through(key in "[^`]{1,30}", value in "[^']{0,30}") {
        let found = one(&format!("params.`{key}` != '{value}'"));
        prop_assert_eq!(found, condition(Entity::Param, &key, Test::Text(TextOp::Ne, value)));
    }

    #[test]
    fn every_number_comes_through(number in proptest::num::f64::NORMAL) {
        let found = one(&format!("metrics.loss = {number:e}"));
        prop_assert_eq!(found, condition(Entity::Metric, "loss", Test::Number(NumberOp::Eq, number)));
    }
}
