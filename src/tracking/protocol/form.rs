//! Forms that many requests and answers share.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a text or an id; MLflow's clients send `null` for one that is not set.
pub(crate) fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a list, which a query string with one member writes as that member.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let found = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(Vec::new()),
        one @ Value::String(_) => Value::Array(vec![one]),
        other => other,
    };
    serde_json::from_value(found).map_err(D::Error::custom)
}

/// For what is in use unless an answer says otherwise.
pub(super) fn yes() -> bool {
    true
}

/// `"lifecycle_stage"`: whether a thing is in use, for serde's `with`. Nothing is ever removed; `mlflow gc` does that.
pub(super) mod lifecycle {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer};

    // serde wants a reference here.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(active: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if *active { "active" } else { "deleted" })
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        Ok(Cow::<str>::deserialize(deserializer)? != "deleted")
    }
}

/// The number of a model's version, which MLflow writes as text, for serde's `with`.
pub(crate) mod version {
    use serde::de::Error;
    use serde::{Deserializer, Serializer};

    // serde wants a reference here.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(version: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(version)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let number =
            super::asked_version::deserialize(deserializer)?.and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| D::Error::custom("expected the number of a version"))
    }
}

/// The version that a request is about, for serde's `with`; nothing where it is not there.
pub(crate) mod asked_version {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::Value;

    use super::super::number::int64;

    // serde wants a reference here.
    #[allow(clippy::ref_option)]
    pub(crate) fn serialize<S: Serializer>(version: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
        match version {
            Some(number) => serializer.collect_str(number),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let shown = match &value {
            Value::String(text) if text.is_empty() => return Ok(None),
            Value::String(text) => format!("'{text}'"),
            other => other.to_string(),
        };
        let wrong = |_| D::Error::custom(format!("Parameter 'version' must be an integer, got {shown}."));
        int64(value).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct SampleForm {
        #[serde(default, deserialize_with = "list")]
        ids: Vec<String>,
        #[serde(default, with = "asked_version")]
        version: Option<i64>,
    }

    fn read(json: &str) -> Result<SampleForm, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_list_may_be_its_only_member() {
        assert_eq!(read(r#"{"ids":"a"}"#).unwrap().ids, ["a"]);
        assert_eq!(read(r#"{"ids":["a","b"]}"#).unwrap().ids, ["a", "b"]);
        assert!(read(r#"{"ids":null}"#).unwrap().ids.is_empty());
        assert!(read(r#"{"ids":[1]}"#).is_err());
    }

    #[test]
    fn a_version_comes_as_a_text_or_a_number() {
        for json in [r#"{"version":"3"}"#, r#"{"version":3}"#] {
            assert_eq!(read(json).unwrap().version, Some(3));
        }
        assert_eq!(read(r#"{"version":""}"#).unwrap().version, None);
        let error = read(r#"{"version":"x"}"#).unwrap_err().to_string();
        assert!(error.contains("Parameter 'version' must be an integer, got 'x'."), "{error}");
    }
}
