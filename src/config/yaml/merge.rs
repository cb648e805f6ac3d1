//! Mappings made of their entries: repeated keys and `<<`.

use std::collections::HashMap;

use super::{Entry, Kind, Node};
use crate::space::Value;

/// Why entries make no mapping.
pub(super) enum MergeFault {
    /// A key that is a list or a mapping.
    Key(super::Span),
    /// `<<` with something else than a mapping or a list of mappings.
    Merge(super::Span),
}

/// Puts entries together as the reference does: keys merged by `<<` come first and yield to the mapping's
/// own; of a repeated key the last value wins. Also gives the repeated keys.
pub(super) fn mapping(pairs: Vec<(Node, Node)>) -> Result<(Vec<Entry>, Vec<Node>), MergeFault> {
    let mut merged = Entries::default();
    let mut own = Entries::default();
    let mut repeated = Vec::new();
    for (key, value) in pairs {
        let Kind::Scalar { value: meaning, text, plain } = &key.kind else {
            return Err(MergeFault::Key(key.span));
        };
        if *plain && text == "<<" {
            merge_into(&mut merged, value)?;
            continue;
        }
        let identity = meaning.identity();
        if own.put(identity, key.clone(), value, true) {
            repeated.push(key);
        }
    }
    for (identity, entry) in own.keys.into_iter().zip(own.entries) {
        merged.put(identity, entry.key, entry.value, true);
    }
    Ok((merged.entries, repeated))
}

fn merge_into(merged: &mut Entries, value: Node) -> Result<(), MergeFault> {
    let span = value.span;
    let sources = match value.kind {
        Kind::Mapping(entries) => vec![entries],
        Kind::Sequence(items) => items
            .into_iter()
            .map(|item| match item.kind {
                Kind::Mapping(entries) => Ok(entries),
                _ => Err(MergeFault::Merge(item.span)),
            })
            .collect::<Result<_, _>>()?,
        Kind::Scalar { value: Value::Null, .. } | Kind::Scalar { .. } => return Err(MergeFault::Merge(span)),
    };
    for entry in sources.into_iter().flatten() {
        let identity = entry.key.scalar().map(Value::identity).unwrap_or_default();
        merged.put(identity, entry.key, entry.value, false);
    }
    Ok(())
}

#[derive(Default)]
struct Entries {
    entries: Vec<Entry>,
    keys: Vec<String>,
    places: HashMap<String, usize>,
}

impl Entries {
    /// Adds an entry, or replaces the one with the same key if `win`; tells whether there was one.
    fn put(&mut self, identity: String, key: Node, value: Node, win: bool) -> bool {
        let Some(entry) = self.places.get(&identity).and_then(|at| self.entries.get_mut(*at)) else {
            self.places.insert(identity.clone(), self.entries.len());
            self.keys.push(identity);
            self.entries.push(Entry { key, value });
            return false;
        };
        if win {
            *entry = Entry { key, value };
        }
        true
    }
}
