//! A study of Optuna's, whichever storage it was in.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::error::ExchangeError;
use super::super::table::{Dialect, TableSelection, TableTrial, TrialTable, param_key};
use super::optuna_space::OptunaSpace;
use crate::config::Goal;
use crate::space::Point;
use crate::tracking::Metric;
use crate::trial::RunStatus;

/// A study.
#[derive(Debug, Default)]
pub(super) struct OptunaStudy {
    /// Its name.
    pub name: String,
    /// What is better, for each of its values.
    pub goals: Vec<Goal>,
    /// Its trials, in order.
    pub trials: Vec<OptunaTrial>,
}

/// A trial of a study.
#[derive(Debug, Default, Clone)]
pub(super) struct OptunaTrial {
    /// Its state in capitals: `COMPLETE`.
    pub state: String,
    /// Start, epoch milliseconds.
    pub start: Option<i64>,
    /// End, epoch milliseconds.
    pub end: Option<i64>,
    /// Names, stored numbers and distributions.
    pub params: Vec<(String, f64, Rc<OptunaSpace>)>,
    /// What it was judged by.
    pub values: Vec<f64>,
    /// What it reported on its way: step and value.
    pub reported: Vec<(i64, f64)>,
    /// What the script noted of it.
    pub attributes: Vec<(String, String)>,
}

/// The study that is meant.
pub(super) fn choose(
    studies: Vec<OptunaStudy>,
    file: &str,
    asked: &TableSelection,
) -> Result<OptunaStudy, ExchangeError> {
    let names: Vec<String> = studies.iter().map(|study| study.name.clone()).collect();
    let wrong = |problem: String, hint: String| ExchangeError::Content {
        file: file.to_owned(),
        problem,
        hint: Some(hint),
    };
    let listed = format!("Its studies are: {}.", names.join(", "));
    match (&asked.study, names.len()) {
        (_, 0) => Err(ExchangeError::content(file, "it holds no study")),
        (None, 1) => Ok(studies.into_iter().next().unwrap_or_default()),
        (None, _) => Err(wrong("it holds several studies".to_owned(), format!("--study NAME. {listed}"))),
        (Some(name), _) => studies
            .into_iter()
            .find(|study| study.name == *name)
            .ok_or_else(|| wrong(format!("there is no study `{name}`"), listed)),
    }
}

impl OptunaStudy {
    /// The study as a table of runs.
    pub fn table(
        self,
        dialect: Dialect,
        file: &str,
        asked: &TableSelection,
    ) -> Result<TrialTable, ExchangeError> {
        let (metric, objective) = self.metric(file, asked)?;
        let mut spaces: BTreeMap<String, Option<OptunaSpace>> = BTreeMap::new();
        let mut params: Vec<String> = Vec::new();
        for (name, _, space) in self.trials.iter().flat_map(|trial| &trial.params) {
            let name = param_key(name);
            match spaces.get_mut(&name) {
                Some(known) => {
                    if known.as_ref().is_some_and(|known| known != space.as_ref()) {
                        *known = known.as_ref().and_then(|known| known.with(space));
                    }
                }
                None => {
                    params.push(name.clone());
                    spaces.insert(name, Some(space.as_ref().clone()));
                }
            }
        }
        if let Some(unknown) = asked.params.iter().find(|name| !params.contains(name)) {
            return Err(ExchangeError::Content {
                file: file.to_owned(),
                problem: format!("there is no parameter `{unknown}`"),
                hint: Some(format!("Its parameters are: {}.", params.join(", "))),
            });
        }
        params.retain(|name| asked.params.is_empty() || asked.params.contains(name));
        let mut table = TrialTable {
            goal: self.goals.get(objective).copied(),
            name: Some(self.name.clone()),
            spaces: spaces
                .into_iter()
                .filter_map(|(name, space)| Some((name, space?.yaml()?)))
                .filter(|(name, _)| params.contains(name))
                .collect(),
            ..TrialTable::empty(dialect, metric.clone(), params)
        };
        for (number, trial) in self.trials.into_iter().enumerate() {
            match trial.row(&metric, objective, &table.params) {
                Ok(row) => table.trials.push(row),
                Err(why) => table.left_out.push((format!("trial {number}"), why)),
            }
        }
        table.checked(file)
    }

    /// The metric's name, and which of the values it is.
    fn metric(&self, file: &str, asked: &TableSelection) -> Result<(String, usize), ExchangeError> {
        let asked = asked.metric.as_deref();
        if self.goals.len() < 2 {
            return Ok((asked.unwrap_or("value").to_owned(), 0));
        }
        let names: Vec<String> = (0..self.goals.len()).map(|at| format!("value_{at}")).collect();
        match asked.and_then(|metric| names.iter().position(|name| name == metric)) {
            Some(at) => Ok((names.get(at).cloned().unwrap_or_default(), at)),
            None => Err(ExchangeError::Content {
                file: file.to_owned(),
                problem: format!("the study `{}` has several values, and a sweep has one metric", self.name),
                hint: Some(format!("--metric NAME, with one of: {}.", names.join(", "))),
            }),
        }
    }
}

impl OptunaTrial {
    fn row(self, metric: &str, objective: usize, params: &[String]) -> Result<TableTrial, String> {
        let (status, stopped_early) = match self.state.as_str() {
            "COMPLETE" => (RunStatus::Finished, false),
            "PRUNED" => (RunStatus::Killed, true),
            "FAIL" => (RunStatus::Failed, false),
            "RUNNING" | "WAITING" => return Err(format!("it is {}: not over", self.state.to_lowercase())),
            other => return Err(format!("unknown state `{other}`")),
        };
        let mut point: Vec<_> = self
            .params
            .iter()
            .map(|(name, stored, space)| (param_key(name), *stored, space))
            .filter(|(name, ..)| params.contains(name))
            .map(|(name, stored, space)| match space.value(stored) {
                Some(value) => Ok((name, value)),
                None => Err(format!("`{name}` is choice {stored}, which there is not")),
            })
            .collect::<Result<_, _>>()?;
        point.sort_by(|a, b| a.0.cmp(&b.0));
        let timestamp = self.end.or(self.start).unwrap_or_default();
        let history = |(step, value): &(i64, f64)| Metric {
            key: metric.to_owned(),
            value: *value,
            timestamp,
            step: *step,
        };
        let several = self.values.len() > 1;
        let name_of = |at: usize| if several { format!("value_{at}") } else { metric.to_owned() };
        let mut metrics: Vec<(String, f64)> =
            self.values.iter().enumerate().map(|(at, value)| (name_of(at), *value)).collect();
        if several {
            metrics.sort_by_key(|(name, _)| *name != name_of(objective));
        }
        Ok(TableTrial {
            status,
            stopped_early,
            start: self.start,
            end: self.end,
            point: Point(point),
            metrics,
            history: if several { Vec::new() } else { self.reported.iter().map(history).collect() },
            tags: self.attributes,
            ..TableTrial::default()
        })
    }
}
