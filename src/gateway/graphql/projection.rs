//! From the JSON of the REST API to that of an answer.

use serde_json::{Map, Value as Json};

use super::schema::{self, FieldType};
use super::selection::Wanted;

/// One field of an object, with what is asked for of it.
pub(super) fn project(object: &str, value: &Json, wanted: &Wanted) -> Json {
    if wanted.name == "__typename" {
        return object.into();
    }
    let Some(kind) = schema::field(object, &wanted.name) else { return Json::Null };
    let found = value.get(snake_case(&wanted.name)).unwrap_or(&Json::Null);
    match found {
        // What is empty is left out of the REST API's answers.
        Json::Null if kind.list => Json::Array(Vec::new()),
        Json::Null if kind.name == "String" => "".into(),
        Json::Array(values) if kind.list => values.iter().map(|value| element(kind, value, wanted)).collect(),
        found => element(kind, found, wanted),
    }
}

fn element(kind: &FieldType, value: &Json, wanted: &Wanted) -> Json {
    match (kind.name.as_str(), value) {
        (_, Json::Null) => Json::Null,
        // NaN and the infinities, which JSON has as text, are no Float.
        ("Float", Json::String(_)) => Json::Null,
        ("Float" | "Boolean", value) => value.clone(),
        ("String" | "Long", Json::Number(number)) => number.to_string().into(),
        ("String" | "Long", value) => value.clone(),
        (object, value) => {
            let fields = wanted.fields.iter();
            let fields = fields.map(|field| (field.key.clone(), project(object, value, field)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// `runId` as `run_id`.
pub(super) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
