//! What the columns of a table are.

use super::super::trials_table::TRIAL_COLUMNS;
use super::dialect::{Dialect, TableSelection};
use super::names::{key, once, param_key};

/// What W&B knows of a run beside its config and summary.
const WANDB: [&str; 14] = [
    "Notes", "User", "Tags", "Sweep", "Group", "Job Type", "Updated", "Commit", "GitHub", "GPU Type",
    "Hostname", "Host", "End Time", "Project",
];

/// Where scripts put their params in Neptune, by its documentation.
const NEPTUNE_PARAMS: [&str; 6] =
    ["parameters/", "params/", "hyperparameters/", "hyperparams/", "config/", "configs/"];
/// What Neptune knows of a run by itself.
const NEPTUNE_OWN: [&str; 4] = ["sys/", "monitoring/", "source_code/", "artifacts/"];

/// What a column is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ColumnRole {
    /// Not used here.
    Ignored,
    Name,
    Status,
    /// Whether it failed.
    Failed,
    Start,
    End,
    /// How long the run took.
    Seconds,
    /// The metric, under the name that it is logged by.
    Metric(String),
    Param(String),
    /// A further measurement where it is a number, else a tag.
    Other(String),
}

/// The columns of a table.
pub(super) struct TableColumns {
    pub(super) dialect: Dialect,
    pub(super) metric: String,
    pub(super) roles: Vec<ColumnRole>,
}

impl TableColumns {
    /// Reads a header; what is wrong comes with what to do.
    pub(super) fn of(header: &csv::StringRecord, asked: &TableSelection) -> Result<Self, (String, String)> {
        // Files that were put together have byte order marks in their midst.
        let padding = |c: char| c.is_whitespace() || c == '\u{feff}';
        let names: Vec<&str> = header.iter().map(|name| name.trim_matches(padding)).collect();
        let dialect = dialect(&names);
        let listed = || format!("Its columns are: {}.", names.join(", "));
        let (column, metric) = metric_column(dialect, &names, asked).ok_or_else(|| match &asked.metric {
            Some(metric) => (format!("there is no column `{metric}`"), listed()),
            None => ("which column is the metric?".to_owned(), format!("--metric NAME. {}", listed())),
        })?;
        let unknown =
            asked.params.iter().find(|param| !names.iter().any(|name| param_name(dialect, name) == **param));
        if let Some(unknown) = unknown {
            return Err((format!("there is no column `{unknown}`"), listed()));
        }
        let role = |(at, name): (usize, &&str)| match at == column {
            true => ColumnRole::Metric(metric.clone()),
            false => role(dialect, name, asked),
        };
        let mut roles: Vec<ColumnRole> = names.iter().enumerate().map(role).collect();
        // A name that stands there twice is distinguished by none: the first counts.
        for at in 1..roles.len() {
            if let Some((ColumnRole::Param(_) | ColumnRole::Other(_), before)) =
                roles.get(at).zip(roles.get(..at))
                && roles.get(at).is_some_and(|role| before.contains(role))
                && let Some(role) = roles.get_mut(at)
            {
                *role = ColumnRole::Ignored;
            }
        }
        Ok(Self { dialect, metric, roles })
    }

    /// The names of the params, in the order of the table.
    pub(super) fn params(&self) -> Vec<String> {
        once(self.roles.iter().filter_map(|role| match role {
            ColumnRole::Param(name) => Some(name.as_str()),
            _ => None,
        }))
    }
}

fn dialect(names: &[&str]) -> Dialect {
    let has = |name: &str| names.contains(&name);
    if names.get(..TRIAL_COLUMNS.len()).is_some_and(|first| first == TRIAL_COLUMNS) {
        Dialect::Sweep
    } else if has("number") && has("state") && names.iter().any(|name| name.starts_with("params_")) {
        Dialect::Optuna
    } else if has("sys/id") {
        Dialect::Neptune
    } else if has("Name") && has("State") {
        Dialect::Wandb
    } else {
        Dialect::Plain
    }
}

/// The column of the metric, and the name that it is logged by.
fn metric_column(dialect: Dialect, names: &[&str], asked: &TableSelection) -> Option<(usize, String)> {
    let place = |wanted: &str| names.iter().position(|name| *name == wanted);
    let asked = asked.metric.as_deref();
    let found = asked.and_then(|metric| place(metric).or_else(|| place(&format!("metrics.{metric}"))));
    let at = match (found, dialect) {
        (Some(at), _) => at,
        // Optuna's one value has no name of its own: it gets the one that was asked for.
        (None, Dialect::Optuna) => place("value")?,
        _ => return None,
    };
    Some((at, key(asked.or_else(|| names.get(at).copied())?)))
}

fn param_name(dialect: Dialect, name: &str) -> &str {
    match dialect {
        Dialect::Neptune => {
            NEPTUNE_PARAMS.iter().find_map(|folder| name.strip_prefix(folder)).unwrap_or(name)
        }
        Dialect::Optuna => name.strip_prefix("params_").unwrap_or(name),
        _ => name.strip_prefix("params.").unwrap_or(name),
    }
}

/// Whether a column is a param where the user does not name them.
fn is_param(dialect: Dialect, name: &str) -> bool {
    match dialect {
        Dialect::Optuna => name.starts_with("params_"),
        Dialect::Neptune => NEPTUNE_PARAMS.iter().any(|folder| name.starts_with(folder)),
        _ => true,
    }
}

fn role(dialect: Dialect, name: &str, asked: &TableSelection) -> ColumnRole {
    match (dialect, name) {
        (_, "") => return ColumnRole::Ignored,
        (Dialect::Wandb, "Name") | (Dialect::Plain, "run" | "name") => return ColumnRole::Name,
        (Dialect::Wandb, "State") | (Dialect::Optuna, "state") => return ColumnRole::Status,
        (Dialect::Sweep | Dialect::Plain, "status") => return ColumnRole::Status,
        (Dialect::Wandb, "Created") | (Dialect::Optuna, "datetime_start") => return ColumnRole::Start,
        (Dialect::Sweep, "start") => return ColumnRole::Start,
        (Dialect::Optuna, "datetime_complete") | (Dialect::Sweep, "end") => return ColumnRole::End,
        (Dialect::Wandb, "Runtime") => return ColumnRole::Seconds,
        (Dialect::Optuna, "number" | "duration") => return ColumnRole::Ignored,
        (Dialect::Neptune, "sys/name") => return ColumnRole::Name,
        (Dialect::Neptune, "sys/state") => return ColumnRole::Status,
        (Dialect::Neptune, "sys/failed") => return ColumnRole::Failed,
        (Dialect::Neptune, "sys/creation_time") => return ColumnRole::Start,
        (Dialect::Neptune, "sys/running_time" | "sys/running_time_seconds") => return ColumnRole::Seconds,
        (Dialect::Neptune, "sys/id") => return ColumnRole::Other("neptune.id".to_owned()),
        (Dialect::Neptune, name) if NEPTUNE_OWN.iter().any(|folder| name.starts_with(folder)) => {
            return ColumnRole::Ignored;
        }
        (Dialect::Sweep, name) if TRIAL_COLUMNS.contains(&name) => return ColumnRole::Ignored,
        _ => {}
    }
    let wandb = dialect == Dialect::Wandb && (WANDB.contains(&name) || name == "ID");
    // What W&B measures itself begins so.
    let internal = dialect == Dialect::Wandb && name.starts_with('_');
    let param = param_name(dialect, name);
    let chosen = match asked.params.is_empty() {
        true => is_param(dialect, name) && !wandb && !internal,
        false => asked.params.iter().any(|asked| asked == param),
    };
    match (chosen, wandb, internal) {
        (true, ..) => ColumnRole::Param(param_key(param)),
        (_, true, _) => ColumnRole::Other(format!("wandb.{}", key(name))),
        (_, _, true) => ColumnRole::Ignored,
        _ => ColumnRole::Other(key(param)),
    }
}
