//! What a document asks for: its fields and their arguments, in which variables, fragments and directives are resolved.

use std::collections::HashMap;

use graphql_parser::query::{
    Definition, Directive, Document, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    TypeCondition, Value, parse_query,
};
use serde_json::{Map, Value as Json};

use super::schema::{self, MUTATION, QUERY};

/// Levels of fields in one another; MLflow's limit.
const DEEPEST: usize = 10;
/// Fields of a document, those of a fragment each time that it is named; MLflow's limit.
const MOST_FIELDS: usize = 1000;
/// Questions of a document, and other names on one level; MLflow's limit.
const MOST_ROOTS: usize = 10;

/// One field that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    /// Its name in the answer.
    pub key: String,
    /// Its name in the schema.
    pub name: String,
    /// Its arguments, with the values of variables.
    pub arguments: Map<String, Json>,
    /// What is asked for of it.
    pub fields: Vec<Wanted>,
}

/// What a document asks for.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    /// The type whose fields they are: `Query` or `Mutation`.
    pub root: &'static str,
    /// The questions.
    pub fields: Vec<Wanted>,
}

/// Reads a document.
///
/// # Errors
/// The sentence for the client: a document that can't be read, is too large, or asks for what there is not.
pub(super) fn read(
    text: &str,
    operation: Option<&str>,
    variables: &Map<String, Json>,
) -> Result<Asked, String> {
    let document: Document<'_, String> =
        parse_query(text).map_err(|error| format!("Syntax Error: {error}"))?;
    let mut fragments = HashMap::new();
    let mut operations = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::Fragment(fragment) => drop(fragments.insert(fragment.name.as_str(), fragment)),
            Definition::Operation(operation) => operations.push(operation),
        }
    }
    let (root, selection, defaults) = choose(&operations, operation)?;
    let mut values = defaults;
    values.extend(variables.clone());
    let mut reader = Reader { fragments, variables: values, left: MOST_FIELDS };
    let fields = reader.fields(root, selection, 1)?;
    if fields.len() > MOST_ROOTS {
        return Err(format!(
            "GraphQL queries should have at most {MOST_ROOTS} root fields, got {} root fields.",
            fields.len()
        ));
    }
    Ok(Asked { root, fields })
}

type Chosen<'d> = (&'static str, &'d SelectionSet<'d, String>, Map<String, Json>);

/// The operation that is meant, with the defaults of its variables.
fn choose<'d>(
    operations: &[&'d OperationDefinition<'d, String>],
    name: Option<&str>,
) -> Result<Chosen<'d>, String> {
    let mut found = operations.iter().filter_map(|operation| {
        let none = &[][..];
        let (root, called, variables, selection) = match operation {
            OperationDefinition::SelectionSet(selection) => (QUERY, None, none, selection),
            OperationDefinition::Query(query) => {
                (QUERY, query.name.as_deref(), query.variable_definitions.as_slice(), &query.selection_set)
            }
            OperationDefinition::Mutation(mutation) => (
                MUTATION,
                mutation.name.as_deref(),
                mutation.variable_definitions.as_slice(),
                &mutation.selection_set,
            ),
            OperationDefinition::Subscription(_) => return None,
        };
        let meant = name.is_none_or(|name| called == Some(name));
        meant.then_some((root, variables, selection))
    });
    let Some((root, variables, selection)) = found.next() else {
        return Err(match name {
            Some(name) => format!("Unknown operation named '{name}'."),
            None => "Must provide an operation: a query or a mutation.".to_owned(),
        });
    };
    if found.next().is_some() {
        return Err("Must provide operation name if query contains multiple operations.".to_owned());
    }
    let defaults = variables.iter().filter_map(|variable| {
        let value = variable.default_value.as_ref()?;
        Some((variable.name.clone(), json(value, &Map::new())))
    });
    Ok((root, selection, defaults.collect()))
}

struct Reader<'d> {
    fragments: HashMap<&'d str, &'d FragmentDefinition<'d, String>>,
    variables: Map<String, Json>,
    left: usize,
}

impl<'d> Reader<'d> {
    /// The fields of a selection, those of its fragments among them.
    fn fields(
        &mut self,
        object: &str,
        selection: &'d SelectionSet<'d, String>,
        depth: usize,
    ) -> Result<Vec<Wanted>, String> {
        if depth > DEEPEST {
            return Err(format!("Query exceeds maximum depth of {DEEPEST}"));
        }
        let mut found = Vec::new();
        self.collect(object, selection, depth, &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn collect(
        &mut self,
        object: &str,
        selection: &'d SelectionSet<'d, String>,
        depth: usize,
        within: &mut Vec<&'d str>,
        found: &mut Vec<Wanted>,
    ) -> Result<(), String> {
        for item in &selection.items {
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| format!("Query exceeds maximum total selections of {MOST_FIELDS}"))?;
            match item {
                Selection::Field(field) if self.is_wanted(&field.directives) => {
                    let wanted = self.field(object, field, depth)?;
                    merge(found, wanted);
                }
                Selection::InlineFragment(inline)
                    if self.is_wanted(&inline.directives)
                        && inline
                            .type_condition
                            .as_ref()
                            .is_none_or(|condition| is_of(object, condition)) =>
                {
                    self.collect(object, &inline.selection_set, depth, within, found)?;
                }
                Selection::FragmentSpread(spread) if self.is_wanted(&spread.directives) => {
                    let name = spread.fragment_name.as_str();
                    let Some(fragment) = self.fragments.get(name).copied() else {
                        return Err(format!("Unknown fragment '{name}'."));
                    };
                    if within.contains(&name) {
                        return Err(format!("Cannot spread fragment '{name}' within itself."));
                    }
                    if is_of(object, &fragment.type_condition) {
                        within.push(name);
                        self.collect(object, &fragment.selection_set, depth, within, found)?;
                        within.pop();
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn field(&mut self, object: &str, field: &'d Field<'d, String>, depth: usize) -> Result<Wanted, String> {
        let name = field.name.as_str();
        let key = field.alias.as_deref().unwrap_or(name).to_owned();
        let arguments = field.arguments.iter();
        let arguments = arguments.map(|(name, value)| (name.clone(), json(value, &self.variables))).collect();
        if name == "__typename" {
            return Ok(Wanted { key, name: name.to_owned(), arguments, fields: Vec::new() });
        }
        let Some(kind) = schema::field(object, name) else {
            return Err(format!("Cannot query field '{name}' on type '{object}'."));
        };
        let fields = match (schema::is_object(&kind.name), field.selection_set.items.is_empty()) {
            (true, false) => self.fields(&kind.name, &field.selection_set, depth + 1)?,
            (false, true) => Vec::new(),
            (true, true) => {
                return Err(format!(
                    "Field '{name}' of type '{}' must have a selection of subfields.",
                    kind.name
                ));
            }
            (false, false) => {
                return Err(format!(
                    "Field '{name}' must not have a selection since type '{}' has no subfields.",
                    kind.name
                ));
            }
        };
        Ok(Wanted { key, name: name.to_owned(), arguments, fields })
    }

    /// What `@skip` and `@include` say.
    fn is_wanted(&self, directives: &[Directive<'_, String>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let condition = condition.map(|(_, value)| json(value, &self.variables) == Json::Bool(true));
            match (directive.name.as_str(), condition) {
                ("skip", Some(condition)) => !condition,
                ("include", Some(condition)) => condition,
                _ => true,
            }
        })
    }
}

/// MLflow's own types of runs and metrics are extended ones, and its pages name either.
fn is_of(object: &str, condition: &TypeCondition<'_, String>) -> bool {
    let TypeCondition::On(name) = condition;
    object == name || object.strip_suffix("Extension") == Some(name)
}

/// A field that is asked for twice is one field.
fn merge(found: &mut Vec<Wanted>, wanted: Wanted) {
    match found.iter_mut().find(|one| one.key == wanted.key && one.name == wanted.name) {
        Some(one) => wanted.fields.into_iter().for_each(|field| merge(&mut one.fields, field)),
        None => found.push(wanted),
    }
}

/// A value as JSON, with the values of variables in it. A variable without a value is null.
fn json(value: &Value<'_, String>, variables: &Map<String, Json>) -> Json {
    match value {
        Value::Variable(name) => variables.get(name).cloned().unwrap_or(Json::Null),
        Value::Int(number) => number.as_i64().into(),
        Value::Float(number) => (*number).into(),
        Value::String(text) | Value::Enum(text) => text.as_str().into(),
        Value::Boolean(yes) => (*yes).into(),
        Value::Null => Json::Null,
        Value::List(values) => values.iter().map(|value| json(value, variables)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            Json::Object(fields.map(|(name, value)| (name.clone(), json(value, variables))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(text: &str, variables: &Json) -> Result<Asked, String> {
        read(text, None, variables.as_object().unwrap())
    }

    #[test]
    fn fragments_variables_and_aliases_are_resolved() {
        let text = "query Get($input: MlflowGetRunInput!, $no: Boolean = false) @component(name: \"x\") {
            here: mlflowGetRun(input: $input) { __typename run { ...Names info @include(if: $no) { status } } } }
            fragment Names on MlflowRun { info { runId ... on MlflowRunInfo { runName } } }";
        let asked = asked(text, &json!({"input": {"runId": "r"}})).unwrap();
        assert_eq!(asked.root, QUERY);
        let [root] = asked.fields.as_slice() else { panic!("{asked:?}") };
        assert_eq!((root.key.as_str(), root.name.as_str()), ("here", "mlflowGetRun"));
        assert_eq!(Json::Object(root.arguments.clone()), json!({"input": {"runId": "r"}}));
        let info = &root.fields[1].fields[0];
        let names: Vec<&str> = info.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["runId", "runName"]);
    }

    #[test]
    fn what_there_is_not_is_named() {
        let wrong = |text: &str| asked(text, &json!({})).unwrap_err();
        assert_eq!(
            wrong("{ mlflowGetRun { run { secret } } }"),
            "Cannot query field 'secret' on type 'MlflowRunExtension'."
        );
        assert!(wrong("{ mlflowGetRun }").contains("must have a selection"));
        assert!(wrong("{ test { output { x } } }").contains("must not have a selection"));
        assert!(wrong("{ test { ...Gone } }").contains("Unknown fragment"));
        assert!(wrong("{ test {").starts_with("Syntax Error"));
        assert!(wrong("").starts_with("Must provide an operation") || wrong("").starts_with("Syntax Error"));
        assert!(wrong("query A { test { output } } query B { test { output } }").contains("operation name"));
    }

    #[test]
    fn a_document_that_would_grow_without_end_is_refused() {
        let wrong = |text: &str| asked(text, &json!({})).unwrap_err();
        let circle = "{ test { ...A } } fragment A on Test { ...B } fragment B on Test { ...A }";
        assert!(wrong(circle).contains("within itself"));
        let roots: String = (0..11).map(|n| format!("a{n}: test {{ output }} ")).collect();
        assert!(wrong(&format!("{{ {roots} }}")).contains("at most 10 root fields"));
        let wide: String = (0..1001).map(|n| format!("a{n}: output ")).collect();
        assert!(wrong(&format!("{{ test {{ {wide} }} }}")).contains("maximum total selections"));
        // Each fragment twice the one before: two to the power of twenty fields.
        let doubling: String =
            (1..20).map(|n| format!("fragment F{n} on Test {{ ...F{} ...F{} }} ", n - 1, n - 1)).collect();
        let text = format!("{{ test {{ ...F19 }} }} {doubling} fragment F0 on Test {{ output }}");
        assert!(wrong(&text).contains("maximum total selections"));
    }

    #[test]
    fn nesting_without_end_breaks_nothing() {
        let deep =
            format!("{{ test(inputString: {}1{}) {{ output }} }}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(asked(&deep, &json!({})).is_err());
        let deep = format!("{}{}", "{ test ".repeat(100_000), "}".repeat(100_000));
        assert!(asked(&deep, &json!({})).is_err());
    }
}
