//! Params and tags: `[{"key": …, "value": …}]` in JSON, pairs of key and value here. For serde's `with`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
struct Read {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Serialize)]
struct Written<'a> {
    key: &'a str,
    value: &'a str,
}

pub(crate) fn serialize<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(pairs.iter().map(|(key, value)| Written { key, value }))
}

pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<Vec<(String, String)>>,
{
    let read = Vec::<Read>::deserialize(deserializer)?;
    Ok(T::from(read.into_iter().map(|pair| (pair.key, pair.value)).collect()))
}
