//! A node of the tree, with its place.

use crate::space::Value;

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Length in characters, on its first line; at least 1.
    pub length: usize,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct YamlNode {
    /// What it holds.
    pub kind: NodeKind,
    /// Where it starts.
    pub span: Span,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A scalar, read as YAML 1.1 reads it.
    Scalar {
        /// What it means.
        value: Value,
        /// As it was written, without quotes.
        text: String,
        /// Whether it was written without quotes, so that it could have meant something else.
        plain: bool,
    },
    /// A sequence.
    Sequence(Vec<YamlNode>),
    /// A mapping; each key once.
    Mapping(Vec<MappingEntry>),
}

/// An entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingEntry {
    /// Its key, a scalar.
    pub key: YamlNode,
    /// Its value.
    pub value: YamlNode,
}

impl YamlNode {
    /// The value it stands for. Keys that are no text become their JSON spelling.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar { value, .. } => value.clone(),
            NodeKind::Sequence(items) => Value::List(items.iter().map(Self::to_value).collect()),
            NodeKind::Mapping(entries) => {
                Value::Map(entries.iter().map(|e| (e.key.name(), e.value.to_value())).collect())
            }
        }
    }

    /// The scalar's value; `None` for sequences and mappings.
    #[must_use]
    pub fn scalar(&self) -> Option<&Value> {
        match &self.kind {
            NodeKind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// How a key is called in messages and paths.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.kind {
            NodeKind::Scalar { value: Value::Text(text), .. } => text.clone(),
            NodeKind::Scalar { value, .. } => value.json_text(),
            _ => String::new(),
        }
    }

    /// How it looks in a message: the scalar as written, or what it is.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Scalar { value: Value::Text(text), .. } => shorten(text),
            NodeKind::Scalar { value: Value::Null, .. } => "nothing (null)".to_owned(),
            NodeKind::Scalar { text, .. } => shorten(text),
            NodeKind::Sequence(items) => format!("a list of {}", items.len()),
            NodeKind::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

/// A text in backquotes, cut to a length that fits in a line.
pub(in crate::config) fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(40).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("`{short}{dots}`")
}
