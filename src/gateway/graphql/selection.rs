//! What a document asks for: its fields and their arguments, in which variables, fragments and directives are resolved.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::document::{GraphDirective, GraphFragment, GraphItem, GraphOperation, GraphSelection, parse};
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
    let document = parse(text)?;
    let fragments = document.fragments.iter().map(|fragment| (fragment.name.as_str(), fragment)).collect();
    let (root, operation) = choose(&document.operations, operation)?;
    let defaults = operation.defaults.iter();
    let defaults: Map<String, Json> =
        defaults.map(|(name, value)| (name.clone(), value.json(&Map::new()))).collect();
    let mut values = defaults;
    values.extend(variables.clone());
    let mut reader = Reader { fragments, variables: values, left: MOST_FIELDS };
    let fields = reader.fields(root, &operation.selection, 1)?;
    if fields.len() > MOST_ROOTS {
        return Err(format!(
            "GraphQL queries should have at most {MOST_ROOTS} root fields, got {} root fields.",
            fields.len()
        ));
    }
    Ok(Asked { root, fields })
}

/// The operation that is meant, and the type whose fields it asks for.
fn choose<'d>(
    operations: &'d [GraphOperation],
    name: Option<&str>,
) -> Result<(&'static str, &'d GraphOperation), String> {
    let mut meant = operations.iter().filter(|one| name.is_none_or(|name| one.name.as_deref() == Some(name)));
    let Some(operation) = meant.next() else {
        return Err(match name {
            Some(name) => format!("Unknown operation named '{name}'."),
            None => "Must provide an operation: a query or a mutation.".to_owned(),
        });
    };
    if meant.next().is_some() {
        return Err("Must provide operation name if query contains multiple operations.".to_owned());
    }
    match operation.kind.as_str() {
        "query" => Ok((QUERY, operation)),
        "mutation" => Ok((MUTATION, operation)),
        _ => Err("Schema is not configured to execute subscription operation.".to_owned()),
    }
}

struct Reader<'d> {
    fragments: HashMap<&'d str, &'d GraphFragment>,
    variables: Map<String, Json>,
    left: usize,
}

impl<'d> Reader<'d> {
    /// The fields of a selection, those of its fragments among them.
    fn fields(
        &mut self,
        object: &str,
        selection: &'d [GraphItem],
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
        selection: &'d [GraphItem],
        depth: usize,
        within: &mut Vec<&'d str>,
        found: &mut Vec<Wanted>,
    ) -> Result<(), String> {
        for item in selection {
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| format!("Query exceeds maximum total selections of {MOST_FIELDS}"))?;
            if !self.is_wanted(&item.directives) {
                continue;
            }
            match &item.what {
                GraphSelection::Field { .. } => {
                    let wanted = self.field(object, &item.what, depth)?;
                    merge(found, wanted);
                }
                GraphSelection::Inline(on, selection) => {
                    if on.as_ref().is_none_or(|on| on == object) {
                        self.collect(object, selection, depth, within, found)?;
                    }
                }
                GraphSelection::Spread(name) => {
                    let Some(fragment) = self.fragments.get(name.as_str()).copied() else {
                        return Err(format!("Unknown fragment '{name}'."));
                    };
                    if within.contains(&name.as_str()) {
                        return Err(format!("Cannot spread fragment '{name}' within itself."));
                    }
                    if fragment.on == object {
                        within.push(name);
                        self.collect(object, &fragment.selection, depth, within, found)?;
                        within.pop();
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, object: &str, field: &'d GraphSelection, depth: usize) -> Result<Wanted, String> {
        let GraphSelection::Field { key, name, arguments, selection } = field else {
            return Err("Only a field has a name in the answer.".to_owned());
        };
        let arguments = arguments.iter();
        let arguments = arguments.map(|(name, value)| (name.clone(), value.json(&self.variables))).collect();
        let wanted = |fields| Wanted { key: key.clone(), name: name.clone(), arguments, fields };
        if name == "__typename" {
            return Ok(wanted(Vec::new()));
        }
        let Some(kind) = schema::field(object, name) else {
            return Err(format!("Cannot query field '{name}' on type '{object}'."));
        };
        match (schema::is_object(&kind.name), selection.is_empty()) {
            (true, false) => Ok(wanted(self.fields(&kind.name, selection, depth + 1)?)),
            (false, true) => Ok(wanted(Vec::new())),
            (true, true) => {
                Err(format!("Field '{name}' of type '{}' must have a selection of subfields.", kind.name))
            }
            (false, false) => Err(format!(
                "Field '{name}' must not have a selection since type '{}' has no subfields.",
                kind.name
            )),
        }
    }

    /// What `@skip` and `@include` say.
    fn is_wanted(&self, directives: &[GraphDirective]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let condition = condition.map(|(_, value)| value.json(&self.variables) == Json::Bool(true));
            match (directive.name.as_str(), condition) {
                ("skip", Some(condition)) => !condition,
                ("include", Some(condition)) => condition,
                _ => true,
            }
        })
    }
}

/// A field that is asked for twice is one field.
fn merge(found: &mut Vec<Wanted>, wanted: Wanted) {
    match found.iter_mut().find(|one| one.key == wanted.key && one.name == wanted.name) {
        Some(one) => wanted.fields.into_iter().for_each(|field| merge(&mut one.fields, field)),
        None => found.push(wanted),
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
            fragment Names on MlflowRunExtension { info { runId ... on MlflowRunInfo { runName } } }";
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
