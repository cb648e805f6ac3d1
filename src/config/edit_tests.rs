//! What may change in a config, and what may not.

use super::*;

fn config(more: &str) -> Config {
    let yaml = format!(
        "command: [run, \"${{args}}\"]\nmethod: random\nmetric: {{name: loss, goal: minimize}}\n{more}"
    );
    let checked = check(yaml.as_bytes());
    checked.config.unwrap_or_else(|| panic!("{:?}", checked.errors))
}

fn refused(old: &str, new: &str) -> Vec<String> {
    let refused = config_changes(&config(old), &config(new)).unwrap_err();
    refused.into_iter().map(|one| format!("{}: {}", one.key, one.why)).collect()
}

const OLD: &str =
    "run_cap: 20\nparameters: {lr: {min: 0.1, max: 1.0}, bs: {values: [1, 2]}, k: {value: 3}}\n";

#[test]
fn caps_ranges_values_parameters_and_points_may_change() {
    let new = "run_cap: 40\nparameters: {lr: {min: 0.01, max: 1.0}, bs: {values: [1, 2, 4]}, k: {values: [3, 5]}, \
               wd: {values: [0, 1], before: 0}}\npoints: [{lr: 0.5, bs: 2, k: 3, wd: 1}]\n";
    assert_eq!(
        config_changes(&config(OLD), &config(new)).unwrap(),
        [
            "run_cap 20 → 40",
            "1 point added",
            "bs [1, 2] → [1, 2, 4]",
            "k 3 → [3, 5]",
            "lr 0.1 to 1.0 → 0.01 to 1.0",
            "wd added, before it 0"
        ]
    );
    assert_eq!(config_changes(&config(OLD), &config(OLD)), Ok(Vec::new()));
}

#[test]
fn another_meaning_of_the_same_name_is_refused_with_the_reason() {
    for (from, to, why) in [
        (
            "lr: {min: 0.1, max: 1.0}",
            "lr: {distribution: log_uniform_values, min: 0.1, max: 1.0}",
            "another meaning",
        ),
        ("bs: {values: [1, 2]}", "bs: {values: [a, b]}", "another kind"),
        ("bs: {values: [1, 2]}", "bs: {value: 7}", "none of its values"),
        ("k: {value: 3}", "k: {values: [4, 5]}", "must stay one of its values"),
        (", k: {value: 3}", "", "a parameter stays"),
        ("k: {value: 3}", "k: {value: 3}, wd: {values: [0, 1]}", "--before wd=VALUE"),
        ("run_cap: 20", "seed: 3", "would change their numbers"),
    ] {
        let refused = refused(OLD, &OLD.replace(from, to));
        assert!(refused.len() == 1 && refused[0].contains(why), "{from} to {to}: {refused:?}");
    }
}

#[test]
fn a_parameter_that_the_command_does_not_use_is_not_added() {
    let yaml = "command: run --lr ${lr}\nmethod: random\nparameters: {lr: {min: 0.1, max: 1.0}}\n";
    let old = check(yaml.as_bytes()).config.unwrap();
    let new = yaml.replace("}}", "}, wd: {values: [0, 1], before: 0}}");
    let refused = check_edit(&old, new.as_bytes()).unwrap_err();
    assert!(refused[0].key == "wd" && refused[0].why.contains("never uses it"), "{refused:?}");
}
