//! Values that a list puts into a script for a shell: `["bash", "-c", "python t.py ${name}"]`. A list passes each item as
//! it is, so that nothing quotes them there, and the shell reads them as code.

use std::collections::HashSet;

use super::source::CommandSource;
use crate::config::Config;
use crate::config::command::{Part, QuotePosition, Slot, is_plain, is_script, scan};
use crate::config::finding::Findings;
use crate::config::yaml::shorten;
use crate::space::{Distribution, Leaf, Value};

/// Warns of values that a shell would not read as they are.
pub fn warn(items: &[String], config: Option<&Config>, place: &CommandSource<'_>, findings: &mut Findings) {
    let leaves = config.map(|config| config.space.leaves()).unwrap_or_default();
    let is_name = |name: &str| leaves.iter().any(|leaf| is_inside(leaf, name));
    let mut seen = HashSet::new();
    for (at, script) in items.iter().enumerate().filter(|(at, _)| is_script(items, *at)) {
        for part in scan(script, &is_name).parts {
            let Part::Slot(slot) = part else { continue };
            let mut values = leaves.iter().filter(|leaf| is_inside(leaf, &slot.name)).flat_map(texts_of);
            let Some(value) = values.find(|text| is_misread(text, &slot)) else { continue };
            if !seen.insert(slot.name.clone()) {
                continue;
            }
            let name = &slot.name;
            let message = format!(
                "the shell reads the value {} of `{name}` as a part of the script: a list quotes nothing",
                shorten(&value)
            );
            findings.warn("unquoted-value", &place.of(name, 0), message).hint(hint(items, at, name));
        }
    }
}

fn hint(items: &[String], at: usize, name: &str) -> String {
    let text = "or make `command` a text, in which each value is quoted";
    match at + 1 == items.len() {
        true => format!(
            "hand it over as an argument: write \"$1\" in the script, and add the items \"bash\" and \"${{{name}}}\" after it; {text}"
        ),
        false => format!(
            "hand it over as an argument: write \"$1\" in the script, and `${{{name}}}` as an item after it; {text}"
        ),
    }
}

/// Whether a name means this parameter, or a group that it is in.
fn is_inside(leaf: &Leaf<'_>, name: &str) -> bool {
    leaf.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn texts_of(leaf: &Leaf<'_>) -> Vec<String> {
    texts(&leaf.parameter.distribution).iter().map(Value::text).collect()
}

/// Whether a text means something to the shell where it is put.
fn is_misread(text: &str, slot: &Slot) -> bool {
    match slot.place {
        QuotePosition::Single => text.contains('\''),
        QuotePosition::Double => text.contains(['"', '$', '`', '\\']),
        QuotePosition::Comment => text.contains('\n'),
        QuotePosition::Bare | QuotePosition::Arithmetic | QuotePosition::Refused(_) => !is_plain(text),
    }
}

/// The values that a distribution lists.
pub fn texts(distribution: &Distribution) -> &[Value] {
    match distribution {
        Distribution::Constant(value) => std::slice::from_ref(value),
        Distribution::Categorical { values, .. } => values,
        _ => &[],
    }
}
