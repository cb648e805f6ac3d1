//! The config language as a JSON Schema (draft 2020-12), for editors.
//!
//! A schema can say which keys there are and which go together; what depends on other keys (bounds in order,
//! probabilities that sum to 1, names in conditions) only [`check`](super::check) knows.

use serde_json::{Map, Value as Json, json};

use super::check::{FORMS, UNSUPPORTED};
use crate::space::Distribution;

/// The schema of a sweep file.
#[must_use]
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sweep file",
        "type": "object",
        "required": ["parameters"],
        "anyOf": [{ "required": ["command"] }, { "required": ["program"] }],
        "properties": top(),
        "patternProperties": { "^x-": { "description": "a key of your own, such as an anchor" } },
        "additionalProperties": false,
        "$defs": {
            "duration": {
                "description": "such as 90s, 15m, 4h or 1h30m; a bare number counts seconds",
                "anyOf": [
                    { "type": "number", "minimum": 0 },
                    { "type": "string", "pattern": "^\\s*([0-9.]+\\s*(ms|s|sec|m|min|h|d)\\s*)+$" },
                ],
            },
            "parameters": {
                "description": "Parameters by name.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*$" },
                "additionalProperties": { "anyOf": forms() },
            },
        },
    })
}

/// The forms that a parameter can have: one for each distribution, and a group.
fn forms() -> Vec<Json> {
    let mut forms: Vec<Json> = Distribution::NAMES.iter().filter_map(|name| form(name)).collect();
    forms.push(json!({
        "description": "a group of parameters",
        "type": "object",
        "required": ["parameters"],
        "properties": { "parameters": { "$ref": "#/$defs/parameters" } },
        "additionalProperties": false,
    }));
    forms
}

fn form(name: &str) -> Option<Json> {
    let (_, required, optional) = FORMS.iter().find(|(form, ..)| *form == name)?;
    let mut properties = Map::new();
    for key in required.iter().chain(*optional) {
        properties.insert((*key).to_owned(), key_type(name, key));
    }
    properties.insert("distribution".to_owned(), json!({ "const": name }));
    properties.insert(
        "when".to_owned(),
        json!({ "description": "where the parameter exists: other parameters and their values", "type": "object", "minProperties": 1 }),
    );
    properties.insert(
        "before".to_owned(),
        json!({ "description": "the value of trials that ran before `sweep edit` added the parameter" }),
    );
    let mut required = required.to_vec();
    let inferred = ["constant", "categorical", "categorical_w_probabilities", "int_uniform", "uniform"];
    if !inferred.contains(&name) {
        required.push("distribution");
    }
    Some(json!({
        "type": "object", "required": required, "properties": properties, "additionalProperties": false,
    }))
}

fn key_type(name: &str, key: &str) -> Json {
    match key {
        "value" => json!({ "description": "always this value" }),
        "values" => json!({ "description": "one of these values", "type": "array", "minItems": 1 }),
        "probabilities" => json!({
            "description": "one for each value, summing to 1",
            "type": "array", "minItems": 1, "items": { "type": "number", "minimum": 0 },
        }),
        "min" | "max" if name == "int_uniform" => json!({ "type": "integer" }),
        "min" if name.ends_with("_values") => json!({ "type": "number", "exclusiveMinimum": 0 }),
        "min" | "max" if name.ends_with("log_uniform") => {
            json!({ "description": "a natural-log exponent", "type": "number" })
        }
        "sigma" => json!({ "type": "number", "minimum": 0 }),
        "q" | "a" | "b" => json!({ "type": "number", "exclusiveMinimum": 0 }),
        _ => json!({ "type": "number" }),
    }
}

/// The keys of the top level.
fn top() -> Json {
    let mut keys = json!({
        "command": {
            "description": "what a trial runs: a text for the shell, or a list of arguments",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": ["string", "number", "boolean", "null"] } },
            ],
        },
        "program": { "description": "the script for ${program}", "type": ["string", "null"] },
        "method": {
            "description": "how points are chosen",
            "enum": ["grid", "random", "bayes", "sobol", "successive_halving", null],
        },
        "metric": metric(),
        "metrics": {
            "description": "several metrics: the answer is a front",
            "type": ["array", "null"], "minItems": 1, "items": metric_of("object"),
        },
        "report_metric": report_metric(),
        "parameters": { "$ref": "#/$defs/parameters" },
        "run_cap": { "description": "most trials that may start; null: no cap", "type": ["integer", "null"], "minimum": 1 },
        "early_terminate": early_terminate(),
        "seed": { "description": "the seed of every draw", "type": ["integer", "null"], "minimum": 0 },
        "points": { "description": "points that are tried first", "type": ["array", "null"], "items": { "type": "object" } },
        "zip": {
            "description": "groups of parameters that move together",
            "type": ["array", "null"],
            "items": { "type": "array", "minItems": 2, "items": { "type": "string" } },
        },
        "constraints": {
            "description": "expressions that a point must satisfy, such as \"min_lr < max_lr\"",
            "type": ["array", "null"], "items": { "type": "string" },
        },
        "order": { "description": "the order of a grid", "enum": ["shuffled", null] },
        "replace": { "description": "false: random points without repeats", "type": ["boolean", "null"] },
        "trial_timeout": { "anyOf": [{ "$ref": "#/$defs/duration" }, { "type": "null" }] },
        "max_duration": { "anyOf": [{ "$ref": "#/$defs/duration" }, { "type": "null" }] },
        "grace": { "anyOf": [{ "$ref": "#/$defs/duration" }, { "type": "null" }] },
        "env": { "description": "additions to the command's environment", "type": ["object", "null"] },
        "workdir": { "description": "where the command runs", "type": ["string", "null"], "minLength": 1 },
        "retries": { "description": "further attempts of a failed trial", "type": ["integer", "null"], "minimum": 0 },
        "budget": {
            "type": ["object", "null"], "required": ["max"], "additionalProperties": false,
            "properties": {
                "parameter": { "type": "string" }, "min": { "type": "integer", "minimum": 1 },
                "max": { "type": "integer", "minimum": 2 }, "eta": { "type": "number", "exclusiveMinimum": 1 },
            },
        },
        "optimizer": { "description": "the model of bayes", "enum": ["auto", "tpe", "gp", null] },
        "git_diff": {
            "description": "false: trials do not keep uncommitted changes as git.diff", "type": ["boolean", "null"],
        },
        "hooks": hooks(),
        "controller": { "description": "no effect here", "type": ["object", "null"] },
        "kind": { "enum": ["sweep", null] },
    });
    for key in ["experiment_name", "sweep_name", "name", "description", "project", "apiVersion"] {
        keys[key] = json!({ "type": ["string", "number", "boolean", "null"] });
    }
    for key in ["entity", "job", "image_uri", "settings"] {
        keys[key] = json!({ "description": "no effect here" });
    }
    debug_assert!(UNSUPPORTED.iter().all(|key| keys[*key].is_null()));
    keys
}

fn hooks() -> Json {
    let hook = |when: &str| {
        json!({
            "description": format!("run when {when}, with a JSON object on stdin: a text for the shell, or a list of arguments"),
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "minItems": 1, "items": { "type": ["string", "number", "boolean", "null"] } },
                { "type": "null" },
            ],
        })
    };
    json!({
        "description": "commands that are run beside the trials when something has happened",
        "type": ["object", "null"], "additionalProperties": false,
        "properties": {
            "on_trial_end": hook("a trial has its result"),
            "on_best": hook("a trial is the best so far"),
            "on_finish": hook("the sweep is over, once"),
            "timeout": {
                "description": "a hook that takes longer is killed; 10s where nothing is said",
                "anyOf": [{ "$ref": "#/$defs/duration" }, { "type": "null" }],
            },
        },
    })
}

fn report_metric() -> Json {
    json!({
        "description": "a metric that is recorded beside and never optimised, such as that of a test set",
        "anyOf": [
            { "type": "null" }, { "type": "string", "minLength": 1 },
            {
                "type": "object", "required": ["name"], "additionalProperties": false,
                "properties": {
                    "name": { "description": "the key that the script logs", "type": "string", "minLength": 1 },
                    "goal": { "description": "what is better; default: as of `metric`", "enum": ["minimize", "maximize", null] },
                    "from_output": { "description": "a regular expression with one group, read from the output", "type": ["string", "null"] },
                },
            },
        ],
    })
}

fn metric() -> Json {
    metric_of(["object", "null"].as_slice())
}

fn metric_of(kind: impl serde::Serialize) -> Json {
    json!({
        "type": kind, "required": ["name"], "additionalProperties": false,
        "properties": {
            "name": { "description": "the key that the script logs", "type": "string", "minLength": 1 },
            "goal": { "enum": ["minimize", "maximize", null] },
            "target": { "description": "no trial starts once it is reached", "type": ["number", "null"] },
            "impute": { "enum": ["worst", "best", "latest", null] },
            "impute_while_running": { "enum": ["false", false, "worst", "best", "latest", null] },
            "summary": { "description": "which logged value counts", "enum": ["last", "min", "max", "best", "mean", null] },
            "from_output": { "description": "a regular expression with one group, read from the output", "type": ["string", "null"] },
            "limit": { "description": "the worst value that a candidate may have", "type": ["number", "null"] },
            "subject_to": {
                "description": "bounds on metrics, such as \"mem_gb <= 16\"",
                "anyOf": [
                    { "type": "array", "items": { "type": "string" } }, { "type": "string" }, { "type": "null" },
                ],
            },
        },
    })
}

fn early_terminate() -> Json {
    let count = |low: u64| json!({ "type": "integer", "minimum": low });
    let eta = json!({ "type": "number", "exclusiveMinimum": 1 });
    let flag = json!({ "type": "boolean" });
    let rule = |name: &str, required: &[&str], properties: Json| {
        let mut properties = properties;
        properties["type"] = json!({ "const": name });
        properties["metric"] =
            json!({ "description": "the one of the metrics that it watches", "type": "string" });
        let required: Vec<&str> = required.iter().copied().chain(["type"]).collect();
        json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
    };
    json!({ "anyOf": [
        { "type": "null" },
        rule("hyperband", &[], json!({
            "min_iter": count(1), "max_iter": count(1), "s": count(1), "eta": eta, "strict": flag,
        })),
        rule("asha", &[], json!({
            "min_iter": count(1), "max_iter": count(2), "eta": eta, "min_trials": count(0), "stop_on_nan": flag,
        })),
        rule("median", &[], json!({ "warmup": count(0), "min_trials": count(1), "stop_on_nan": flag })),
        rule("i_epoch", &[], json!({ "iter": count(1), "keep": count(1), "stop_on_nan": flag })),
        rule("patience", &["patience"], json!({
            "patience": count(1), "min_delta": { "type": "number", "minimum": 0 }, "stop_on_nan": flag,
        })),
    ] })
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
