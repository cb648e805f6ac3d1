//! Mappings made of their entries: repeated keys and `<<`.

use std::collections::HashMap;

use super::{MappingEntry, NodeKind, YamlNode};
use crate::space::Value;

/// Why entries make no mapping.
pub(super) enum MergeError {
    /// A key that is a list or a mapping.
    Key(super::Span),
    /// `<<` with something else than a mapping or a list of mappings.
    Merge(super::Span),
}

/// Puts entries together as the reference does: keys merged by `<<` come first and yield to the mapping's
/// own; of a repeated key the last value wins. Also gives the repeated keys.
pub(super) fn mapping(
    pairs: Vec<(YamlNode, YamlNode)>,
) -> Result<(Vec<MappingEntry>, Vec<YamlNode>), MergeError> {
    let mut merged = Entries::default();
    let mut own = Entries::default();
    let mut repeated = Vec::new();
    for (key, value) in pairs {
        let NodeKind::Scalar { value: meaning, text, plain } = &key.kind else {
            return Err(MergeError::Key(key.span));
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

fn merge_into(merged: &mut Entries, value: YamlNode) -> Result<(), MergeError> {
    let span = value.span;
    let sources = match value.kind {
        NodeKind::Mapping(entries) => vec![entries],
        NodeKind::Sequence(items) => items
            .into_iter()
            .map(|item| match item.kind {
                NodeKind::Mapping(entries) => Ok(entries),
                _ => Err(MergeError::Merge(item.span)),
            })
            .collect::<Result<_, _>>()?,
        NodeKind::Scalar { value: Value::Null, .. } | NodeKind::Scalar { .. } => {
            return Err(MergeError::Merge(span));
        }
    };
    for entry in sources.into_iter().flatten() {
        let identity = entry.key.scalar().map(Value::identity).unwrap_or_default();
        merged.put(identity, entry.key, entry.value, false);
    }
    Ok(())
}

#[derive(Default)]
struct Entries {
    entries: Vec<MappingEntry>,
    keys: Vec<String>,
    places: HashMap<String, usize>,
}

impl Entries {
    /// Adds an entry, or replaces the one with the same key if `win`; returns whether there was one.
    fn put(&mut self, identity: String, key: YamlNode, value: YamlNode, win: bool) -> bool {
        let Some(entry) = self.places.get(&identity).and_then(|at| self.entries.get_mut(*at)) else {
            self.places.insert(identity.clone(), self.entries.len());
            self.keys.push(identity);
            self.entries.push(MappingEntry { key, value });
            return false;
        };
        if win {
            *entry = MappingEntry { key, value };
        }
        true
    }
}
