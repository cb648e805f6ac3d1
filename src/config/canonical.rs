//! One text for all ways of writing the same config.

use serde_json::Value as Json;

use super::yaml;

/// The config as JSON with its keys in order: comments, quotes, anchors and the order of keys make no difference, and hooks,
/// of which no trial notices anything. `None` for what is no YAML.
#[must_use]
pub fn canonical(bytes: &[u8]) -> Option<String> {
    let root = yaml::read(bytes).ok()?.root?;
    let mut json = sorted(root.to_value().to_json());
    if let Json::Object(entries) = &mut json {
        entries.retain(|key, _| key != "hooks");
    }
    Some(json.to_string())
}

fn sorted(json: Json) -> Json {
    match json {
        Json::Object(entries) => {
            let mut entries: Vec<(String, Json)> =
                entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_config_says_counts() {
        let one = b"command: 'run ${lr}'  # quick\nparameters:\n  lr: {max: 1.0, min: 0}\n";
        let two = b"parameters: {lr: {min: 0, max: 1.0}}\ncommand: run ${lr}\n";
        assert_eq!(canonical(one).unwrap(), canonical(two).unwrap());
        let hooked = [two.as_slice(), b"hooks: {on_finish: ./notify.sh}\n"].concat();
        assert_eq!(canonical(&hooked), canonical(two));
        let other = b"parameters: {lr: {min: 0, max: 2.0}}\ncommand: run ${lr}\n";
        assert_ne!(canonical(one), canonical(other));
        assert_eq!(canonical(b"{"), None);
    }
}
