//! Answers: one thing, or a page of them, under the name that MLflow gives it.

use serde::de::DeserializeOwned;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::assessment::Assessment;
use super::experiment::Experiment;
use super::logged_model::LoggedModel;
use super::metric::Metric;
use super::model_version::ModelVersion;
use super::registered_model::RegisteredModel;
use super::run::{Run, RunInfo};
use super::trace::{TraceInfo, TraceInfoV2};

/// One page of an answer.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// Set where more is left.
    pub next: Option<String>,
}

/// What has a name in answers.
pub trait Named {
    /// The name of one.
    const ONE: &'static str;
}

/// What comes in pages.
pub trait Paged {
    /// The name of many.
    const MANY: &'static str;
}

macro_rules! named {
    ($($noun:ty: $one:literal $(, $many:literal)?;)*) => {
        $(
            impl Named for $noun {
                const ONE: &'static str = $one;
            }
            $(
                impl Paged for $noun {
                    const MANY: &'static str = $many;
                }
            )?
        )*
    };
}

named! {
    Experiment: "experiment", "experiments";
    Run: "run", "runs";
    RunInfo: "run_info";
    LoggedModel: "model", "models";
    RegisteredModel: "registered_model", "registered_models";
    ModelVersion: "model_version", "model_versions";
    Metric: "metric", "metrics";
    TraceInfo: "trace_info", "traces";
    TraceInfoV2: "trace_info", "traces";
    Assessment: "assessment";
}

/// One thing: `{"run": …}`.
#[derive(Debug)]
pub struct One<T>(pub T);

impl<T: Named + Serialize> Serialize for One<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(T::ONE, &self.0)?;
        map.end()
    }
}

impl<'de, T: Named + DeserializeOwned> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = fields::<D, T>(deserializer, T::ONE)?.0;
        found.map(Self).ok_or_else(|| serde::de::Error::missing_field(T::ONE))
    }
}

impl<T: Paged + Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // An empty page is `{}`.
        if !self.items.is_empty() {
            map.serialize_entry(T::MANY, &self.items)?;
        }
        if let Some(token) = &self.next {
            map.serialize_entry("next_page_token", token)?;
        }
        map.end()
    }
}

impl<'de, T: Paged + DeserializeOwned> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (items, next) = fields::<D, Vec<T>>(deserializer, T::MANY)?;
        Ok(Self { items: items.unwrap_or_default(), next: next.filter(|token| !token.is_empty()) })
    }
}

/// The field of this name, and the token of the next page.
fn fields<'de, D, F>(deserializer: D, name: &'static str) -> Result<(Option<F>, Option<String>), D::Error>
where
    D: Deserializer<'de>,
    F: DeserializeOwned,
{
    deserializer.deserialize_map(PageFields { name, of: std::marker::PhantomData })
}

struct PageFields<F> {
    name: &'static str,
    of: std::marker::PhantomData<F>,
}

impl<'de, F: DeserializeOwned> serde::de::Visitor<'de> for PageFields<F> {
    type Value = (Option<F>, Option<String>);

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an answer with `{}`", self.name)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut next) = (None, None);
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match &*key {
                key if key == self.name => found = Some(map.next_value()?),
                "next_page_token" => next = map.next_value()?,
                _ => drop(map.next_value::<serde::de::IgnoredAny>()?),
            }
        }
        Ok((found, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_page_is_an_empty_object() {
        let page = Page::<Metric> { items: Vec::new(), next: None };
        assert_eq!(serde_json::to_string(&page).unwrap(), "{}");
        let page: Page<Metric> = serde_json::from_str(r#"{"next_page_token": "", "more": [1]}"#).unwrap();
        assert!(page.items.is_empty() && page.next.is_none());
    }

    #[test]
    fn a_page_is_read_as_it_is_written() {
        let metric = Metric { key: "m".into(), value: f64::INFINITY, timestamp: 7, step: 1 };
        let page = Page { items: vec![metric], next: Some("t".into()) };
        let text = serde_json::to_string(&page).unwrap();
        assert_eq!(
            text,
            r#"{"metrics":[{"key":"m","value":1.7976931348623157e+308,"timestamp":7,"step":1}],"next_page_token":"t"}"#
        );
        let read: Page<Metric> = serde_json::from_str(&text).unwrap();
        assert_eq!((read.items, read.next), (page.items, page.next));
    }

    #[test]
    fn an_answer_without_its_thing_is_none() {
        assert!(serde_json::from_str::<One<Run>>("{}").is_err());
    }
}
