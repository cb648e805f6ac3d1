//! Times in the JSON of protobuf, which MLflow's newer endpoints speak: `2026-11-21T05:13:46.123Z`, `1.5s`. Epoch
//! milliseconds and milliseconds here. For serde's `with`.

/// A moment.
pub(crate) mod timestamp {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::text::{iso_or_number, parse_moment};

    // serde wants a reference here.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(epoch_ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&iso_or_number(*epoch_ms))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(0) };
        parse_moment(&text).ok_or_else(|| D::Error::custom(format!("expected a moment, found {text:?}")))
    }
}

/// How long something took.
pub(crate) mod duration {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    // serde wants a reference here.
    #[allow(clippy::ref_option)]
    pub(crate) fn serialize<S: Serializer>(ms: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
        match ms {
            None => serializer.serialize_none(),
            Some(ms) => {
                let sign = if *ms < 0 { "-" } else { "" };
                let ms = ms.unsigned_abs();
                serializer.collect_str(&format_args!("{sign}{}.{:03}s", ms / 1000, ms % 1000))
            }
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let seconds = text.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
        match seconds.map(|seconds| (seconds * 1000.0).round()).filter(|ms| ms.abs() < 1e15) {
            #[allow(clippy::cast_possible_truncation)]
            Some(ms) => Ok(Some(ms as i64)),
            None => Err(D::Error::custom(format!("expected seconds such as \"1.5s\", found {text:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct SampleTimes {
        #[serde(with = "super::timestamp")]
        at: i64,
        #[serde(with = "super::duration")]
        took: Option<i64>,
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        for (at, took) in [(1_700_000_000_123, Some(1_005)), (0, Some(-7)), (1, None)] {
            let times = SampleTimes { at, took };
            let text = serde_json::to_string(&times).unwrap();
            assert_eq!(serde_json::from_str::<SampleTimes>(&text).unwrap(), times, "{text}");
        }
        let read: SampleTimes =
            serde_json::from_str(r#"{"at": "2026-11-21T05:13:46Z", "took": "3s"}"#).unwrap();
        assert_eq!((read.at, read.took), (1_795_238_026_000, Some(3_000)));
        assert!(serde_json::from_str::<SampleTimes>(r#"{"at": "soon", "took": null}"#).is_err());
        assert!(serde_json::from_str::<SampleTimes>(r#"{"at": null, "took": "1e300s"}"#).is_err());
    }
}
