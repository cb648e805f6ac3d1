//! Reading the entries of a mapping: each reader takes a field and says what is wrong with it.

use std::time::Duration;

use crate::config::finding::{Findings, KeyPlace};
use crate::config::suggest::{did_you_mean, nearest, one_of};
use crate::config::yaml::{MappingEntry, NodeKind, Span, YamlNode, shorten};
use crate::space::{Number, Value};

/// So many keys are looked at as misspellings of one that is missing.
const MAX_HINTED: usize = 100;
/// So many names are said in one message.
pub const MAX_NAMED: usize = 12;

/// A mapping whose entries are to be read.
#[derive(Debug, Clone)]
pub struct ConfigFields<'a> {
    /// Where it stands.
    pub place: KeyPlace,
    /// Its entries.
    pub entries: &'a [MappingEntry],
}

/// One entry.
#[derive(Debug, Clone)]
pub struct ConfigField<'a> {
    /// Its path, and the place of its value (of its key for lists, mappings and nothing).
    pub place: KeyPlace,
    /// The place of its key.
    pub key: KeyPlace,
    /// Its value.
    pub node: &'a YamlNode,
}

impl<'a> ConfigFields<'a> {
    /// The entry of a key. An explicit null is an entry.
    pub fn get(&self, name: &str) -> Option<ConfigField<'a>> {
        self.entries.iter().find(|entry| is_text_key(&entry.key, name)).map(|entry| self.field(entry))
    }

    /// The entry of a key, unless it is null: for optional keys null means absent.
    pub fn some(&self, name: &str) -> Option<ConfigField<'a>> {
        self.get(name).filter(|field| field.node.scalar() != Some(&Value::Null))
    }

    /// An entry with its places.
    pub fn field(&self, entry: &'a MappingEntry) -> ConfigField<'a> {
        let key = KeyPlace { span: entry.key.span, ..self.place.below(&entry.key.name()) };
        let own = match &entry.value.kind {
            NodeKind::Scalar { text, plain, .. } => !(*plain && text.is_empty()),
            _ => false,
        };
        let span = if own { entry.value.span } else { entry.key.span };
        ConfigField { place: KeyPlace { path: key.path.clone(), span }, key, node: &entry.value }
    }

    /// Whether an unknown key is most likely a misspelling of this one, or another program's word for it.
    pub fn misspelt(&self, name: &str, known: &[&str]) -> bool {
        let means = |key: &str| {
            other_word(key)
                .map_or_else(|| nearest(key, known.iter().copied()) == Some(name), |ours| ours == name)
        };
        let keys = self.entries.iter().take(MAX_HINTED).map(|entry| entry.key.name());
        keys.into_iter().any(|key| !known.contains(&key.as_str()) && means(&key))
    }

    /// Reports the keys that are not `known`, all at once.
    pub fn refuse_unknown(&self, known: &[&str], of: &str, findings: &mut Findings) {
        self.refuse_others(known, of, &|_| None, findings);
    }

    /// Reports the keys that are not `known`, all at once; `advice` may know what one was meant for.
    pub fn refuse_others(
        &self,
        known: &[&str],
        of: &str,
        advice: &dyn Fn(&str) -> Option<String>,
        findings: &mut Findings,
    ) {
        let is_known = |entry: &&MappingEntry| known.iter().any(|known| is_text_key(&entry.key, known));
        let unknown: Vec<&MappingEntry> = self.entries.iter().filter(|entry| !is_known(entry)).collect();
        let Some(first) = unknown.first() else { return };
        let advice = |name: &str| advice(name).or_else(|| did_you_mean(name, known.iter().copied()));
        let names: Vec<String> = unknown.iter().map(|entry| entry.key.name()).collect();
        let place = self.field(first).key;
        if let [name] = names.as_slice() {
            let hint = advice(name).unwrap_or_else(|| format!("known here: {}", known.join(", ")));
            findings.error(&place, format!("unknown key {} in {of}", shorten(name))).hint(hint);
            return;
        }
        let shown: Vec<String> = names.iter().take(MAX_NAMED).map(|name| shorten(name)).collect();
        let more = if names.len() > MAX_NAMED { ", …" } else { "" };
        let message = format!("{} unknown keys in {of}: {}{more}", names.len(), shown.join(", "));
        let known_of: Vec<String> = names
            .iter()
            .take(MAX_HINTED)
            .filter_map(|name| Some(format!("{}: {}", shorten(name), advice(name)?)))
            .take(MAX_NAMED)
            .collect();
        let hint = match known_of.is_empty() {
            true => "remove them, or make them comments".to_owned(),
            false => known_of.join("; "),
        };
        findings.error(&place, message).hint(hint);
    }
}

/// What other programs call a key of the top level.
pub fn other_word(key: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 24] = [
        ("count", "run_cap"),
        ("num_runs", "run_cap"),
        ("n_runs", "run_cap"),
        ("num_trials", "run_cap"),
        ("n_trials", "run_cap"),
        ("num_samples", "run_cap"),
        ("max_trials", "run_cap"),
        ("max_runs", "run_cap"),
        ("trials", "run_cap"),
        ("params", "parameters"),
        ("hyperparameters", "parameters"),
        ("search_space", "parameters"),
        ("space", "parameters"),
        ("algorithm", "method"),
        ("strategy", "method"),
        ("sampler", "method"),
        ("objective", "metric"),
        ("script", "program"),
        ("entrypoint", "program"),
        ("experiment", "experiment_name"),
        ("timeout", "trial_timeout"),
        ("environment", "env"),
        ("max_retry", "retries"),
        ("random_seed", "seed"),
    ];
    WORDS.iter().find(|(word, _)| *word == key).map(|(_, ours)| *ours)
}

fn is_text_key(key: &YamlNode, name: &str) -> bool {
    matches!(key.scalar(), Some(Value::Text(text)) if text == name)
}

impl<'a> ConfigField<'a> {
    /// Its entries, where it is a mapping.
    pub fn mapping(&self, findings: &mut Findings) -> Option<ConfigFields<'a>> {
        match &self.node.kind {
            NodeKind::Mapping(entries) => Some(ConfigFields { place: self.key.clone(), entries }),
            _ => {
                self.wrong("a mapping", findings);
                None
            }
        }
    }

    /// Its items with their places, where it is a list.
    pub fn list(&self, findings: &mut Findings) -> Option<Vec<ConfigField<'a>>> {
        match &self.node.kind {
            NodeKind::Sequence(items) => Some(items.iter().map(|item| self.item(item)).collect()),
            _ => {
                self.wrong("a list", findings);
                None
            }
        }
    }

    fn item(&self, node: &'a YamlNode) -> ConfigField<'a> {
        let place = KeyPlace { path: self.place.path.clone(), span: node.span };
        ConfigField { key: place.clone(), place, node }
    }

    /// A text. A number or a boolean is refused: it would lose its spelling.
    pub fn text(&self, findings: &mut Findings) -> Option<String> {
        match &self.node.kind {
            NodeKind::Scalar { value: Value::Text(text), .. } => Some(text.clone()),
            NodeKind::Scalar { value, text, .. } if *value != Value::Null => {
                self.wrong("a text", findings).hint(format!("put it in quotes: \"{text}\""));
                None
            }
            _ => {
                self.wrong("a text", findings);
                None
            }
        }
    }

    /// A label: what was written, be it read as a text or not.
    pub fn label(&self, findings: &mut Findings) -> Option<String> {
        match &self.node.kind {
            NodeKind::Scalar { value, text, .. } if *value != Value::Null => Some(text.clone()),
            _ => self.text(findings),
        }
    }

    /// A number, finite.
    pub fn number(&self, findings: &mut Findings) -> Option<Number> {
        let number = match self.node.scalar() {
            Some(Value::Int(x)) => Number::Int(*x),
            Some(Value::Float(x)) if x.is_finite() => Number::Float(*x),
            Some(Value::Float(_)) => {
                self.wrong("a finite number", findings);
                return None;
            }
            Some(Value::Text(text)) if text.trim().parse::<f64>().is_ok() => {
                let plain = matches!(self.node.kind, NodeKind::Scalar { plain: true, .. });
                let hint = if plain {
                    "it is beyond what a floating-point number holds"
                } else {
                    "write it without quotes"
                };
                self.wrong("a number", findings).hint(hint);
                return None;
            }
            _ => {
                self.wrong("a number", findings);
                return None;
            }
        };
        Some(number)
    }

    /// A whole number from `low` on; `3.0` is one.
    pub fn whole(&self, low: u64, findings: &mut Findings) -> Option<u64> {
        let what =
            if low == 0 { "a whole number".to_owned() } else { format!("a whole number from {low} on") };
        let number = match self.node.scalar() {
            Some(Value::Int(x)) => u64::try_from(*x).ok(),
            Some(Value::Float(x)) if x.fract() == 0.0 && (0.0..9e15).contains(x) => Some(*x as u64),
            _ => None,
        };
        match number.filter(|x| *x >= low) {
            Some(x) => Some(x),
            None => {
                let quoted =
                    matches!(self.node.scalar(), Some(Value::Text(text)) if text.parse::<u64>().is_ok());
                self.wrong(&what, findings).maybe_hint(quoted.then(|| "write it without quotes".to_owned()));
                None
            }
        }
    }

    /// True or false.
    pub fn boolean(&self, findings: &mut Findings) -> Option<bool> {
        match self.node.scalar() {
            Some(Value::Bool(x)) => Some(*x),
            _ => {
                self.wrong("true or false", findings);
                None
            }
        }
    }

    /// One of the words, as what it stands for.
    pub fn word<T: Copy>(&self, words: &[(&str, T)], findings: &mut Findings) -> Option<T> {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let Some(Value::Text(text)) = self.node.scalar() else {
            self.wrong(&one_of(&known), findings);
            return None;
        };
        let found = words.iter().find(|(word, _)| word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            // `Bayesian`, `grid_search`, `minimum`: the word is in its beginning.
            let longer = text.to_ascii_lowercase();
            let begun = known.iter().find(|word| longer.starts_with(**word));
            let meant = begun.map(|word| format!("did you mean `{word}`?"));
            self.wrong(&one_of(&known), findings)
                .maybe_hint(meant.or_else(|| did_you_mean(text, known.iter().copied())));
        }
        found
    }

    /// A duration: `90s`, `1h30m`, or a number of seconds.
    pub fn duration(&self, findings: &mut Findings) -> Option<Duration> {
        let duration = match self.node.scalar() {
            Some(Value::Text(text)) => parse_duration(text),
            Some(value) => value.as_f64().and_then(|x| Duration::try_from_secs_f64(x).ok()),
            None => None,
        };
        if duration.is_none() {
            self.wrong("a duration", findings)
                .hint("such as 90s, 15m, 4h or 1h30m; a bare number counts seconds");
        }
        duration
    }

    /// Says that the value is not what it must be.
    pub fn wrong<'f>(&self, what: &str, findings: &'f mut Findings) -> &'f mut crate::config::Finding {
        let name = self.place.path.rsplit('.').next().unwrap_or_default().to_owned();
        findings.error(&self.place, format!("`{name}`: expected {what}, got {}", self.node.describe()))
    }
}

/// Reads a duration: `1h30m`, `90s`, `1.5h`, `250ms`; `None` for any other text.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, next) = tail.split_at_checked(letters)?;
        let seconds = match unit {
            "ms" => 0.001,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        total =
            total.checked_add(Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?)?;
        rest = next.trim_start();
    }
    Some(total)
}

/// A span for findings about the file as a whole.
pub fn whole_file() -> Span {
    Span { line: 1, column: 1, length: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, seconds) in
            [("90s", 90.0), ("1h30m", 5400.0), ("250ms", 0.25), ("1.5 h", 0.0), ("2d", 172_800.0)]
        {
            let expected = (seconds > 0.0).then(|| Duration::from_secs_f64(seconds));
            assert_eq!(parse_duration(text), expected, "{text}");
        }
        for text in ["", "h", "5", "5x", "-5s", "1..2s", "99999999999999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
