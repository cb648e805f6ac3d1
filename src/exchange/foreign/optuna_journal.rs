//! Optuna's storage in a journal: a line of JSON for each thing that happened.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value as Json;

use super::super::error::ExchangeError;
use super::super::table::{Dialect, TableSelection, TrialTable};
use super::lenient_json;
use super::numbers::{moment, number};
use super::optuna_space::OptunaSpace;
use super::optuna_study::{OptunaStudy, OptunaTrial, choose};
use crate::config::Goal;

const CREATE_STUDY: u64 = 0;
const DELETE_STUDY: u64 = 1;
const CREATE_TRIAL: u64 = 4;
const SET_PARAM: u64 = 5;
const SET_STATE: u64 = 6;
const SET_INTERMEDIATE: u64 = 7;
const SET_ATTRIBUTE: u64 = 8;
/// Its states by their numbers.
const STATES: [&str; 5] = ["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"];

/// Whether a file begins like a journal.
pub(super) fn is_one(text: &str) -> bool {
    text.lines()
        .next()
        .and_then(|line| lenient_json::parse(line).ok())
        .is_some_and(|json| json.get("op_code").is_some())
}

/// Reads a study from a journal.
pub(super) fn read(text: &str, file: &str, asked: &TableSelection) -> Result<TrialTable, ExchangeError> {
    let mut journal = Journal::default();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |problem: String| ExchangeError::content(format!("{file}, line {}", at + 1), problem);
        match lenient_json::parse(line) {
            Ok(json) => journal.take(&json).ok_or_else(|| wrong("no entry of a journal".to_owned()))?,
            // Its writer may have been killed in the midst of it.
            Err(_) if lines.peek().is_none() && !text.ends_with('\n') => {}
            Err(error) => return Err(wrong(error.to_string())),
        }
    }
    let study = choose(journal.studies(), file, asked)?;
    study.table(Dialect::OptunaJournal, file, asked)
}

/// What the entries so far come to. Ids are places: each study and trial has the next one.
#[derive(Default)]
struct Journal {
    studies: Vec<Option<OptunaStudy>>,
    /// The study of each trial, and the trial.
    trials: Vec<(usize, OptunaTrial)>,
    spaces: HashMap<String, Option<Rc<OptunaSpace>>>,
}

impl Journal {
    /// Takes an entry in; `None`: it makes no sense.
    fn take(&mut self, json: &Json) -> Option<()> {
        let id = |key: &str| json.get(key).and_then(Json::as_u64).and_then(|id| usize::try_from(id).ok());
        match json.get("op_code")?.as_u64()? {
            CREATE_STUDY => {
                let goal =
                    |word: &Json| if word.as_u64() == Some(2) { Goal::Maximize } else { Goal::Minimize };
                self.studies.push(Some(OptunaStudy {
                    name: json.get("study_name")?.as_str()?.to_owned(),
                    goals: json.get("directions")?.as_array()?.iter().map(goal).collect(),
                    trials: Vec::new(),
                }));
            }
            DELETE_STUDY => *self.studies.get_mut(id("study_id")?)? = None,
            CREATE_TRIAL => {
                let study = id("study_id")?;
                // What is done to a study that is gone does not count.
                if self.studies.get(study)?.is_some() {
                    let trial = self.created(json)?;
                    self.trials.push((study, trial));
                }
            }
            code @ (SET_PARAM | SET_STATE | SET_INTERMEDIATE | SET_ATTRIBUTE) => {
                let space = json.get("distribution").and_then(Json::as_str).map(|text| self.space(text));
                let (_, trial) = self.trials.get_mut(id("trial_id")?)?;
                if matches!(trial.state.as_str(), "RUNNING" | "WAITING") {
                    set(trial, code, json, space.flatten())?;
                }
            }
            _ => {}
        }
        Some(())
    }

    fn space(&mut self, text: &str) -> Option<Rc<OptunaSpace>> {
        if let Some(known) = self.spaces.get(text) {
            return known.clone();
        }
        let space = OptunaSpace::parse(text).map(Rc::new);
        self.spaces.insert(text.to_owned(), space.clone());
        space
    }

    /// A trial, which may have been added whole.
    fn created(&mut self, json: &Json) -> Option<OptunaTrial> {
        let state = json.get("state").map_or(Some(0), Json::as_u64)?;
        let mut trial = OptunaTrial {
            state: STATES.get(usize::try_from(state).ok()?)?.to_string(),
            start: json.get("datetime_start").and_then(moment),
            end: json.get("datetime_complete").and_then(moment),
            values: values(json),
            ..OptunaTrial::default()
        };
        let mapping = |key: &str| json.get(key).and_then(Json::as_object).into_iter().flatten();
        for (name, stored) in mapping("params") {
            let space = json.get("distributions").and_then(|all| all.get(name)).and_then(Json::as_str);
            if let (Some(space), Some(stored)) = (space.and_then(|text| self.space(text)), number(stored)) {
                trial.params.push((name.clone(), stored, space));
            }
        }
        trial.attributes = mapping("user_attrs").map(attribute).collect();
        trial.reported = mapping("intermediate_values")
            .filter_map(|(step, value)| Some((step.parse().ok()?, number(value)?)))
            .collect();
        Some(trial)
    }

    /// The studies that are left, with their trials.
    fn studies(self) -> Vec<OptunaStudy> {
        let mut studies = self.studies;
        for (study, trial) in self.trials {
            if let Some(Some(study)) = studies.get_mut(study) {
                study.trials.push(trial);
            }
        }
        studies.into_iter().flatten().collect()
    }
}

fn set(trial: &mut OptunaTrial, code: u64, json: &Json, space: Option<Rc<OptunaSpace>>) -> Option<()> {
    match code {
        SET_PARAM => {
            let stored = number(json.get("param_value_internal")?)?;
            trial.params.push((json.get("param_name")?.as_str()?.to_owned(), stored, space?));
        }
        SET_STATE => {
            let state = usize::try_from(json.get("state")?.as_u64()?).ok()?;
            trial.state = STATES.get(state)?.to_string();
            trial.start = json.get("datetime_start").and_then(moment).or(trial.start);
            trial.end = json.get("datetime_complete").and_then(moment).or(trial.end);
            trial.values = values(json);
        }
        SET_INTERMEDIATE => {
            trial.reported.push((json.get("step")?.as_i64()?, number(json.get("intermediate_value")?)?));
        }
        _ => trial.attributes.extend(json.get("user_attr")?.as_object()?.iter().map(attribute)),
    }
    Some(())
}

fn values(json: &Json) -> Vec<f64> {
    match (json.get("values").and_then(Json::as_array), json.get("value")) {
        (Some(values), _) => values.iter().filter_map(number).collect(),
        (None, Some(value)) => number(value).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn attribute((key, value): (&String, &Json)) -> (String, String) {
    (format!("user_attrs_{key}"), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
