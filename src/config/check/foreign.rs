//! Words and whole files of other programs: what stands for them here.

use super::fields::{ConfigFields, other_word};
use crate::config::finding::Findings;

/// Keys that files of `mlflow-sweeper` have and no sweep file has.
const SWEEPER: [&str; 7] =
    ["experiment", "algorithm", "spec", "storage", "storages", "output_dir", "plot_params"];

/// Refuses a file of `mlflow-sweeper` in one message; returns whether it was one.
pub fn refuse(fields: &ConfigFields<'_>, findings: &mut Findings) -> bool {
    let mut found = SWEEPER.iter().filter_map(|key| fields.get(key));
    let (Some(first), Some(_)) = (found.next(), found.next()) else { return false };
    if fields.get("spec").is_none() && fields.get("algorithm").is_none() {
        return false;
    }
    findings
        .error(&first.key, "this file has the format of mlflow-sweeper, which differs from a sweep file")
        .hint(
            "`experiment`: `experiment_name`; `algorithm: grid`: `method: grid`; `spec.metric` and `spec.direction`: \
             `metric: {name: …, goal: minimize}`; `spec.n_runs`: `run_cap`; `spec.max_retry`: `retries`; \
             `lr: [0.1, 0.01]`: `lr: {values: [0.1, 0.01]}`; `seed: 0`: `seed: {value: 0}`; parameters after the command: \
             `command: [python, train.py, \"${args_no_hyphens}\"]`. `sensitivity`, `grid_params`, storages and plots \
             have no counterpart; `sweep analyze` draws plots",
        );
    true
}

/// What an unknown key of the top level was most likely meant for.
pub fn advice(key: &str) -> Option<String> {
    if let Some(ours) = other_word(key) {
        return Some(format!("write `{ours}`"));
    }
    match key {
        "direction" | "goal" => Some("write `metric: {name: …, goal: minimize}`".to_owned()),
        "sweep_id" => {
            Some("the id of a sweep is given on the command line: `sweep run --sweep-id=ID`".to_owned())
        }
        _ => None,
    }
}

/// What an unknown key of a parameter was most likely meant for.
pub fn advice_of_parameter(key: &str) -> Option<String> {
    let text = match key {
        "description" | "desc" | "comment" | "help" | "note" | "doc" | "name" | "label" => {
            format!("make it a comment: `# {key}: …`")
        }
        "type" | "dist" => "write `distribution`, or leave it out: it follows from the values".to_owned(),
        "default" | "constant" | "const" => "for a single value write `value`".to_owned(),
        "choices" | "options" | "categories" | "grid" | "list" => "write `values`".to_owned(),
        "low" | "lower" | "start" | "minimum" => "write `min`".to_owned(),
        "high" | "upper" | "end" | "stop" | "maximum" => "write `max`".to_owned(),
        "step" | "quantization" => "for steps write `distribution: q_uniform` and `q`".to_owned(),
        "log" | "scale" => "for a log scale write `distribution: log_uniform_values`".to_owned(),
        "mean" | "loc" => "write `mu`".to_owned(),
        "std" | "stddev" => "write `sigma`".to_owned(),
        "weights" | "probs" | "p" => "write `probabilities`".to_owned(),
        _ => return None,
    };
    Some(text)
}
