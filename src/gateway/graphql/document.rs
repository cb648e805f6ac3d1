//! A document of GraphQL as a tree: the executable part of the language (specification of October 2021, section 2).
//!
//! Our own parser, as the crates for it make the wheel 240 kB larger.

use serde_json::{Map, Number, Value as Json};

/// How deep selections and values may lie in one another.
const DEEPEST: usize = 64;

/// A value; variables are not yet resolved.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum GraphValue {
    /// `$name`
    Variable(String),
    /// A number, a text, a word, true, false or null.
    Plain(Json),
    /// `[…]`
    List(Vec<GraphValue>),
    /// `{name: value …}`
    Object(Vec<(String, GraphValue)>),
}

impl GraphValue {
    /// As JSON, with the values of variables in it. A variable without a value is null.
    pub fn json(&self, variables: &Map<String, Json>) -> Json {
        match self {
            Self::Variable(name) => variables.get(name).cloned().unwrap_or(Json::Null),
            Self::Plain(value) => value.clone(),
            Self::List(values) => values.iter().map(|value| value.json(variables)).collect(),
            Self::Object(fields) => {
                let fields = fields.iter();
                Json::Object(fields.map(|(name, value)| (name.clone(), value.json(variables))).collect())
            }
        }
    }
}

/// `name: value` of a field or directive.
pub(super) type GraphArguments = Vec<(String, GraphValue)>;

/// `@name(…)`
#[derive(Debug, PartialEq)]
pub(super) struct GraphDirective {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub arguments: GraphArguments,
}

/// What stands in a selection.
#[derive(Debug, PartialEq)]
pub(super) enum GraphSelection {
    /// `key: name(…) {…}`
    Field {
        /// Its name in the answer.
        key: String,
        /// Its name in the schema.
        name: String,
        /// Its arguments.
        arguments: GraphArguments,
        /// What is asked for of it; empty where it is no object.
        selection: Vec<GraphItem>,
    },
    /// `...name`
    Spread(String),
    /// `... on Type {…}`
    Inline(Option<String>, Vec<GraphItem>),
}

/// One entry of a selection, with its directives.
#[derive(Debug, PartialEq)]
pub(super) struct GraphItem {
    /// What it is.
    pub what: GraphSelection,
    /// Whether it counts.
    pub directives: Vec<GraphDirective>,
}

/// `query name($variable: Type = default) {…}`
#[derive(Debug, PartialEq)]
pub(super) struct GraphOperation {
    /// `query`, `mutation` or `subscription`.
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
    /// The defaults of its variables.
    pub defaults: Vec<(String, GraphValue)>,
    /// What is asked for.
    pub selection: Vec<GraphItem>,
}

/// `fragment name on Type {…}`
#[derive(Debug, PartialEq)]
pub(super) struct GraphFragment {
    /// Its name.
    pub name: String,
    /// The type whose fields it has.
    pub on: String,
    /// Its fields.
    pub selection: Vec<GraphItem>,
}

/// A whole document.
#[derive(Debug, Default, PartialEq)]
pub(super) struct GraphDocument {
    /// Queries and mutations.
    pub operations: Vec<GraphOperation>,
    /// Fragments.
    pub fragments: Vec<GraphFragment>,
}

/// Reads a document.
///
/// # Errors
/// The sentence for the client.
pub(super) fn parse(text: &str) -> Result<GraphDocument, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut document = GraphDocument::default();
    while parser.at < parser.tokens.len() {
        if parser.word("fragment") {
            let name = parser.name()?;
            parser.expect("on")?;
            let on = parser.name()?;
            parser.directives(0)?;
            document.fragments.push(GraphFragment { name, on, selection: parser.selection(0)? });
        } else {
            document.operations.push(parser.operation()?);
        }
    }
    Ok(document)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A name, or punctuation.
    Word(String),
    /// A number or text.
    Value(Json),
}

/// The words of a document, without commas and comments.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            ',' | '\u{feff}' => first.len_utf8(),
            _ if first.is_whitespace() => first.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let (value, length) = quoted(rest)?;
                found.push(Token::Value(value));
                length
            }
            '-' | '0'..='9' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
                let (number, _) = rest.split_at(end.unwrap_or(rest.len()));
                let value: Number = number.parse().map_err(|_| unexpected(number))?;
                found.push(Token::Value(value.into()));
                number.len()
            }
            '_' | 'a'..='z' | 'A'..='Z' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let (name, _) = rest.split_at(end.unwrap_or(rest.len()));
                found.push(Token::Word(name.to_owned()));
                name.len()
            }
            '.' if rest.starts_with("...") => {
                found.push(Token::Word("...".to_owned()));
                3
            }
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                found.push(Token::Word(first.to_string()));
                1
            }
            other => return Err(unexpected(&other.to_string())),
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(found)
}

/// A text in quotes, and the bytes that it takes. Escapes are those of JSON.
fn quoted(text: &str) -> Result<(Json, usize), String> {
    let open = || "Syntax Error: Unterminated string.".to_owned();
    if let Some(block) = text.strip_prefix("\"\"\"") {
        let end = block.find("\"\"\"").ok_or_else(open)?;
        let (inside, _) = block.split_at(end);
        return Ok((inside.trim().into(), end + 6));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => break,
            '"' => {
                let (inside, _) = text.split_at(at + 1);
                let value = serde_json::from_str(inside);
                return Ok((value.map_err(|_| "Syntax Error: Invalid character in a string.")?, at + 1));
            }
            _ => {}
        }
    }
    Err(open())
}

fn unexpected(found: &str) -> String {
    let shown: String = found.chars().take(50).collect();
    format!("Syntax Error: Unexpected '{shown}'.")
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    /// Takes this word where it comes next.
    fn word(&mut self, word: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some(Token::Word(found)) if found == word);
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.word(word) { Ok(()) } else { Err(self.wrong()) }
    }

    fn wrong(&self) -> String {
        match self.tokens.get(self.at) {
            None => "Syntax Error: Unexpected end of the document.".to_owned(),
            Some(Token::Word(word)) => unexpected(word),
            Some(Token::Value(value)) => unexpected(&value.to_string()),
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                self.at += 1;
                Ok(word.clone())
            }
            _ => Err(self.wrong()),
        }
    }

    fn operation(&mut self) -> Result<GraphOperation, String> {
        let anonymous = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == "{");
        let kind = if anonymous { "query".to_owned() } else { self.name()? };
        if !["query", "mutation", "subscription"].contains(&kind.as_str()) {
            return Err(unexpected(&kind));
        }
        let name = if anonymous { None } else { self.name().ok() };
        let mut defaults = Vec::new();
        if self.word("(") {
            while !self.word(")") {
                self.expect("$")?;
                let variable = self.name()?;
                self.expect(":")?;
                self.type_name(0)?;
                if self.word("=") {
                    defaults.push((variable, self.value(0)?));
                }
                self.directives(0)?;
            }
        }
        self.directives(0)?;
        Ok(GraphOperation { kind, name, defaults, selection: self.selection(0)? })
    }

    /// A type of a variable's: what comes is checked where it is used.
    fn type_name(&mut self, depth: usize) -> Result<(), String> {
        Self::check(depth)?;
        if self.word("[") {
            self.type_name(depth + 1)?;
            self.expect("]")?;
        } else {
            self.name()?;
        }
        self.word("!");
        Ok(())
    }

    fn selection(&mut self, depth: usize) -> Result<Vec<GraphItem>, String> {
        Self::check(depth)?;
        self.expect("{")?;
        let mut items = Vec::new();
        while !self.word("}") {
            items.push(self.item(depth)?);
        }
        if items.is_empty() { Err(unexpected("}")) } else { Ok(items) }
    }

    fn item(&mut self, depth: usize) -> Result<GraphItem, String> {
        if self.word("...") {
            let on = if self.word("on") { Some(self.name()?) } else { None };
            if on.is_none()
                && let Ok(name) = self.name()
            {
                let directives = self.directives(depth)?;
                return Ok(GraphItem { what: GraphSelection::Spread(name), directives });
            }
            let directives = self.directives(depth)?;
            let selection = self.selection(depth + 1)?;
            return Ok(GraphItem { what: GraphSelection::Inline(on, selection), directives });
        }
        let key = self.name()?;
        let name = if self.word(":") { self.name()? } else { key.clone() };
        let arguments = self.arguments(depth)?;
        let directives = self.directives(depth)?;
        let has_more = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == "{");
        let selection = if has_more { self.selection(depth + 1)? } else { Vec::new() };
        Ok(GraphItem { what: GraphSelection::Field { key, name, arguments, selection }, directives })
    }

    fn arguments(&mut self, depth: usize) -> Result<GraphArguments, String> {
        let mut arguments = Vec::new();
        if self.word("(") {
            while !self.word(")") {
                arguments.push(self.pair(depth)?);
            }
        }
        Ok(arguments)
    }

    fn pair(&mut self, depth: usize) -> Result<(String, GraphValue), String> {
        let name = self.name()?;
        self.expect(":")?;
        Ok((name, self.value(depth)?))
    }

    fn directives(&mut self, depth: usize) -> Result<Vec<GraphDirective>, String> {
        let mut directives = Vec::new();
        while self.word("@") {
            directives.push(GraphDirective { name: self.name()?, arguments: self.arguments(depth)? });
        }
        Ok(directives)
    }

    fn value(&mut self, depth: usize) -> Result<GraphValue, String> {
        Self::check(depth)?;
        if self.word("$") {
            return Ok(GraphValue::Variable(self.name()?));
        }
        if self.word("[") {
            let mut values = Vec::new();
            while !self.word("]") {
                values.push(self.value(depth + 1)?);
            }
            return Ok(GraphValue::List(values));
        }
        if self.word("{") {
            let mut fields = Vec::new();
            while !self.word("}") {
                fields.push(self.pair(depth + 1)?);
            }
            return Ok(GraphValue::Object(fields));
        }
        if let Some(Token::Value(value)) = self.tokens.get(self.at) {
            self.at += 1;
            return Ok(GraphValue::Plain(value.clone()));
        }
        Ok(GraphValue::Plain(match self.name()?.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            "null" => Json::Null,
            word => word.into(),
        }))
    }

    fn check(depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            Err("Syntax Error: the document is nested too deep.".to_owned())
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#"{ f(a: -1.5e3, b: "x\u00e9\"\n", c: [1, TRUE_WORD, true null], d: {e: $v}, g: """ block "it" """) }"#;
        let document = parse(text).unwrap();
        let GraphSelection::Field { arguments, .. } = &document.operations[0].selection[0].what else {
            panic!()
        };
        let variables = Map::from_iter([("v".to_owned(), json!(7))]);
        let values: Vec<Json> = arguments.iter().map(|(_, value)| value.json(&variables)).collect();
        assert_eq!(
            values,
            [
                json!(-1500.0),
                json!("x\u{e9}\"\n"),
                json!([1, "TRUE_WORD", true, null]),
                json!({"e": 7}),
                json!("block \"it\"")
            ]
        );
    }

    #[test]
    fn comments_commas_and_types_are_passed_over() {
        let text =
            "# a query\nquery Q($a: [Int!]! = [1,], $b: String @d) @e(f: 1), { x, y } fragment F on T { z }";
        let document = parse(text).unwrap();
        assert_eq!(document.operations[0].name.as_deref(), Some("Q"));
        assert_eq!(document.operations[0].defaults.len(), 1);
        assert_eq!((document.operations[0].selection.len(), document.fragments[0].on.as_str()), (2, "T"));
    }

    #[test]
    fn what_is_wrong_is_shown() {
        for (text, said) in [
            ("{ a(", "end of the document"),
            ("{ }", "'}'"),
            ("{ a(x: \"open) }", "Unterminated"),
            ("{ a % }", "'%'"),
            ("{ a(x: 1.2.3) }", "'1.2.3'"),
            ("type T { a: Int }", "'type'"),
            ("query { a } }", "'}'"),
        ] {
            assert!(parse(text).unwrap_err().contains(said), "{text}: {:?}", parse(text));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(text in "[\\PC \"\\\\{}()\\[\\]$@:.!=,#a-f0-9\n-]{0,60}") {
            let _ = parse(&text);
        }
    }
}
