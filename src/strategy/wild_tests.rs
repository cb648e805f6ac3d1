//! Sweep files as strangers write them: `tests/data/config/wild.*.json`.

use serde_json::Value as Json;

use crate::config::command::{RenderContext, render};
use crate::config::vectors::cases;
use crate::config::{CheckedConfig, Config, Finding, check};
use crate::space::Value;
use crate::strategy::{self, Strategy};
use crate::trial::TrialIndex;

fn checked(case: &Json) -> CheckedConfig {
    check(case["yaml"].as_str().unwrap().as_bytes())
}

fn said(findings: &[Finding]) -> String {
    let texts = findings
        .iter()
        .map(|finding| format!("{}\n{}", finding.message, finding.hint.as_deref().unwrap_or("")));
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_must_be_refused_is_refused_at_its_key() {
    for case in cases("wild", "invalid") {
        let found = checked(&case);
        assert!(found.config.is_none(), "{} was accepted", case["id"]);
        let accept = case["accept"].as_array().unwrap();
        let fault = format!("{}.", case["fault"].as_str().unwrap());
        let right =
            |error: &&Finding| accept.contains(&error.key.clone().into()) || error.key.starts_with(&fault);
        assert!(found.errors.iter().any(|error| right(&error)), "{}: {:#?}", case["id"], found.errors);
        assert_eq!(found.errors.len(), 1, "{}: {:#?}", case["id"], found.errors);
    }
}

#[test]
fn the_hints_of_refusals_lead_on() {
    for (id, hint) in [
        ("macros-in-a-text", r#"command: ["python", "t.py", "${args}"]"#),
        ("macros-in-a-text-wandb", r#"command: ["${env}", "${interpreter}", "${program}", "${args}"]"#),
        ("macros-in-a-block-text", "remove the `|`"),
        ("count", "`run_cap`"),
        ("parameter-description", "make it a comment"),
        ("hydra-name-override", "${args_override_hydra}"),
    ] {
        let case = cases("wild", "invalid").into_iter().find(|case| case["id"] == id).unwrap();
        let said = said(&checked(&case).errors);
        assert!(said.contains(hint), "{id}: {said}");
    }
}

#[test]
fn what_must_be_accepted_gives_the_points_and_commands_that_it_should() {
    for case in cases("wild", "valid") {
        let CheckedConfig { config, errors, warnings, .. } = checked(&case);
        let config = config.unwrap_or_else(|| panic!("{}: {errors:#?}", case["id"]));
        let want = &case["want"];
        let strategy = strategy::for_config(&config, 0).unwrap();
        for (index, point) in want["points"].as_array().into_iter().flatten().enumerate() {
            let made = strategy.point(TrialIndex(index as u64)).unwrap().unwrap();
            let same = Value::from_json(&made.to_json()).same_as(&Value::from_json(point));
            assert!(same, "{}: {} is not {point}", case["id"], made.to_json());
        }
        for (index, argv) in want["argv"].as_array().into_iter().flatten().enumerate() {
            assert_eq!(&command(&config, strategy.as_ref(), index as u64), argv, "{}", case["id"]);
        }
        for (code, most) in want["findings_at_most"].as_object().into_iter().flatten() {
            let found = warnings.iter().filter(|warning| warning.code == Some(code)).count();
            assert!(found as u64 <= most.as_u64().unwrap(), "{}: {warnings:#?}", case["id"]);
        }
        if let Some(size) = want["grid_size"].as_u64() {
            assert_eq!(strategy.size(), Some(size.into()), "{}", case["id"]);
        }
        if want["must_warn"].is_string() {
            assert!(warnings.iter().any(|warning| warning.code == Some("macro-in-item")), "{}", case["id"]);
        }
        if let Some(text) = want["hint_names"].as_str() {
            assert!(said(&warnings).contains(text), "{}: {}", case["id"], said(&warnings));
        }
    }
}

fn command(config: &Config, strategy: &dyn Strategy, trial: u64) -> Json {
    let point = strategy.point(TrialIndex(trial)).unwrap().unwrap();
    let context = RenderContext {
        program: config.program.as_deref(),
        environment: &|_| None,
        extra: &[],
        params_file: None,
        declared: &config.parameter_names(),
    };
    render(&config.command, &point, &context).unwrap().argv.into()
}
