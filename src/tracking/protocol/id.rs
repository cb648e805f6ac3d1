//! Ids, which JSON has as plain texts.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Id of an experiment: digits.
    ExperimentId
);
id!(
    /// Id of a run: 32 lower-case hex digits where the store drew it.
    RunId
);

impl RunId {
    /// As much of the id as a person types.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }

    /// Whether a text is a whole id, as a store draws them, and not a beginning or a name.
    #[must_use]
    pub fn is_whole(text: &str) -> bool {
        text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// The id of a run under both of its names, for serde's `flatten` and `with`.
pub(super) mod both_ids {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::RunId;

    #[derive(Serialize)]
    struct Written<'a> {
        run_id: &'a RunId,
        run_uuid: &'a RunId,
    }

    #[derive(Deserialize)]
    struct Read {
        run_id: Option<RunId>,
        run_uuid: Option<RunId>,
    }

    pub(crate) fn serialize<S: Serializer>(id: &RunId, serializer: S) -> Result<S::Ok, S::Error> {
        Written { run_id: id, run_uuid: id }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RunId, D::Error> {
        let Read { run_id, run_uuid } = Read::deserialize(deserializer)?;
        let some = |id: Option<RunId>| id.filter(|id| !id.0.is_empty());
        some(run_id).or_else(|| some(run_uuid)).ok_or_else(|| D::Error::missing_field("run_id"))
    }
}
