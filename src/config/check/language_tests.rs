//! What the language has beyond the reference: every key, what it gives, and what is said of its misuse.

use std::time::Duration;

use crate::config::{
    Budget, CheckedConfig, Config, EarlyTerminate, Goal, Impute, Method, MetricSummary, Optimizer,
    OutputPattern, check,
};
use crate::space::{ParameterNode, Value};

const HEAD: &str =
    "program: t.py\nparameters:\n  a: {values: [1, 2]}\n  b: {values: [x, y]}\n  c: {min: 0.0, max: 1.0}\n";

fn ok(rest: &str) -> Config {
    let CheckedConfig { config, errors, .. } = check(format!("{HEAD}{rest}").as_bytes());
    config.unwrap_or_else(|| panic!("{rest}: {errors:#?}"))
}

/// The errors of a file, as `key: message`.
fn errors(rest: &str) -> Vec<String> {
    let errors = check(format!("{HEAD}{rest}").as_bytes()).errors;
    errors.into_iter().map(|e| format!("{}: {}", e.key, e.message)).collect()
}

fn codes(rest: &str) -> Vec<&'static str> {
    let checked = check(format!("{HEAD}{rest}").as_bytes());
    assert!(checked.config.is_some(), "{rest}: {:#?}", checked.errors);
    checked.warnings.iter().filter_map(|w| w.code).collect()
}

#[test]
fn every_setting_arrives_in_the_config() {
    let config = ok(
        "method: random\nseed: 18446744073709551615\nrun_cap: null\ntrial_timeout: 90s\nmax_duration: 1h30m\ngrace: 45\nworkdir: ../training\nretries: 2\nenv: {A: yes, B: 1e-4, C: , 1: x}\n",
    );
    assert_eq!(config.seed, Some(u64::MAX));
    assert_eq!(config.run_cap, None);
    assert_eq!(config.trial_timeout, Some(Duration::from_secs(90)));
    assert_eq!(config.max_duration, Some(Duration::from_secs(5400)));
    assert_eq!(config.grace, Some(Duration::from_secs(45)));
    assert_eq!(config.workdir.as_deref(), Some("../training"));
    assert_eq!(config.retries, 2);
    let env: Vec<(&str, &str)> = config.env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(env, [("A", "yes"), ("B", "1e-4"), ("C", ""), ("1", "x")]);
}

#[test]
fn the_metric_has_its_further_keys() {
    let config = ok(
        "method: random\nmetric: {name: acc, goal: maximize, target: 1, impute: best, impute_while_running: latest, summary: best, from_output: 'acc=([0-9.]+)'}\n",
    );
    let metric = config.metric.unwrap();
    assert_eq!((metric.goal, metric.target, metric.impute), (Goal::Maximize, Some(1.0), Impute::Best));
    assert_eq!((metric.impute_while_running, metric.summary), (Some(Impute::Latest), MetricSummary::Best));
    assert_eq!(metric.from_output.as_ref().map(OutputPattern::as_str), Some("acc=([0-9.]+)"));
    for off in ["false", "'false'"] {
        let config = ok(&format!("method: random\nmetric: {{name: acc, impute_while_running: {off}}}\n"));
        assert_eq!(config.metric.unwrap().impute_while_running, None);
    }
    for bad in ["'acc='", "'(a)(b)'", "'(['", "3"] {
        let found = errors(&format!("method: random\nmetric: {{name: acc, from_output: {bad}}}\n"));
        assert!(found.len() == 1 && found[0].starts_with("metric.from_output: "), "{found:?}");
    }
}

#[test]
fn every_stopping_rule_is_read_with_its_defaults() {
    let rule = |text: &str| {
        ok(&format!("method: random\nmetric: {{name: m, goal: minimize}}\nearly_terminate: {text}\n"))
            .early_terminate
            .unwrap()
    };
    assert_eq!(
        rule("{type: hyperband, min_iter: 3.0}"),
        EarlyTerminate::Hyperband { min_iter: Some(3), max_iter: None, s: None, eta: 3.0, strict: true }
    );
    assert_eq!(
        rule("{type: asha, max_iter: 81}"),
        EarlyTerminate::Asha { min_iter: 1, max_iter: Some(81), eta: 3.0, min_trials: 0, stop_on_nan: true }
    );
    assert_eq!(
        rule("{type: median}"),
        EarlyTerminate::Median { warmup: 0, min_trials: 5, stop_on_nan: true }
    );
    assert_eq!(
        rule("{type: patience, patience: 4, stop_on_nan: false}"),
        EarlyTerminate::Patience { patience: 4, min_delta: 0.0, stop_on_nan: false }
    );
    for (text, key) in [
        ("{type: asha, min_iter: 9, max_iter: 3}", "early_terminate.max_iter"),
        ("{type: patience}", "early_terminate.patience"),
        ("{type: patience, patience: 3, min_delta: -1}", "early_terminate.min_delta"),
        ("{type: median, eta: 3}", "early_terminate.eta"),
        ("{type: hyperbamd}", "early_terminate.type"),
        ("3", "early_terminate"),
    ] {
        let found = errors(&format!("method: random\nmetric: {{name: m}}\nearly_terminate: {text}\n"));
        assert!(found.len() == 1 && found[0].starts_with(&format!("{key}: ")), "{text}: {found:?}");
    }
}

#[test]
fn ignored_bounds_of_hyperband_are_warned_of_and_dropped() {
    let metric = "method: random\nmetric: {name: m, goal: minimize}\n";
    for (text, code, min, max) in [
        ("{type: hyperband, min_iter: 1, max_iter: 27, s: 2}", "min-iter-ignored", None, Some(27)),
        ("{type: hyperband, min_iter: 2, max_iter: 27}", "max-iter-ignored", Some(2), None),
    ] {
        let rest = format!("{metric}early_terminate: {text}\n");
        assert_eq!(codes(&rest), [code]);
        let Some(EarlyTerminate::Hyperband { min_iter, max_iter, .. }) = ok(&rest).early_terminate else {
            panic!()
        };
        assert_eq!((min_iter, max_iter), (min, max));
    }
}

#[test]
fn methods_have_their_own_keys() {
    let config = ok("method: bayes\nmetric: {name: m}\noptimizer: gp\n");
    assert_eq!((config.method, config.optimizer), (Method::Bayes, Optimizer::Gp));
    let config = ok("method: successive_halving\nmetric: {name: m}\nbudget: {parameter: epochs, max: 27}\n");
    assert_eq!(config.budget, Some(Budget { parameter: "epochs".into(), min: 1, max: 27, eta: 3.0 }));
    assert_eq!(errors("method: successive_halving\nmetric: {name: m}\n").len(), 1);
    assert_eq!(codes("method: sobol\n"), Vec::<&str>::new());
    for key in ["order: shuffled", "optimizer: tpe", "budget: {max: 3}"] {
        assert_eq!(codes(&format!("method: random\n{key}\n")), ["no-effect"]);
    }
    assert_eq!(codes("method: sobol\nreplace: false\n"), ["no-effect"]);
}

#[test]
fn keys_of_the_cloud_are_accepted_with_a_word_about_them() {
    let keys = "entity: me\ncontroller: {type: local}\njob: x\nimage_uri: y\nsettings: {a: 1}\nkind: sweep\napiVersion: v1\n";
    assert_eq!(codes(&format!("method: random\n{keys}")), Vec::<&str>::new());
    let notes = check(format!("{HEAD}method: random\n{keys}").as_bytes()).notes;
    assert_eq!(notes.iter().filter_map(|note| note.code).collect::<Vec<_>>(), ["no-effect"; 5]);
    assert_eq!(errors("method: random\nkind: job\ncontroller: {type: remote}\n").len(), 2);
    assert_eq!(errors("method: random\nmetrics: []\nscheduler: {}\n").len(), 2);
}

#[test]
fn labels_fall_back_in_order() {
    let config = ok("method: random\nname: n\nproject: p\ndescription: d\n");
    assert_eq!((config.experiment_name.as_str(), config.sweep_name.as_deref()), ("p", Some("n")));
    assert_eq!(config.description.as_deref(), Some("d"));
    let config = ok("experiment_name: e\nsweep_name: s\nname: n\nproject: p\n");
    assert_eq!((config.experiment_name.as_str(), config.sweep_name.as_deref()), ("e", Some("s")));
    assert_eq!((config.method, config.run_cap), (Method::Random, Some(10)));
    assert_eq!(ok("method: random\n").experiment_name, "Default");
}

#[test]
fn conditions_are_resolved_among_siblings_first() {
    let file = "program: t.py\nmethod: random\nparameters:\n  name: {values: [q]}\n  o:\n    parameters:\n      name: {values: [x, y]}\n      z: {value: 1, when: {name: x}}\n";
    let config = check(file.as_bytes()).config.unwrap();
    let ParameterNode::Group(inner) = &config.space.nodes[1].1 else { panic!("no group") };
    let ParameterNode::Leaf(leaf) = &inner.nodes[1].1 else { panic!("no leaf") };
    assert_eq!(leaf.when, [("o.name".to_owned(), vec![Value::Text("x".into())])]);
}

#[test]
fn conditions_that_make_no_sense_are_refused() {
    for (parameters, message) in [
        ("d: {value: 1, when: {e: 1}}", "names `e`"),
        ("d: {value: 1, when: {a: 3}}", "never has the value"),
        ("d: {value: 1, when: {f: 1}}\n  f: {value: 1, when: {d: 1}}", "depends on itself"),
        ("d: {value: 1, when: a}", "expected a mapping"),
        ("d: {value: 1, when: {}}", "expected a mapping"),
    ] {
        let file = HEAD.to_owned() + "  " + parameters + "\nmethod: random\n";
        let errors = check(file.as_bytes()).errors;
        assert!(errors.iter().any(|e| e.message.contains(message)), "{parameters}: {errors:#?}");
    }
}

#[test]
fn ties_between_parameters_are_checked() {
    for (rest, message) in [
        ("zip: [[a, q]]", "names `q`"),
        ("zip: [[a, c]]", "can't be zipped"),
        ("zip: [[a]]", "at least two"),
        ("zip: [[a, b], [b, a]]", "is in `zip` twice"),
        ("zip: [a, b]", "expected a list"),
        ("constraints: ['a <']", "can't be read"),
        ("constraints: ['a < d']", "names `d`"),
        ("constraints: ['a < b']", "can't be computed"),
        ("constraints: ['a + 1']", "must be true or false"),
        ("constraints: ['1 < 2']", "names no parameter"),
        ("constraints: a < 2", "expected a list"),
        ("points: [{a: 1, b: x}]", "no value for `c`"),
        ("points: [{a: 1, b: x, c: 0.5, d: 1}]", "`d` is not a parameter"),
        ("points: [3]", "expected a mapping"),
        ("replace: false", "finitely many"),
        ("order: sorted", "expected `shuffled`"),
        ("env: [A]", "expected a mapping"),
        ("env: {'A=B': 1}", "can't be the name"),
        ("retries: -1", "whole number"),
        ("trial_timeout: 0", "a duration above 0"),
        ("workdir: ''", "the path of a directory"),
        ("workdir: 7", "a text"),
        ("workdir: 'data/${x}'", "without `${…}`"),
        ("seed: 1.5", "whole number"),
    ] {
        let found = errors(&format!("method: random\n{rest}\n"));
        assert!(found.iter().any(|error| error.contains(message)), "{rest}: {found:?}");
    }
    let uneven =
        "program: t.py\nmethod: grid\nzip: [[a, b]]\nparameters: {a: {values: [1, 2]}, b: {values: [1]}}\n";
    assert!(check(uneven.as_bytes()).errors[0].message.contains("can't move together"));
}

#[test]
fn a_point_outside_of_its_parameters_is_only_warned_of() {
    assert_eq!(codes("method: random\npoints: [{a: 3, b: x, c: 0.5}]\n"), ["point-outside"]);
    assert_eq!(codes("method: random\npoints: [{a: 1.0, b: x, c: 1}]\n"), Vec::<&str>::new());
}

#[test]
fn a_grid_larger_than_its_cap_is_warned_of() {
    let file =
        |cap: &str| format!("program: t.py\nmethod: grid\n{cap}parameters: {{x: {{min: 1, max: 20}}}}\n");
    let codes = |cap: &str| -> Vec<&str> {
        check(file(cap).as_bytes()).warnings.iter().filter_map(|w| w.code).collect()
    };
    assert_eq!(codes("run_cap: 19\n"), ["grid-over-cap"]);
    assert_eq!(codes("run_cap: 20\n"), Vec::<&str>::new());
    assert_eq!(codes("experiment_name: e\n"), ["grid-over-cap"]);
    assert_eq!(codes("experiment_name: e\nrun_cap: null\n"), Vec::<&str>::new());
}

#[test]
fn line_ends_and_byte_order_marks_of_other_systems_are_read() {
    let unix = HEAD.to_owned() + "method: random\nrun_cap: 0\n";
    let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
    let (one, two) = (check(unix.as_bytes()), check(windows.as_bytes()));
    assert_eq!(one.errors, two.errors);
    assert_eq!((one.errors[0].line, one.errors[0].column, one.errors[0].length), (7, 10, 1));
}

#[test]
fn findings_are_data_for_other_programs() {
    let checked = check(
        b"program: t.py\nmethod: random\nparameters:\n  x: {min: 2, max: 1}\n  y: {min: 0, max: 1.5}\n",
    );
    let errors = serde_json::to_value(&checked.errors).unwrap();
    let expected = serde_json::json!([{
        "key": "parameters.x.min", "line": 4, "column": 12, "length": 1,
        "message": "`min` must be less than `max`", "hint": "swap the two",
    }]);
    assert_eq!(errors, expected);
    assert_eq!(serde_json::to_value(&checked.warnings).unwrap()[0]["code"], "mixed-bounds");
}
