//! The types of answers, from `schema.graphql`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Where queries begin.
pub(super) const QUERY: &str = "Query";
/// Where mutations begin. None of them changes anything.
pub(super) const MUTATION: &str = "Mutation";

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldType {
    /// The name of its type, that of each element where it is a list.
    pub name: String,
    /// Whether it is a list.
    pub list: bool,
}

type Schema = HashMap<String, HashMap<String, FieldType>>;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read(include_str!("schema.graphql")));

/// Reads `type Name { field: Type other: [Type] }`, which is all of the language that the file uses.
fn read(text: &str) -> Schema {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let text: String = lines.flat_map(|line| [line, " "]).collect();
    let types = text.split("type ").filter_map(|one| one.split_once('{'));
    types.map(|(name, fields)| (name.trim().to_owned(), fields_of(fields))).collect()
}

fn fields_of(text: &str) -> HashMap<String, FieldType> {
    let mut words = text.split_whitespace().take_while(|word| *word != "}");
    let mut fields = HashMap::new();
    while let (Some(name), Some(kind)) = (words.next(), words.next()) {
        let inside = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']'));
        let field = FieldType { name: inside.unwrap_or(kind).to_owned(), list: inside.is_some() };
        fields.insert(name.trim_end_matches(':').to_owned(), field);
    }
    fields
}

/// Whether a type has fields.
pub(super) fn is_object(name: &str) -> bool {
    SCHEMA.contains_key(name)
}

/// The type of a field of an object's.
pub(super) fn field(object: &str, name: &str) -> Option<&'static FieldType> {
    SCHEMA.get(object)?.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_a_field_names_is_there() {
        assert!(is_object(QUERY) && is_object(MUTATION) && SCHEMA.len() > 30);
        assert_eq!(
            field("MlflowRunData", "tags"),
            Some(&FieldType { name: "MlflowRunTag".to_owned(), list: true })
        );
        let scalars = ["String", "Long", "Float", "Boolean"];
        for (object, fields) in SCHEMA.iter() {
            for (name, field) in fields {
                assert!(
                    scalars.contains(&field.name.as_str()) || is_object(&field.name),
                    "{object}.{name}: {field:?}"
                );
            }
        }
    }
}
