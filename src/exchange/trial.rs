//! The files of a trial, and back.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::error::ExchangeError;
use super::folder::Folder;
use super::names::{GIT, PARAMS, SUMMARY, TAGS};
use crate::record::{Sweep, tags};
use crate::space::{Point, Value};
use crate::text::{iso_or_number, parse_moment, stamp};
use crate::tracking::Run;
use crate::trial::{RunStatus, Trial, TrialIndex};

/// A trial as its files describe it, all but its histories and artifacts.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialRecord {
    /// Its index.
    pub index: TrialIndex,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// Id of its run where it was run.
    pub run_id: String,
    /// Name of that run.
    pub run_name: String,
    /// Id of the sweep that it was run in.
    pub sweep_id: String,
    /// State of the run.
    pub status: RunStatus,
    /// Start, epoch milliseconds.
    pub start: i64,
    /// End, epoch milliseconds.
    pub end: Option<i64>,
    /// Exit code of its command.
    pub exit_code: Option<i32>,
    /// What it was run with.
    pub point: Point,
    /// Params as they were logged.
    pub params: BTreeMap<String, String>,
    /// Final values of its metrics, infinities as such.
    pub metrics: BTreeMap<String, f64>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The latest values of a run's metrics.
#[must_use]
pub fn final_metrics(run: &Run) -> BTreeMap<String, f64> {
    run.metrics.iter().map(|metric| (metric.key.clone(), metric.value)).collect()
}

impl TrialRecord {
    /// What the run of a trial says. A trial that was imported is described as where it came from.
    #[must_use]
    pub fn of(trial: &Trial, run: &Run, sweep: &Sweep) -> Self {
        let sweep_id = sweep.original_id().to_owned();
        let run_id = run.tag(tags::IMPORTED_RUN).unwrap_or(run.info.id.as_str()).to_owned();
        let inferred: Vec<&str> = run.tag(tags::IMPORTED_INFERRED).unwrap_or_default().split(',').collect();
        let shown = |key: &str| !key.starts_with(tags::IMPORTED) && !inferred.contains(&key);
        let parents = [tags::PARENT_RUN_ID, tags::SWEEP_ID];
        let value = |key: &str, value: &str| match parents.contains(&key) && value == sweep.id().as_str() {
            true => sweep_id.clone(),
            false => value.to_owned(),
        };
        Self {
            index: trial.index,
            attempt: trial.attempt,
            run_id,
            run_name: run.info.name.clone(),
            status: trial.status,
            start: trial.start_time,
            end: trial.end_time,
            exit_code: trial.exit_code,
            point: trial.point.clone(),
            params: run.params.iter().cloned().collect(),
            metrics: final_metrics(run),
            tags: run
                .tags
                .iter()
                .filter(|(key, _)| shown(key))
                .map(|(key, text)| (key.clone(), value(key, text)))
                .collect(),
            sweep_id,
        }
    }

    /// The name of its folder: it sorts by start, and names the trial.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{}_{:06}", stamp(self.start), self.index.0)
    }

    /// `params.json`: the sampled point, and what else the script logged.
    #[must_use]
    pub fn params_json(&self) -> Json {
        let Json::Object(mut entries) = self.point.to_json() else { return Json::Null };
        let sampled: Vec<String> = self.point.leaves().into_iter().map(|(name, _)| name).collect();
        for (name, text) in &self.params {
            if !sampled.contains(name) && !entries.contains_key(name) {
                entries.insert(name.clone(), Json::String(text.clone()));
            }
        }
        Json::Object(entries)
    }

    /// `tags.json`.
    #[must_use]
    pub fn tags_json(&self) -> Json {
        self.tags.iter().map(|(key, value)| (key.clone(), Json::String(value.clone()))).collect()
    }

    /// `summary.json`. What was logged in other words than `params.json` has, or not at all, stands here.
    #[must_use]
    pub fn summary_json(&self) -> Json {
        #[allow(clippy::cast_precision_loss)]
        let duration = self.end.map(|end| end.saturating_sub(self.start).max(0) as f64 / 1000.0);
        let metrics: Map<String, Json> =
            self.metrics.iter().map(|(name, value)| (name.clone(), Value::Float(*value).to_json())).collect();
        let mut summary = json!({
            "trial": self.index.0,
            "attempt": self.attempt,
            "run_id": self.run_id,
            "run_name": self.run_name,
            "sweep_id": self.sweep_id,
            "status": self.status.as_str(),
            "exit_code": self.exit_code,
            "start": iso_or_number(self.start),
            "end": self.end.map(iso_or_number),
            "duration": duration,
            "metrics": metrics,
        });
        let expected = texts(&self.params_json());
        let otherwise: Map<String, Json> = self
            .params
            .iter()
            .filter(|(name, text)| expected.get(*name) != Some(text))
            .map(|(name, text)| (name.clone(), Json::String(text.clone())))
            .collect();
        let missing: Vec<&String> = expected.keys().filter(|name| !self.params.contains_key(*name)).collect();
        if let Json::Object(entries) = &mut summary {
            if !otherwise.is_empty() {
                entries.insert("params_as_logged".into(), Json::Object(otherwise));
            }
            if !missing.is_empty() {
                entries.insert("params_not_logged".into(), json!(missing));
            }
        }
        summary
    }

    /// `git_info.json`, with the changes since the commit where they are known.
    #[must_use]
    pub fn git_json(&self, patch: Option<&[u8]>) -> Json {
        let tag = |key: &str| self.tags.get(key);
        let text = patch.and_then(|patch| std::str::from_utf8(patch).ok());
        let mut git = json!({
            "commit": tag(tags::GIT_COMMIT),
            "branch": tag(tags::GIT_BRANCH),
            "dirty": tag(tags::GIT_DIRTY).map(|dirty| dirty == "true"),
            "uncommitted_changes": text,
        });
        let note = match (patch, text) {
            (Some(_), None) => Some("the changes are not UTF-8: they lie in artifacts/git.diff"),
            (None, _) if tag(tags::GIT_DIFF_SHA256).is_some() => Some("the changes were not kept"),
            _ => None,
        };
        if let (Some(note), Json::Object(entries)) = (note, &mut git) {
            entries.insert("note".into(), note.into());
        }
        git
    }

    /// Reads the folder of a trial.
    ///
    /// # Errors
    /// Where a file is missing that must be there, or does not say what it should.
    pub fn read(folder: &Folder, name: &str) -> Result<Self, ExchangeError> {
        let file = |file: &str| format!("{name}/{file}");
        let object = |at: &str, needed: bool| -> Result<Map<String, Json>, ExchangeError> {
            match folder.json(&file(at))? {
                Some(Json::Object(entries)) => Ok(entries),
                None if !needed => Ok(Map::new()),
                None => Err(ExchangeError::content(folder.name(&file(at)), "there is no such file")),
                Some(_) => Err(ExchangeError::content(folder.name(&file(at)), "not a JSON object")),
            }
        };
        let summary = object(SUMMARY, true)?;
        let params = Json::Object(object(PARAMS, true)?);
        let mut tags = strings(&object(TAGS, false)?);
        if !tags.contains_key(tags::GIT_COMMIT) && folder.file(&file(TAGS))?.is_none() {
            let git = object(GIT, false)?;
            let commit = git.get("commit").and_then(Json::as_str);
            tags.extend(commit.map(|commit| (tags::GIT_COMMIT.to_owned(), commit.to_owned())));
        }
        Self::parse(&summary, &params, tags)
            .map_err(|problem| ExchangeError::content(folder.name(&file(SUMMARY)), problem))
    }

    fn parse(
        summary: &Map<String, Json>,
        params_json: &Json,
        tags: BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let text = |key: &str| summary.get(key).and_then(Json::as_str);
        let number = |key: &str| summary.get(key).and_then(Json::as_i64);
        let moment = |key: &str| match text(key) {
            None => Ok(None),
            Some(text) => parse_moment(text).map(Some).ok_or_else(|| format!("`{key}` is `{text}`")),
        };
        let index =
            number("trial").and_then(|index| u64::try_from(index).ok()).ok_or("`trial` is not a number")?;
        let status = text("status").unwrap_or("FINISHED");
        let as_logged = summary.get("params_as_logged").and_then(Json::as_object).map(strings);
        let not_logged = summary.get("params_not_logged").and_then(Json::as_array);
        let mut params = texts(params_json);
        params.retain(|name, _| !not_logged.is_some_and(|names| names.iter().any(|known| known == name)));
        params.extend(as_logged.unwrap_or_default());
        let point = tags.get(tags::POINT).and_then(|text| serde_json::from_str(text).ok());
        let point = point.as_ref().and_then(Point::from_json).or_else(|| Point::from_json(params_json));
        let metrics = summary.get("metrics").and_then(Json::as_object).into_iter().flatten();
        Ok(Self {
            index: TrialIndex(index),
            attempt: number("attempt").and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or(1).max(1),
            run_id: text("run_id").unwrap_or_default().to_owned(),
            run_name: text("run_name").map_or_else(|| format!("trial-{index:04}"), str::to_owned),
            sweep_id: text("sweep_id").unwrap_or_default().to_owned(),
            status: RunStatus::parse(status).ok_or_else(|| format!("`status` is `{status}`"))?,
            start: moment("start")?.ok_or("`start` is missing")?,
            end: moment("end")?,
            exit_code: number("exit_code").and_then(|code| i32::try_from(code).ok()),
            point: point.unwrap_or_default(),
            params,
            metrics: metrics
                .filter_map(|(name, value)| Some((name.clone(), Value::from_json(value).as_f64()?)))
                .collect(),
            tags,
        })
    }
}

/// The texts under which the params of `params.json` are logged.
fn texts(params: &Json) -> BTreeMap<String, String> {
    let point = Point::from_json(params).unwrap_or_default();
    point.leaves().into_iter().map(|(name, value)| (name, value.text())).collect()
}

fn strings(entries: &Map<String, Json>) -> BTreeMap<String, String> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    entries.iter().map(|(key, value)| (key.clone(), text(value))).collect()
}

#[cfg(test)]
mod tests;
