//! `sweep.json`: what the sweep is.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::error::ExchangeError;
use super::folder::Folder;
use super::names::SWEEP;
use crate::config::Goal;
use crate::record::{Sweep, tags};
use crate::text::{iso_or_number, parse_moment};

/// The version of the formats.
const FORMAT: u64 = 1;
/// Tags of a parent run that the store or `sweep` itself sets.
const OWN: [&str; 12] = [
    tags::LEDGER,
    tags::CONTROL,
    tags::CONTROL_ID,
    tags::PRIOR,
    tags::IMPORTING,
    tags::MACHINE,
    tags::BEST_TRIAL,
    tags::BEST_RUN,
    tags::BEST_VALUE,
    tags::BEST_PARAMS,
    tags::POSTED,
    tags::REPORTED,
];

/// A sweep, without its trials.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepRecord {
    /// Its id where it was made.
    pub sweep_id: String,
    /// Its name.
    pub name: String,
    /// The experiment that held it.
    pub experiment: String,
    /// How its points were chosen.
    pub method: String,
    /// The seed of every draw.
    pub seed: u64,
    /// The metric and its direction.
    pub metric: Option<(String, Goal)>,
    /// When it was made, epoch milliseconds.
    pub start: i64,
    /// Tags of its parent run.
    pub tags: BTreeMap<String, String>,
}

impl SweepRecord {
    /// What a store says of a sweep.
    #[must_use]
    pub fn of(sweep: &Sweep, experiment: String, metric: Option<(String, Goal)>) -> Self {
        let parent = &sweep.parent;
        let shown = |key: &str| {
            !OWN.contains(&key) && !key.starts_with(tags::IMPORTED) && !key.starts_with(tags::HEARD_PREFIX)
        };
        Self {
            sweep_id: sweep.original_id().to_owned(),
            name: parent.info.name.clone(),
            experiment,
            method: parent.tag(tags::METHOD).unwrap_or_default().to_owned(),
            seed: sweep.seed,
            metric,
            start: parent.info.start_time,
            tags: parent.tags.iter().filter(|(key, _)| shown(key)).cloned().collect(),
        }
    }

    /// `sweep.json`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "format": FORMAT,
            "sweep_id": self.sweep_id,
            "name": self.name,
            "experiment": self.experiment,
            "method": self.method,
            "seed": self.seed,
            "metric": self.metric.as_ref().map(|(name, way)| json!({ "name": name, "goal": way.as_str() })),
            "start": iso_or_number(self.start),
            "tags": self.tags,
        })
    }

    /// Reads `sweep.json`.
    ///
    /// # Errors
    /// Where it is missing, of a later format, or does not say what it should.
    pub fn read(folder: &Folder) -> Result<Self, ExchangeError> {
        let file = folder.name(SWEEP);
        let Some(json) = folder.json(SWEEP)? else {
            return Err(ExchangeError::Content {
                file,
                problem: "there is no such file".into(),
                hint: Some(
                    "`sweep export DIR` writes folders that can be imported; a CSV file can be, too.".into(),
                ),
            });
        };
        if json.get("format").and_then(Json::as_u64).is_some_and(|format| format > FORMAT) {
            return Err(ExchangeError::content(file, "written by a later version of sweep"));
        }
        Self::parse(&json)
            .map_err(|key| ExchangeError::content(file, format!("`{key}` is missing or no such value")))
    }

    fn parse(json: &Json) -> Result<Self, &'static str> {
        let text = |key: &'static str| json.get(key).and_then(Json::as_str).map(str::to_owned).ok_or(key);
        let metric = json.get("metric").filter(|metric| metric.is_object());
        let metric = metric.and_then(|metric| {
            let goal = match metric.get("goal")?.as_str()? {
                "maximize" => Goal::Maximize,
                _ => Goal::Minimize,
            };
            Some((metric.get("name")?.as_str()?.to_owned(), goal))
        });
        let tags = json.get("tags").and_then(Json::as_object).into_iter().flatten();
        Ok(Self {
            sweep_id: text("sweep_id")?,
            name: text("name")?,
            experiment: text("experiment")?,
            method: text("method").unwrap_or_default(),
            seed: json.get("seed").and_then(Json::as_u64).ok_or("seed")?,
            metric,
            start: text("start").ok().as_deref().and_then(parse_moment).ok_or("start")?,
            tags: tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
        })
    }
}
