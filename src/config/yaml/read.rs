//! From bytes to the tree: the parser's events, with aliases expanded inside bounds.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::merge::{MergeError, mapping};
use super::relax::{Relaxed, relax};
use super::scalar::{Trap, resolve};
use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, NodeKind, Span, YamlNode, hint};
use crate::space::Value;

/// More remarks than this are not kept.
const MAX_REMARKS: usize = 200;

/// A document that could be read.
#[derive(Debug)]
pub struct Document {
    /// Its root; `None` for a file without content.
    pub root: Option<YamlNode>,
    /// What a reader may have misunderstood, with the place.
    pub remarks: Vec<Remark>,
}

/// Something that reads in another way than it looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// Code of the warning.
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// The scalar or key as written.
    pub text: String,
    /// What it was read as.
    pub value: Value,
}

/// Why bytes are no document.
#[derive(Debug, Clone, PartialEq)]
pub struct YamlError {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl YamlError {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Reads one YAML document.
///
/// # Errors
/// Anything that is not exactly one readable document within the bounds.
pub fn read(bytes: &[u8]) -> Result<Document, YamlError> {
    let source = text(bytes)?;
    let strict = parse(source, source, None);
    match (strict, relax(source)) {
        (Err(_), Some(relaxed)) => parse(source, &relaxed.text, Some(&relaxed)),
        (strict, _) => strict,
    }
}

/// Reads the text that the parser is given; places are those of the original.
fn parse(original: &str, text: &str, relaxed: Option<&Relaxed>) -> Result<Document, YamlError> {
    let column = |line: usize, column: usize| relaxed.map_or(column, |text| text.original(line, column));
    let lines: Vec<&str> = original.split('\n').collect();
    let mut reader = Reader { source: original, ..Reader::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, place) = event.map_err(|error| scan_fault(original, &error, &column))?;
        let line = place.start.line().max(1);
        let start = column(line, place.start.col() + 1);
        let end = column(line, place.end.col() + 1);
        let one_line = place.end.line() == place.start.line();
        let length = if one_line { end.saturating_sub(start).max(1) } else { 1 };
        let span = Span { line, column: start, length };
        let empty = matches!(&event, Event::Scalar(text, ..) if text.is_empty());
        if place.start != place.end && !empty && indented_by_tab(&lines, span) {
            return Err(YamlError::new(
                Span { column: 1, length: 1, ..span },
                "this line is indented with a tab",
            )
            .hint("YAML is indented with spaces: replace the tab"));
        }
        reader.take(event, span)?;
    }
    Ok(Document { root: reader.root, remarks: reader.remarks })
}

/// Whether a node is the first on its line, with a tab before it. The parser takes that for a separation.
fn indented_by_tab(lines: &[&str], span: Span) -> bool {
    let line = lines.get(span.line - 1).copied().unwrap_or_default();
    let before = line.chars().take(span.column - 1);
    let mut tab = false;
    for c in before {
        match c {
            '\t' => tab = true,
            ' ' => {}
            _ => return false,
        }
    }
    tab
}

/// The bytes as text that YAML allows.
fn text(bytes: &[u8]) -> Result<&str, YamlError> {
    let start = Span { line: 1, column: 1, length: 1 };
    if bytes.len() > MAX_BYTES {
        return Err(YamlError::new(start, format!("the file has more than {MAX_BYTES} bytes"))
            .hint("a sweep file is small: is this the right file?"));
    }
    let source = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        YamlError::new(place_after(&String::from_utf8_lossy(before)), "the file is not UTF-8 text")
            .hint("save it with the encoding UTF-8")
    })?;
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
            && c != '\u{feff}'
    };
    match source.char_indices().find(|(_, c)| !allowed(*c)) {
        Some((at, c)) => Err(YamlError::new(
            place_after(source.get(..at).unwrap_or_default()),
            format!("the character U+{:04X} is not allowed in YAML", c as u32),
        )),
        None => Ok(source),
    }
}

fn place_after(before: &str) -> Span {
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Span { line, column, length: 1 }
}

fn scan_fault(
    source: &str,
    error: &saphyr_parser::ScanError,
    column: &dyn Fn(usize, usize) -> usize,
) -> YamlError {
    let line = error.marker().line().max(1);
    let lines = source.lines().count().max(1);
    // The parser notices an open bracket or quote only at the end of the file; the place is what it says.
    let span = Span { line: line.min(lines), column: column(line, error.marker().col() + 1), length: 1 };
    let text = source.lines().nth(span.line - 1).unwrap_or_default();
    let before: String = source.lines().take(span.line - 1).flat_map(|line| [line, "\n"]).collect();
    YamlError {
        span,
        message: format!("this is not readable as YAML: {}", error.info()),
        hint: hint::for_line(&before, text, error.info()),
    }
}

/// A collection whose end has not been read.
struct Open {
    anchor: usize,
    span: Span,
    nodes_before: usize,
    items: Vec<YamlNode>,
    is_map: bool,
}

#[derive(Default)]
struct Reader<'a> {
    source: &'a str,
    root: Option<YamlNode>,
    documents: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, (YamlNode, usize)>,
    nodes: usize,
    remarks: Vec<Remark>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(YamlError::new(span, "the file holds more than one YAML document")
                        .hint("remove the `---` line and what belongs to the other document"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), span)?;
                self.count(1, span)?;
                self.finish(node, anchor, 1)?;
            }
            Event::Alias(anchor) => {
                let (node, nodes) =
                    self.anchors.get(&anchor).cloned().ok_or_else(|| {
                        YamlError::new(span, "this alias stands inside the node that it names")
                    })?;
                self.count(nodes, span)?;
                self.depth(depth_of(&node), span)?;
                self.finish(node, 0, nodes)?;
            }
            Event::SequenceStart(anchor, tag) => self.begin(anchor, tag.as_deref(), span, false)?,
            Event::MappingStart(anchor, tag) => self.begin(anchor, tag.as_deref(), span, true)?,
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, span: Span, is_map: bool) -> Result<(), YamlError> {
        let expected = if is_map { "map" } else { "seq" };
        if let Some(tag) = tag.filter(|tag| !is_open(tag) && core_tag(tag) != Some(expected)) {
            return Err(unknown_tag(tag, span));
        }
        self.depth(1, span)?;
        let nodes_before = self.nodes;
        self.count(1, span)?;
        self.open.push(Open { anchor, span, nodes_before, items: Vec::new(), is_map });
        Ok(())
    }

    fn end(&mut self) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = if open.is_map {
            let mut pairs = Vec::with_capacity(open.items.len() / 2);
            let mut items = open.items.into_iter();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                pairs.push((key, value));
            }
            let (entries, repeated) = mapping(pairs).map_err(|error| match error {
                MergeError::Key(span) => YamlError::new(span, "a key must be a single word or text"),
                MergeError::Merge(span) => YamlError::new(
                    span,
                    "`<<` takes a mapping or a list of mappings, usually an alias such as `*base`",
                ),
            })?;
            let available = MAX_REMARKS.saturating_sub(self.remarks.len());
            self.remarks.extend(repeated.into_iter().take(available).map(|key| Remark {
                code: "duplicate-key",
                span: key.span,
                text: key.name(),
                value: Value::Null,
            }));
            NodeKind::Mapping(entries)
        } else {
            NodeKind::Sequence(open.items)
        };
        let nodes = self.nodes - open.nodes_before;
        self.finish(YamlNode { kind, span: open.span }, open.anchor, nodes)
    }

    /// Hands a finished node to the collection it stands in.
    fn finish(&mut self, node: YamlNode, anchor: usize, nodes: usize) -> Result<(), YamlError> {
        if anchor > 0 {
            // The stored copy is not in the tree: it has to be paid for as well.
            self.count(nodes, node.span)?;
            self.nodes -= nodes;
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
        match self.open.last_mut() {
            Some(open) => open.items.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(YamlError::new(
                span,
                format!("the file has more than {MAX_NODES} values, aliases expanded"),
            ));
        }
        Ok(())
    }

    fn depth(&self, more: usize, span: Span) -> Result<(), YamlError> {
        if self.open.len() + more > MAX_DEPTH {
            return Err(YamlError::new(
                span,
                format!("the file is nested more than {MAX_DEPTH} levels deep"),
            ));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<YamlNode, YamlError> {
        // PyYAML reads the tag `!` as "whatever it looks like", in quotes, too.
        let (tag, open) = match tag {
            Some(tag) if is_open(tag) => (None, true),
            tag => (tag, false),
        };
        let plain = style == ScalarStyle::Plain || open;
        let too_large =
            || YamlError::new(span, "this whole number is too large").hint("quote it if it is meant as text");
        let (value, trap) = match tag {
            Some(tag) => (tagged(tag, text, span)?, None),
            None if plain => resolve(text).map_err(|_| too_large())?,
            None => (Value::Text(text.to_owned()), None),
        };
        if let Some(trap) = trap.filter(|_| self.remarks.len() < MAX_REMARKS) {
            let code = match trap {
                Trap::Bool => "yaml11-bool",
                Trap::Exponent => "yaml11-exponent",
                Trap::OctalOrSexagesimal => "yaml11-octal-or-sexagesimal",
            };
            self.remarks.push(Remark { code, span, text: text.to_owned(), value: value.clone() });
        }
        // An empty plain scalar has no extent: the parser places it after the key.
        let span = if text.is_empty() && plain { self.clip(span) } else { span };
        Ok(YamlNode {
            kind: NodeKind::Scalar { value, text: text.to_owned(), plain: plain && tag.is_none() },
            span,
        })
    }

    /// A place that surely lies in the source.
    fn clip(&self, span: Span) -> Span {
        let lines = self.source.lines().count().max(1);
        Span { line: span.line.min(lines), ..span }
    }
}

fn depth_of(node: &YamlNode) -> usize {
    match &node.kind {
        NodeKind::Scalar { .. } => 0,
        NodeKind::Sequence(items) => 1 + items.iter().map(depth_of).max().unwrap_or(0),
        NodeKind::Mapping(entries) => 1 + entries.iter().map(|e| depth_of(&e.value)).max().unwrap_or(0),
    }
}

/// The name of a tag of YAML's own, such as `float`.
fn core_tag(tag: &Tag) -> Option<&str> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("tag:yaml.org,2002:", name) => Some(name),
        ("!!", name) => Some(name),
        ("", name) => name.strip_prefix("tag:yaml.org,2002:"),
        _ => None,
    }
}

/// The tag `!`, which names no type.
fn is_open(tag: &Tag) -> bool {
    tag.handle.is_empty() && tag.suffix == "!" || tag.handle == "!" && tag.suffix.is_empty()
}

fn unknown_tag(tag: &Tag, span: Span) -> YamlError {
    let name = format!("{}{}", tag.handle, tag.suffix).replace("tag:yaml.org,2002:", "!!");
    YamlError::new(span, format!("the tag `{name}` is not known here"))
        .hint("a text that starts with ! must stand in quotes")
}

/// A scalar with a tag: `!!float 1e-5`.
fn tagged(tag: &Tag, text: &str, span: Span) -> Result<Value, YamlError> {
    let misfit = |what: &str| YamlError::new(span, format!("`{text}` is not a valid {what}"));
    let name = core_tag(tag).ok_or_else(|| unknown_tag(tag, span));
    let plain = resolve(text).map(|(value, _)| value).unwrap_or(Value::Text(text.to_owned()));
    match name? {
        "str" => Ok(Value::Text(text.to_owned())),
        "int" => match plain {
            Value::Int(_) => Ok(plain),
            _ => Err(misfit("whole number")),
        },
        // `017` is seventeen where a float is asked for.
        "float" => match text.replace('_', "").parse::<f64>() {
            Ok(x) if x.is_finite() && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
                Ok(Value::Float(x))
            }
            _ => plain.as_f64().map(Value::Float).ok_or_else(|| misfit("number")),
        },
        "bool" => match plain {
            Value::Bool(_) => Ok(plain),
            _ => Err(misfit("true or false")),
        },
        "null" => Ok(Value::Null),
        _ => Err(unknown_tag(tag, span)),
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
