//! The text by which a categorical value is told from others.

use crate::space::Value;

/// Text of a value as a level: equal texts are one level, whatever their types were.
pub(super) fn level(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => text.clone(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(level).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}: {}", level(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
