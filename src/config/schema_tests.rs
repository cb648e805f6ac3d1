//! The schema against the checker: it knows the same keys, and refuses no file that the checker takes.

use serde_json::{Value as Json, json};

use super::schema;
use crate::config::check::{KEYS, UNSUPPORTED};
use crate::config::vectors::cases;
use crate::config::{check, yaml};

/// As much of JSON Schema as the schema uses.
fn fits(root: &Json, schema: &Json, value: &Json) -> bool {
    if let Some(path) = schema["$ref"].as_str() {
        return fits(root, root.pointer(path.trim_start_matches('#')).unwrap(), value);
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::Array(types) => types.iter().filter_map(Json::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    let is = |name: &&str| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|x| x.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known"),
    };
    let any = |key: &str| {
        let list = schema[key].as_array();
        list.is_none_or(|list| list.iter().any(|inner| fits(root, inner, value)))
    };
    let number = |key: &str, holds: fn(f64, f64) -> bool| match (schema[key].as_f64(), value.as_f64()) {
        (Some(bound), Some(x)) => holds(x, bound),
        _ => true,
    };
    (types.is_empty() || types.iter().any(is))
        && any("anyOf")
        && schema["enum"].as_array().is_none_or(|list| list.contains(value))
        && schema.get("const").is_none_or(|constant| constant == value)
        && number("minimum", |x, bound| x >= bound)
        && number("exclusiveMinimum", |x, bound| x > bound)
        && value.as_object().is_none_or(|entries| object(root, schema, entries))
        && value.as_array().is_none_or(|items| {
            items.len() as u64 >= schema["minItems"].as_u64().unwrap_or(0)
                && items.iter().all(|item| schema.get("items").is_none_or(|inner| fits(root, inner, item)))
        })
        && value.as_str().is_none_or(|text| matches_pattern(schema, text))
}

fn object(root: &Json, schema: &Json, entries: &serde_json::Map<String, Json>) -> bool {
    let required = schema["required"].as_array();
    required.is_none_or(|keys| keys.iter().all(|key| entries.contains_key(key.as_str().unwrap())))
        && entries.len() as u64 >= schema["minProperties"].as_u64().unwrap_or(0)
        && entries.iter().all(|(key, value)| {
            let named = schema.get("propertyNames").is_none_or(|names| matches_pattern(names, key));
            named
                && match (schema["properties"].get(key), schema.get("additionalProperties")) {
                    (Some(inner), _) => fits(root, inner, value),
                    (None, Some(Json::Bool(false))) => false,
                    (None, Some(inner)) if inner.is_object() => fits(root, inner, value),
                    _ => true,
                }
        })
}

fn matches_pattern(schema: &Json, text: &str) -> bool {
    schema["pattern"].as_str().is_none_or(|pattern| regex::Regex::new(pattern).unwrap().is_match(text))
}

fn data(source: &str) -> Json {
    yaml::read(source.as_bytes()).unwrap().root.unwrap().to_value().to_json()
}

#[test]
fn the_schema_names_the_keys_that_the_checker_knows() {
    let schema = schema();
    let mut named: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut known: Vec<&str> = KEYS.into_iter().filter(|key| !UNSUPPORTED.contains(key)).collect();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);
}

#[test]
fn every_valid_file_fits_the_schema() {
    let schema = schema();
    for case in cases("configs", "valid") {
        let source = case["yaml"].as_str().unwrap();
        assert!(fits(&schema, &schema, &data(source)), "{}", case["id"]);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/configs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(fits(&schema, &schema, &data(&source)), "{source}");
    }
}

#[test]
fn what_the_schema_refuses_the_checker_refuses_too() {
    let schema = schema();
    let mut refused = 0;
    for case in cases("configs", "invalid") {
        let source = case["yaml"].as_str().unwrap();
        if let Ok(document) = yaml::read(source.as_bytes())
            && let Some(root) = document.root
            && !fits(&schema, &schema, &root.to_value().to_json())
        {
            refused += 1;
            assert!(check(source.as_bytes()).config.is_none());
        }
    }
    assert!(refused >= 25, "only {refused} invalid files are caught by the schema");
}

#[test]
fn values_outside_of_a_form_do_not_fit() {
    let schema = schema();
    for parameter in [
        json!({ "vales": [1] }),
        json!({ "min": 1, "max": 2, "q": 1 }),
        json!({ "distribution": "normal", "min": 0 }),
        json!({ "distribution": "log_uniform_values", "min": 0, "max": 1 }),
    ] {
        let file = json!({ "program": "t.py", "method": "random", "parameters": { "x": parameter } });
        assert!(!fits(&schema, &schema, &file), "{file}");
    }
}
