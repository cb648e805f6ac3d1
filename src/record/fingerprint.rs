//! The fingerprint of a trial: equal ones are the same experiment.

use super::digest::sha256;
use crate::space::Point;

/// The code that a trial ran with, as far as git knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code<'a> {
    /// Hash of the commit; empty: there is none.
    pub commit: &'a str,
    /// SHA-256 of the changes since, hex; `None`: there were none.
    pub changes: Option<&'a str>,
}

/// 12 hex digits of the SHA-256 over the canonical config, the point and the code.
#[must_use]
pub fn fingerprint(config: &str, point: &Point, code: Code<'_>) -> String {
    // A line each: JSON holds no line ends, nor do hashes.
    let text =
        [config, &point.to_json().to_string(), code.commit, code.changes.unwrap_or_default()].join("\n");
    let mut digest = sha256(text.as_bytes());
    digest.truncate(12);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Value;

    fn point(lr: f64) -> Point {
        Point::from_json(&serde_json::json!({ "lr": lr })).unwrap()
    }

    #[test]
    fn config_point_commit_and_changes_each_make_another_experiment() {
        let code = Code { commit: "abc", changes: None };
        let one = fingerprint("{}", &point(0.1), code);
        assert_eq!(one.len(), 12);
        assert_eq!(one, fingerprint("{}", &point(0.1), code));
        let others = [
            fingerprint("{\"a\":1}", &point(0.1), code),
            fingerprint("{}", &point(0.2), code),
            fingerprint("{}", &point(0.1), Code { commit: "abd", changes: None }),
            fingerprint("{}", &point(0.1), Code { commit: "abc", changes: Some("f") }),
        ];
        assert!(others.iter().all(|other| *other != one), "{others:?}");
        assert_eq!(point(0.1).get("lr"), Some(&Value::Float(0.1)));
    }
}
