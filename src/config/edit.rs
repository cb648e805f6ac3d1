//! What may change in the config of a sweep that has begun, and why the rest may not.

use super::check::check;
use super::finding::CheckedConfig;
use super::{Config, Method};
use crate::space::{Distribution, Leaf, Point, Value};

/// Something that can't be changed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditRefusal {
    /// The key, or the dotted path of the parameter.
    pub key: String,
    /// Why.
    pub why: String,
}

/// The changes from one version of a config to the next, in words: `run_cap 20 → 40`. Empty: they mean the same.
///
/// # Errors
/// What of it can't be: trials of the sweep would no longer be comparable, or an index would get another point.
pub fn config_changes(old: &Config, new: &Config) -> Result<Vec<String>, Vec<EditRefusal>> {
    let mut edit = EditComparison::default();
    edit.fixed(old, new);
    edit.caps(old, new);
    edit.points(old, new);
    edit.parameters(old, new);
    if edit.refused.is_empty() { Ok(edit.changes) } else { Err(edit.refused) }
}

/// Checks the bytes of a new version against the version before it: the config, and what has changed.
///
/// # Errors
/// What of it can't be. The findings of bytes that are no config are in `Ok(Err(…))`.
pub fn check_edit(
    old: &Config,
    bytes: &[u8],
) -> Result<Result<CheckedEdit, CheckedConfig>, Vec<EditRefusal>> {
    let checked = check(bytes);
    let Some(config) = checked.config.clone().filter(|_| checked.errors.is_empty()) else {
        return Ok(Err(checked));
    };
    let changes = config_changes(old, &config)?;
    let then = names(old);
    let unused = |name: &String| {
        let quoted = format!("`{name}`");
        checked
            .warnings
            .iter()
            .any(|one| one.code == Some("unused-parameter") && one.message.contains(&quoted))
    };
    let unheard: Vec<EditRefusal> = names(&config)
        .into_iter()
        .filter(|name| !then.contains(name) && unused(name))
        .map(|name| EditRefusal {
            why: "the command never uses it, and a command stays as it is: ${args} and ${args_json} would"
                .into(),
            key: name,
        })
        .collect();
    if unheard.is_empty() { Ok(Ok(CheckedEdit { config, changes })) } else { Err(unheard) }
}

/// A new version of a config that may follow the one before it.
#[derive(Debug, Clone)]
pub struct CheckedEdit {
    /// The new version.
    pub config: Config,
    /// What has changed, in words.
    pub changes: Vec<String>,
}

fn names(config: &Config) -> Vec<String> {
    config.space.leaves().into_iter().map(|leaf| leaf.name).collect()
}

#[derive(Default)]
struct EditComparison {
    changes: Vec<String>,
    refused: Vec<EditRefusal>,
}

impl EditComparison {
    fn refuse(&mut self, key: impl Into<String>, why: impl Into<String>) {
        self.refused.push(EditRefusal { key: key.into(), why: why.into() });
    }

    fn changed(&mut self, key: &str, from: &str, to: &str) {
        if from != to {
            self.changes.push(format!("{key} {from} → {to}"));
        }
    }

    /// What stays as it is for as long as the sweep lives.
    fn fixed(&mut self, old: &Config, new: &Config) {
        let command =
            "agents were started for the command that they know, and trials of another are not comparable";
        let judged = "trials that have their result were judged by it";
        let order = "the points of trials that were not run yet would change their numbers";
        let given = "agents take it from the version that they start with: give it to `sweep run`";
        let name = "`sweep rename` gives a sweep another name";
        for (key, differs, why) in [
            ("command", old.command != new.command, command),
            ("program", old.program != new.program, command),
            ("env", old.env != new.env, command),
            ("workdir", old.workdir != new.workdir, command),
            ("hooks", old.hooks != new.hooks, command),
            ("git_diff", old.git_diff != new.git_diff, command),
            ("method", old.method != new.method, order),
            ("seed", old.seed != new.seed, order),
            ("order", old.shuffled != new.shuffled, order),
            ("replace", old.replace != new.replace, order),
            ("zip", old.zip != new.zip, order),
            ("budget", old.budget != new.budget, order),
            ("metric", old.objectives() != new.objectives(), judged),
            ("early_terminate", old.early_terminate != new.early_terminate, judged),
            ("early_terminate.metric", old.early_metric != new.early_metric, judged),
            ("retries", old.retries != new.retries, given),
            ("grace", old.grace != new.grace, given),
            (
                "experiment_name",
                old.experiment_name != new.experiment_name,
                "the runs lie in that experiment",
            ),
            ("sweep_name", old.sweep_name != new.sweep_name, name),
            (
                "description",
                old.description != new.description,
                "it was copied into MLflow's note: write there",
            ),
        ] {
            if differs {
                self.refuse(key, why);
            }
        }
    }

    fn caps(&mut self, old: &Config, new: &Config) {
        let cap = |cap: Option<u64>| cap.map_or_else(|| "none".to_owned(), |cap| cap.to_string());
        self.changed("run_cap", &cap(old.run_cap), &cap(new.run_cap));
        let time = |time: Option<std::time::Duration>| {
            time.map_or_else(|| "none".to_owned(), |time| format!("{}s", time.as_secs_f64()))
        };
        self.changed("trial_timeout", &time(old.trial_timeout), &time(new.trial_timeout));
        self.changed("max_duration", &time(old.max_duration), &time(new.max_duration));
        if old.optimizer != new.optimizer {
            self.changes.push("another optimizer".to_owned());
        }
        if old.constraints != new.constraints {
            if old.method == Method::SuccessiveHalving {
                self.refuse("constraints", HALVING);
            }
            self.changes.push("other constraints".to_owned());
        }
    }

    /// Points are tried in their order: what was there stays.
    fn points(&mut self, old: &Config, new: &Config) {
        if old.points == new.points {
            return;
        }
        let stays = |(then, now): (&Point, &Point)| old.space.values_in(then) == old.space.values_in(now);
        if new.points.len() < old.points.len() || !old.points.iter().zip(&new.points).all(stays) {
            return self.refuse(
                "points",
                "points may be added at the end of the list; those before stay as they are",
            );
        }
        if old.method == Method::SuccessiveHalving {
            return self.refuse("points", HALVING);
        }
        let added = new.points.len() - old.points.len();
        if added == 0 {
            return;
        }
        self.changes.push(crate::text::count(added as u64, "point") + " added");
    }

    fn parameters(&mut self, old: &Config, new: &Config) {
        let (then, now) = (old.space.leaves(), new.space.leaves());
        let before = self.changes.len();
        for leaf in &then {
            match now.iter().find(|other| other.name == leaf.name) {
                Some(other) => self.parameter(leaf, other),
                None => self.refuse(&leaf.name, "a parameter stays: narrow it to one value"),
            }
        }
        for leaf in now.iter().filter(|leaf| !then.iter().any(|other| other.name == leaf.name)) {
            match &leaf.parameter.before {
                None => self.refuse(
                    &leaf.name,
                    format!(
                        "which value did the trials before it have? Say it: --before {}=VALUE",
                        leaf.name
                    ),
                ),
                Some(value) => self.changes.push(format!("{} added, before it {}", leaf.name, value.text())),
            }
        }
        if self.changes.len() > before && old.method == Method::SuccessiveHalving {
            self.refuse("parameters", HALVING);
        }
    }

    fn parameter(&mut self, old: &Leaf<'_>, new: &Leaf<'_>) {
        let name = &old.name;
        if old.parameter.when != new.parameter.when {
            return self.refuse(name, "under another `when` trials without it would mean something else");
        }
        if old.parameter.before != new.parameter.before {
            return self.refuse(name, "`before` says what trials had: it stays");
        }
        let (then, now) = (&old.parameter.distribution, &new.parameter.distribution);
        if then == now {
            return;
        }
        match why_another(then, now) {
            Some(why) => self.refuse(name, why),
            None => self.changed(name, &in_words(then), &in_words(now)),
        }
    }
}

/// So many values of a parameter are shown.
const MOST_VALUES: usize = 8;

const HALVING: &str = "trials of `successive_halving` continue each other: their points are fixed";

/// Why a distribution can't take the place of another: its values would mean something else.
fn why_another(old: &Distribution, new: &Distribution) -> Option<String> {
    let varied = matches!(new, Distribution::Categorical { .. } | Distribution::IntUniform { .. });
    match (old, new) {
        (Distribution::Constant(value), _) if !new.is_constant() => {
            let allowed = super::check::AllowedValues::of(new);
            (!allowed.holds(value))
                .then(|| format!("its trials had {}: that must stay one of its values", value.text()))
        }
        (Distribution::Categorical { values, .. }, Distribution::Categorical { values: others, .. }) => {
            let kinds = |values: &[Value]| values.iter().map(kind).collect::<Vec<_>>();
            let (then, now) = (kinds(values), kinds(others));
            let strange = !now.iter().any(|kind| then.contains(kind));
            strange.then(|| "values of another kind would be another meaning of the same name".to_owned())
        }
        (Distribution::Categorical { values, .. }, Distribution::Constant(value)) => {
            let one_of = values.iter().any(|other| other.same_as(value));
            (!one_of)
                .then(|| format!("{} is none of its values: that would be another meaning", value.text()))
        }
        (_, Distribution::Constant(_)) => None,
        (Distribution::IntUniform { .. }, Distribution::Categorical { values, .. }) if varied => {
            let whole = values.iter().all(|value| matches!(value, Value::Int(_)));
            (!whole).then(|| "its values are whole numbers".to_owned())
        }
        _ if old.name() == new.name() => None,
        _ => Some(format!(
            "`{}` in place of `{}` would be another meaning of the same name: its bounds and values may change",
            new.name(),
            old.name()
        )),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Float(_) => 2,
        Value::Text(_) => 3,
        Value::List(_) => 4,
        Value::Map(_) => 5,
    }
}

/// `[1, 2, 3]`, `0.1 to 1`.
fn in_words(distribution: &Distribution) -> String {
    match distribution {
        Distribution::Constant(value) => value.text(),
        Distribution::Categorical { values, .. } => {
            let more = if values.len() > MOST_VALUES { ", …" } else { "" };
            let shown: Vec<String> = values.iter().take(MOST_VALUES).map(Value::text).collect();
            format!("[{}{more}]", shown.join(", "))
        }
        Distribution::IntUniform { min, max } => format!("{min} to {max}"),
        Distribution::Continuous { .. } => {
            let fields = distribution.fields();
            let of = |key: &str| fields.iter().find(|(k, _)| *k == key).map(|(_, value)| value.text());
            match (of("min"), of("max")) {
                (Some(min), Some(max)) => format!("{min} to {max}"),
                _ => fields
                    .iter()
                    .map(|(key, value)| format!("{key} {}", value.text()))
                    .collect::<Vec<_>>()
                    .join(" "),
            }
        }
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
