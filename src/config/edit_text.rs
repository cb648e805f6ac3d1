//! One key of a sweep file set to another value, with everything else as it was written: comments, order, quotes.

use super::write::yaml_json;
use super::yaml::{self, MappingEntry, NodeKind, YamlNode};
use crate::space::{Point, Value};

/// Why a key can't be set in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetKeyError {
    /// The text is no YAML mapping.
    #[error("the config can't be read as YAML")]
    Unreadable,
    /// The new value is no YAML.
    #[error("`{0}` is no YAML value")]
    Value(String),
    /// Something on the way to the key is no mapping.
    #[error("`{0}` is not in the config")]
    NoSuchKey(String),
    /// The place is written in a way that can't be changed by itself, such as an alias.
    #[error("`{0}` can't be changed by itself as the config is written")]
    Entangled(String),
}

/// The text with `path` (keys with dots between) set to the YAML value `value`.
///
/// # Errors
/// Where the path leads through something that is no mapping, or where anything else would change with it.
pub fn set_key(text: &str, path: &str, value: &str) -> Result<String, SetKeyError> {
    let unreadable = || SetKeyError::Unreadable;
    let root = yaml::read(text.as_bytes()).ok().and_then(|document| document.root).ok_or_else(unreadable)?;
    let written = one_line(value)?;
    let (place, rest) = find(&root, path).ok_or_else(|| SetKeyError::NoSuchKey(path.to_owned()))?;
    let lines = SourceText::new(text);
    let changed = match (place, rest) {
        (KeyAt::Entry(entry), _) => lines.replace(entry, &written),
        (KeyAt::Missing(mapping), name) => lines.insert(mapping, name, &written),
    };
    let changed = changed.ok_or_else(|| SetKeyError::Entangled(path.to_owned()))?;
    let mut wanted = root.to_value();
    let new = yaml::yaml_value(written.as_bytes()).unwrap_or(Value::Null);
    put(&mut wanted, path, new);
    // Whatever the text looks like: it must say just this.
    if yaml::yaml_value(changed.as_bytes()).is_some_and(|now| same(&now, &wanted)) {
        Ok(changed)
    } else {
        Err(SetKeyError::Entangled(path.to_owned()))
    }
}

/// The text with one more point at the end of `points`.
///
/// # Errors
/// As [`set_key`].
pub fn add_point(text: &str, point: &Point) -> Result<String, SetKeyError> {
    let now = yaml::yaml_value(text.as_bytes()).ok_or(SetKeyError::Unreadable)?;
    let mut points = match &now {
        Value::Map(entries) => match entries.iter().find(|(key, _)| key == "points") {
            Some((_, Value::List(points))) => points.clone(),
            _ => Vec::new(),
        },
        _ => return Err(SetKeyError::Unreadable),
    };
    points.push(Value::Map(point.0.clone()));
    set_key(text, "points", &yaml_json(&Value::List(points)))
}

/// A value as it can stand behind a key, on one line.
fn one_line(value: &str) -> Result<String, SetKeyError> {
    let text = value.trim();
    let read = yaml::yaml_value(format!("[{text}\n]").as_bytes());
    let single = matches!(&read, Some(Value::List(items)) if items.len() <= 1);
    match (read, single && !text.contains('\n')) {
        (Some(_), true) => Ok(if text.is_empty() { "null".to_owned() } else { text.to_owned() }),
        (Some(Value::List(_)), false) if !text.contains('\n') => Err(SetKeyError::Value(text.to_owned())),
        _ => match yaml::yaml_value(value.as_bytes()) {
            Some(read) => Ok(yaml_json(&read)),
            None => Err(SetKeyError::Value(text.to_owned())),
        },
    }
}

/// Where a key is, or would be.
enum KeyAt<'a> {
    Entry(&'a MappingEntry),
    Missing(&'a YamlNode),
}

/// Walks down a path; keys may hold dots themselves, the longest that is there wins. What is missing is the last key at
/// most, and is returned with its mapping.
fn find<'a, 'p>(node: &'a YamlNode, path: &'p str) -> Option<(KeyAt<'a>, &'p str)> {
    let NodeKind::Mapping(entries) = &node.kind else { return None };
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let ends: Vec<usize> = ends.collect();
    for end in ends.into_iter().rev() {
        let (head, rest) = path.split_at(end);
        if let Some(entry) = entries.iter().find(|entry| entry.key.name() == head) {
            return match rest.strip_prefix('.') {
                None => Some((KeyAt::Entry(entry), "")),
                Some(rest) => find(&entry.value, rest),
            };
        }
    }
    (!path.contains('.')).then_some((KeyAt::Missing(node), path))
}

/// The same in a value.
fn put(value: &mut Value, path: &str, new: Value) {
    let Value::Map(entries) = value else { return };
    let ends: Vec<usize> = path.match_indices('.').map(|(at, _)| at).chain([path.len()]).collect();
    for end in ends.into_iter().rev() {
        let (head, rest) = path.split_at(end);
        if let Some((_, inner)) = entries.iter_mut().find(|(key, _)| key == head) {
            match rest.strip_prefix('.') {
                None => *inner = new,
                Some(rest) => put(inner, rest, new),
            }
            return;
        }
    }
    entries.push((path.to_owned(), new));
}

/// Whether two values are the same but for the order of keys.
fn same(a: &Value, b: &Value) -> bool {
    a.identity() == b.identity()
}

/// The text by lines and characters, as places in it are given.
struct SourceText<'a> {
    text: &'a str,
    /// Where each line starts, in bytes.
    starts: Vec<usize>,
}

impl<'a> SourceText<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self { text, starts: starts.collect() }
    }

    /// The byte at which a node starts.
    fn at(&self, node: &YamlNode) -> Option<usize> {
        let start = *self.starts.get(node.span.line.checked_sub(1)?)?;
        let line = self.text.get(start..)?;
        let column = node.span.column.checked_sub(1)?;
        Some(start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at))
    }

    /// Whether it is written between brackets or on one line.
    fn end_of_flow(&self, start: usize) -> Option<usize> {
        let text = self.text.get(start..)?;
        let mut open: Vec<char> = Vec::new();
        let mut quote: Option<char> = None;
        for (at, c) in text.char_indices() {
            match (quote, c) {
                (Some(end), _) if c == end => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '[' | '{') => open.push(c),
                (None, ']' | '}') => {
                    open.pop();
                    if open.is_empty() {
                        return Some(start + at + c.len_utf8());
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Puts another value in the place of an entry's.
    fn replace(&self, entry: &MappingEntry, value: &str) -> Option<String> {
        let start = self.at(&entry.value)?;
        let end = match (&entry.value.kind, self.text.get(start..)?.chars().next()) {
            (NodeKind::Mapping(_) | NodeKind::Sequence(_), Some('[' | '{')) => self.end_of_flow(start)?,
            (NodeKind::Scalar { .. }, Some(first)) if !matches!(first, '|' | '>') => {
                let line = self.text.get(start..)?;
                line.char_indices().nth(entry.value.span.length).map_or(self.text.len(), |(at, _)| start + at)
            }
            _ => return self.replace_block(entry, value),
        };
        Some(format!("{}{value}{}", self.text.get(..start)?, self.text.get(end..)?))
    }

    /// The same for a value on lines of its own, which end before the next one that is indented no deeper.
    fn replace_block(&self, entry: &MappingEntry, value: &str) -> Option<String> {
        let key = self.at(&entry.key)?;
        let colon = key + self.text.get(key..)?.find(':')? + 1;
        let indent = entry.key.span.column - 1;
        let mut end = self.text.len();
        for start in self.starts.iter().skip(entry.key.span.line) {
            let line = self.text.get(*start..)?.lines().next().unwrap_or_default();
            let own = line.trim_start();
            let depth = line.len() - own.len();
            let is_item = depth == indent && (own.starts_with("- ") || own == "-");
            if !own.is_empty() && !own.starts_with('#') && depth <= indent && !is_item {
                end = *start;
                break;
            }
        }
        Some(format!("{} {value}\n{}", self.text.get(..colon)?, self.text.get(end..)?))
    }

    /// Adds an entry to a mapping.
    fn insert(&self, mapping: &YamlNode, name: &str, value: &str) -> Option<String> {
        let NodeKind::Mapping(entries) = &mapping.kind else { return None };
        let first = entries.first()?;
        let (open, at) = (self.at(mapping)?, self.at(&first.key)?);
        if self.text.get(open..)?.starts_with('{') {
            return Some(format!("{}{name}: {value}, {}", self.text.get(..at)?, self.text.get(at..)?));
        }
        let line = *self.starts.get(first.key.span.line - 1)?;
        let indent = self.text.get(line..at)?;
        if !indent.chars().all(|c| c == ' ') {
            return None;
        }
        if indent.is_empty() {
            let gap = if self.text.ends_with('\n') { "" } else { "\n" };
            return Some(format!("{}{gap}{name}: {value}\n", self.text));
        }
        Some(format!("{}{indent}{name}: {value}\n{}", self.text.get(..line)?, self.text.get(line..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# a sweep\nmethod: random  # draws\nrun_cap: 20 # few\nparameters:\n  lr: {min: 0.1, max: 1.0}\n  bs:\n    values:\n    - 1\n    - 2\n  opt: {values: [\"a]\", b]}\n";

    fn set(path: &str, value: &str) -> String {
        set_key(FILE, path, value).unwrap()
    }

    #[test]
    fn a_key_is_set_and_every_comment_stays() {
        assert_eq!(set("run_cap", "200"), FILE.replace("20 #", "200 #"));
        assert_eq!(set("parameters.lr.max", "2.5"), FILE.replace("max: 1.0", "max: 2.5"));
        assert_eq!(set("parameters.opt.values", "[a, c]"), FILE.replace("[\"a]\", b]", "[a, c]"));
        assert_eq!(
            set("parameters.bs.values", "[1, 2, 4]"),
            FILE.replace("values:\n    - 1\n    - 2\n", "values: [1, 2, 4]\n")
        );
    }

    #[test]
    fn a_key_that_is_missing_is_added_where_its_neighbours_stand() {
        assert_eq!(set("max_duration", "4h"), format!("{FILE}max_duration: 4h\n"));
        let added = set("parameters.wd", "{min: 0.0, max: 1.0, before: 0.0}");
        assert!(added.contains("parameters:\n  wd: {min: 0.0, max: 1.0, before: 0.0}\n  lr:"), "{added}");
        assert!(set("parameters.lr.before", "1").contains("lr: {before: 1, min"));
    }

    #[test]
    fn what_would_change_something_else_too_is_refused() {
        let shared = "x-r: &r {min: 0, max: 1}\nparameters: {a: *r, b: *r}\n";
        assert_eq!(
            set_key(shared, "parameters.a.max", "2"),
            Err(SetKeyError::Entangled("parameters.a.max".into()))
        );
        assert_eq!(set_key(FILE, "run_cap", "1]\nseed: 3"), Err(SetKeyError::Value("1]\nseed: 3".into())));
        assert_eq!(set_key(FILE, "nothing.there", "1"), Err(SetKeyError::NoSuchKey("nothing.there".into())));
    }

    #[test]
    fn points_grow_at_their_end() {
        let one = Point(vec![("lr".into(), Value::Float(0.5))]);
        let two = add_point(&add_point(FILE, &one).unwrap(), &one).unwrap();
        assert!(two.ends_with("points: [{\"lr\": 0.5}, {\"lr\": 0.5}]\n"), "{two}");
    }
}
