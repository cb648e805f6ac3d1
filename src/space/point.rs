//! A point of the search space: what one trial is run with.

use serde_json::Value as Json;

use super::Value;

/// The values of one trial, by parameter name; a group of nested parameters is a [`Value::Map`].
///
/// Names are kept in code-point order at every level, constants included.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point(pub Vec<(String, Value)>);

impl Point {
    /// The value at a dotted path, such as `optimizer.lr`. A name that itself holds dots wins over a path
    /// into a group.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        look_up(&self.0, path)
    }

    /// Its values with their dotted paths, in order. Mappings are entered, an empty one is a leaf.
    #[must_use]
    pub fn leaves(&self) -> Vec<(String, &Value)> {
        let mut out = Vec::new();
        collect(&self.0, "", &mut out);
        out
    }

    /// As a JSON object; see [`Value::to_json`].
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(self.0.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
    }

    /// Reads what [`to_json`](Self::to_json) wrote; `None` where it is no object.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let entries = json.as_object()?;
        let mut values: Vec<_> =
            entries.iter().map(|(name, value)| (name.clone(), Value::from_json(value))).collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        Some(Self(values))
    }

    /// One JSON object in Python's spelling, as `${args_json}` gives it.
    #[must_use]
    pub(crate) fn json_text(&self) -> String {
        Value::Map(self.0.clone()).json_text()
    }
}

fn look_up<'a>(entries: &'a [(String, Value)], path: &str) -> Option<&'a Value> {
    if let Some((_, value)) = entries.iter().find(|(name, _)| name == path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(at, _)| {
        let (head, rest) = (path.get(..at)?, path.get(at + 1..)?);
        match entries.iter().find(|(name, _)| name == head) {
            Some((_, Value::Map(inner))) => look_up(inner, rest),
            _ => None,
        }
    })
}

fn collect<'a>(entries: &'a [(String, Value)], prefix: &str, out: &mut Vec<(String, &'a Value)>) {
    for (name, value) in entries {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Map(inner) if !inner.is_empty() => collect(inner, &path, out),
            leaf => out.push((path, leaf)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point() -> Point {
        let group = Value::Map(vec![("lr".into(), Value::Float(0.1)), ("b.c".into(), Value::Int(2))]);
        Point(vec![("opt".into(), group), ("opt.lr".into(), Value::Int(7))])
    }

    #[test]
    fn a_flat_name_wins_over_a_path() {
        assert_eq!(point().get("opt.lr"), Some(&Value::Int(7)));
        assert_eq!(point().get("opt.b.c"), Some(&Value::Int(2)));
        assert_eq!(point().get("opt.x"), None);
    }

    #[test]
    fn leaves_carry_their_paths() {
        let point = point();
        let names: Vec<_> = point.leaves().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["opt.lr", "opt.b.c", "opt.lr"]);
    }
}
