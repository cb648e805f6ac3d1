//! The schema against the checker: it knows the same keys, and refuses no file that the checker takes.

use serde_json::{Value as Json, json};

use super::schema;
use crate::config::check::{KEYS, UNSUPPORTED};
use crate::config::vectors::cases;
use crate::config::{check, yaml};

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
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

/// `SWEEP_BLESS=1` writes it again.
#[test]
fn the_schema_that_editors_are_given_is_the_one_that_is_printed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/sweep-file.json");
    let printed = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("SWEEP_BLESS").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), printed, "SWEEP_BLESS=1 writes it");
}

#[test]
fn every_valid_file_fits_the_schema() {
    let schema = validator();
    for case in cases("configs", "valid") {
        let source = case["yaml"].as_str().unwrap();
        assert!(schema.is_valid(&data(source)), "{}", case["id"]);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/configs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(schema.is_valid(&data(&source)), "{source}");
    }
}

#[test]
fn what_the_schema_refuses_the_checker_refuses_too() {
    let schema = validator();
    let mut refused = 0;
    for case in cases("configs", "invalid") {
        let source = case["yaml"].as_str().unwrap();
        if let Ok(document) = yaml::read(source.as_bytes())
            && let Some(root) = document.root
            && !schema.is_valid(&root.to_value().to_json())
        {
            refused += 1;
            assert!(check(source.as_bytes()).config.is_none());
        }
    }
    assert!(refused >= 25, "only {refused} invalid files are caught by the schema");
}

#[test]
fn values_outside_of_a_form_do_not_fit() {
    let schema = validator();
    for parameter in [
        json!({ "vales": [1] }),
        json!({ "min": 1, "max": 2, "q": 1 }),
        json!({ "distribution": "normal", "min": 0 }),
        json!({ "distribution": "log_uniform_values", "min": 0, "max": 1 }),
    ] {
        let file = json!({ "program": "t.py", "method": "random", "parameters": { "x": parameter } });
        assert!(!schema.is_valid(&file), "{file}");
    }
}
