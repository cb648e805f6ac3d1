//! What MLflow allows: names of keys, lengths of values. Lengths count characters, as Python does.

use super::error::invalid;
use crate::tracking::{Metric, Result};

/// Most characters of a key of a metric, param or tag.
const KEY: usize = 250;
/// Most characters of a param; the rest is cut off.
const PARAM_VALUE: usize = 6000;
/// Most characters of a run's tag; the rest is cut off.
pub(super) const TAG_VALUE: usize = 8000;
const EXPERIMENT_NAME: usize = 500;
const MODEL_NAME: usize = 256;
const REGISTRY_TAG_VALUE: usize = 100_000;
const ALIAS: usize = 255;
const EXPERIMENT_TAG_VALUE: usize = 20_000;

/// Checks the name of a metric, param or tag: letters and digits of any script, `_ - . space : /`, and a normal
/// relative path.
pub(in crate::tracking) fn check_key(kind: &str, key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(invalid(format!("Invalid value for the {kind} name: it is empty.")));
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':' | '/');
    if !key.chars().all(allowed) {
        return Err(invalid(format!(
            "Invalid {kind} name: '{key}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )));
    }
    let normal = !key.starts_with("..") && key.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !normal {
        return Err(invalid(format!(
            "Invalid {kind} name: '{key}'. Names may be treated as files in certain cases, and must not resolve to other names when treated as such."
        )));
    }
    if key.chars().count() > KEY {
        return Err(invalid(format!("'{kind}' name is longer than {KEY} characters: '{}…'", cut(key, 80))));
    }
    Ok(())
}

pub(in crate::tracking) fn check_metric(metric: &Metric) -> Result<()> {
    check_key("metric", &metric.key)?;
    if metric.timestamp < 0 {
        return Err(invalid(format!(
            "Got invalid timestamp {} for metric '{}'. Timestamp must be a nonnegative long",
            metric.timestamp, metric.key
        )));
    }
    Ok(())
}

/// The part of a param's value that is stored.
pub(in crate::tracking) fn param_value(value: &str) -> &str {
    cut(value, PARAM_VALUE)
}

/// The part of a tag's value that is stored.
pub(in crate::tracking) fn tag_value(value: &str) -> &str {
    cut(value, TAG_VALUE)
}

pub(super) fn check_experiment_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(invalid("Invalid experiment name: ''"));
    }
    if name.chars().count() > EXPERIMENT_NAME {
        return Err(invalid(format!("'name' exceeds the maximum length of {EXPERIMENT_NAME} characters")));
    }
    Ok(())
}

pub(super) fn check_experiment_tag(key: &str, value: &str) -> Result<()> {
    check_key("tag", key)?;
    if value.chars().count() > EXPERIMENT_TAG_VALUE {
        return Err(invalid(format!(
            "Experiment tag value of '{key}' exceeds the maximum length of {EXPERIMENT_TAG_VALUE} characters"
        )));
    }
    Ok(())
}

/// Checks the name of a registered model.
pub(super) fn check_model_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(invalid("Missing value for required parameter 'name'."));
    }
    if name.contains(['/', ':']) {
        return Err(invalid(format!("Invalid model name '{name}'. Names cannot contain '/' or ':'.")));
    }
    if name == "." || name.starts_with("..") {
        return Err(invalid(format!(
            "Invalid model name '{name}'. Names may be treated as files in certain cases."
        )));
    }
    if name.chars().count() > MODEL_NAME {
        return Err(invalid(format!("'name' exceeds the maximum length of {MODEL_NAME} characters")));
    }
    Ok(())
}

/// Checks a tag of a registered model or a version.
pub(super) fn check_registry_tag(key: &str, value: &str) -> Result<()> {
    check_key("tag", key)?;
    if value.chars().count() > REGISTRY_TAG_VALUE {
        return Err(invalid(format!(
            "'value' exceeds the maximum length of {REGISTRY_TAG_VALUE} characters"
        )));
    }
    Ok(())
}

/// Checks the name of an alias: letters and digits of any script, `_` and `-`.
pub(super) fn check_alias(alias: &str) -> Result<()> {
    if alias.is_empty() {
        return Err(invalid("Registered model alias name cannot be empty."));
    }
    if !alias.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
        return Err(invalid(format!(
            "Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )));
    }
    if alias.chars().count() > ALIAS {
        return Err(invalid(format!("Registered model alias name is longer than {ALIAS} characters")));
    }
    Ok(())
}

/// Checks the name of an alias that is to be set: `latest`, and `v` with a number, mean something already.
pub(super) fn check_new_alias(alias: &str) -> Result<()> {
    check_alias(alias)?;
    if alias.eq_ignore_ascii_case("latest") {
        return Err(invalid("'latest' alias name (case insensitive) is reserved."));
    }
    let number = alias.strip_prefix(['v', 'V']).unwrap_or_default();
    if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
        return Err(invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}

fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_normal_relative_paths_of_letters_and_a_few_signs() {
        for good in ["loss", "val/loss", "a b", "größe", "x:y-z_1.5", "a..b", &"k".repeat(250)] {
            assert!(check_key("metric", good).is_ok(), "{good}");
        }
        for bad in
            ["", "/a", "a//b", "a/../b", "..", ".", "...", "a/", "./a", "a$", "a\n", "a\\b", &"k".repeat(251)]
        {
            assert!(check_key("metric", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn long_values_are_cut_at_characters_not_bytes() {
        assert_eq!(param_value(&"ß".repeat(6001)), "ß".repeat(6000));
        assert_eq!(tag_value(&"x".repeat(8000)).len(), 8000);
    }
}
