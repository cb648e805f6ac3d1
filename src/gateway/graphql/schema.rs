//! The types of answers, from `schema.graphql`.

use std::collections::HashMap;
use std::sync::LazyLock;

use graphql_parser::schema::{Definition, Type, TypeDefinition, parse_schema};

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

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    // A test reads the file: it is a valid one.
    let document = parse_schema::<String>(include_str!("schema.graphql"));
    let definitions = document.map(|document| document.into_static().definitions).unwrap_or_default();
    let types = definitions.into_iter().filter_map(|definition| match definition {
        Definition::TypeDefinition(TypeDefinition::Object(object)) => Some(object),
        _ => None,
    });
    types
        .map(|object| {
            let fields = object.fields.into_iter();
            (object.name, fields.map(|field| (field.name, field_type(&field.field_type))).collect())
        })
        .collect()
});

fn field_type(given: &Type<'static, String>) -> FieldType {
    match given {
        Type::NamedType(name) => FieldType { name: name.clone(), list: false },
        Type::ListType(inner) => FieldType { list: true, ..field_type(inner) },
        Type::NonNullType(inner) => field_type(inner),
    }
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
        assert!(is_object(QUERY) && is_object(MUTATION));
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
