//! The scripts in `examples/`, as people have them: each is the command of a sweep, with no server and unchanged.

use std::path::{Path, PathBuf};
use std::process::Command;

use sweep::testing::{EmbeddedStore, Run, Store, TraceQuery};

use crate::embedded_sweep::runs;
use crate::support::outcome;
use crate::support::python::{mlflow_python, with_system_metrics};
use crate::support::sandbox::{Ran, Sandbox};

/// Trials of each sweep.
const TRIALS: &str = "2";

/// Runs two trials of an example in a copy of its folder.
fn example(name: &str) -> (Sandbox, EmbeddedStore) {
    with_system_metrics();
    let sandbox = Sandbox::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, sandbox.path().join(path.file_name().unwrap())).unwrap();
    }
    sandbox.run(&["check", "sweep.yaml"]).expect(0);
    sandbox.run(&["init", "sweep.yaml"]).expect(0);
    let bin = mlflow_python().parent().unwrap().to_owned();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = sandbox.command(&["run", "--count", TRIALS]);
    Ran::from(command.env("PATH", path).output().unwrap()).expect(0);
    let store = outcome::embedded(sandbox.path());
    (sandbox, store)
}

/// The runs of the trials, and those below them.
fn trials(store: &dyn Store, experiment: &str) -> (Vec<Run>, Vec<Run>) {
    let all = runs(store, experiment);
    let (trials, others): (Vec<Run>, Vec<Run>) = all
        .into_iter()
        .filter(|run| run.tag("sweep").is_none())
        .partition(|run| run.tag("sweep.trial").is_some());
    assert_eq!(trials.len(), 2);
    for trial in &trials {
        assert_eq!(trial.info.status.as_str(), "FINISHED", "{trial:?}");
    }
    (trials, others)
}

fn value(run: &Run, metric: &str) -> f64 {
    run.metric(metric).unwrap_or_else(|| panic!("no {metric} in {run:?}")).value
}

#[test]
fn a_a_forest_that_logs_params_a_metric_and_a_model() {
    let (_sandbox, store) = example("sklearn-forest");
    let (trials, others) = trials(&store, "forest");
    assert!(others.is_empty(), "{others:?}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for trial in &trials {
        assert!((40.0..90.0).contains(&value(trial, "rmse")));
        assert_eq!(trial.param("trees"), trial.tag("sweep.param.trees"));
        let models = runtime.block_on(store.registry().logged_models(&trial.info)).unwrap();
        assert!(
            matches!(models.as_slice(), [model] if model.is_ready() && model.info.name == "forest"),
            "{models:?}"
        );
    }
}

#[test]
fn b_autologging_with_a_name_a_description_and_system_metrics() {
    let (_sandbox, store) = example("autolog");
    let (trials, others) = trials(&store, "autolog");
    assert!(others.is_empty(), "{others:?}");
    for trial in &trials {
        assert!(trial.info.name.starts_with("lasso "), "{}", trial.info.name);
        assert_eq!(trial.tag("mlflow.note.content"), Some("A lasso on the diabetes data"));
        assert!(value(trial, "training_root_mean_squared_error") > 40.0);
        assert!(trial.param("selection").is_some() && trial.param("alpha").is_some());
    }
}

#[test]
fn c_a_run_that_opens_nested_runs() {
    let (_sandbox, store) = example("nested-runs");
    let (trials, others) = trials(&store, "folds");
    assert_eq!(others.len(), 6);
    for trial in &trials {
        let folds: Vec<&Run> = others
            .iter()
            .filter(|run| run.tag("mlflow.parentRunId") == Some(trial.info.id.as_str()))
            .collect();
        let mean = folds.iter().map(|fold| value(fold, "r2")).sum::<f64>() / 3.0;
        assert_eq!(folds.len(), 3);
        assert!((value(trial, "r2") - mean).abs() < 1e-12);
    }
}

#[test]
fn d_a_script_that_names_an_experiment_of_its_own() {
    let (_sandbox, store) = example("own-experiment");
    let (trials, others) = trials(&store, "own");
    assert!(others.is_empty(), "{others:?}");
    for trial in &trials {
        assert_eq!(trial.metric("loss").map(|metric| metric.step), Some(4));
    }
    assert!(store.db().experiment_by_name("my own experiment").unwrap().is_none());
}

#[test]
fn e_an_mlflow_project() {
    let (_sandbox, store) = example("mlflow-project");
    let (trials, others) = trials(&store, "project");
    assert!(others.is_empty(), "{others:?}");
    for trial in &trials {
        let x: f64 = trial.param("x").unwrap().parse().unwrap();
        assert!((value(trial, "y") - (x - 1.0).powi(2)).abs() < 1e-9);
        assert_eq!(trial.tag("mlflow.project.backend"), Some("local"));
    }
}

#[test]
fn the_random_forest_of_the_bayes_example_is_run_as_it_stands() {
    let (_sandbox, store) = example("random_forest");
    let (trials, _) = trials(&store, "random-forest");
    for trial in &trials {
        assert!((0.9..1.0).contains(&value(trial, "mean_accuracy")));
        assert!(trial.tag("sweep.proposal").is_some());
    }
}

/// Programs that are an awk, where they are installed.
const AWKS: [&str; 5] = ["awk", "mawk", "gawk", "original-awk", "busybox"];

#[test]
fn the_elastic_net_of_the_example_has_the_r2_of_scikit_learn_in_every_awk() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/diabetes/train.sh");
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
    let installed =
        AWKS.into_iter().filter_map(|name| folders.iter().map(|f| f.join(name)).find(|path| path.is_file()));
    let mut tried = 0;
    for program in installed {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(&program, folder.path().join("awk")).unwrap();
        // What `sweep` is here only keeps what it is given.
        let log = folder.path().join("sweep");
        std::fs::write(&log, "#!/bin/sh\nexec cat > \"$0.jsonl\"\n").unwrap();
        std::fs::set_permissions(&log, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let ran = Command::new("sh")
            .arg(&script)
            .args(["--penalty", "1", "--l1-ratio", "0.3", "--max-iterations", "500"])
            .env("PATH", path)
            .env("MLFLOW_RUN_ID", "a run")
            .env("SWEEP_BIN", &log)
            .status()
            .unwrap();
        assert!(ran.success(), "{}", program.display());
        let logged = std::fs::read_to_string(folder.path().join("sweep.jsonl")).unwrap();
        let r2: Vec<f64> = logged
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["r2"].as_f64().unwrap())
            .collect();
        // `ElasticNet(alpha=1, l1_ratio=0.3, tol=1e-10)` of scikit-learn 1.9 on the same folds, and the mean.
        let expected = [0.407452, 0.469365, 0.529141, 0.418166, 0.457487, 0.456322];
        assert_eq!(r2.len(), expected.len(), "{}", program.display());
        for (found, expected) in r2.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{}: {found} {expected}", program.display());
        }
        tried += 1;
    }
    assert!(tried > 0, "there is no awk on this machine");
}

#[test]
fn a_network_whose_accuracy_and_latency_pull_in_two_directions_gives_a_front() {
    let (sandbox, store) = example("accuracy-latency");
    let trials = runs(&store, "accuracy-latency").into_iter().filter(|run| run.tag("sweep.trial").is_some());
    for run in trials {
        // The second may be stopped early: it has both values by then.
        assert_ne!(run.info.status.as_str(), "FAILED", "{run:?}");
        assert!((0.05..=1.0).contains(&value(&run, "val_acc")));
        assert!(value(&run, "latency_us") > 0.1);
    }
    let best = sandbox.run(&["best", "--format", "json"]).expect(0).json();
    assert_eq!(best["limits"], serde_json::json!(["latency_us <= 50"]));
    assert!(best["trials"].as_array().is_some_and(|trials| !trials.is_empty()), "{best:#}");
}

#[test]
fn a_prompt_and_a_temperature_with_a_trace_for_each_call() {
    let (sandbox, store) = example("prompts");
    let (trials, others) = trials(&store, "prompts");
    assert!(others.is_empty(), "{others:?}");
    for trial in &trials {
        assert!((0.0..=1.0).contains(&value(trial, "accuracy")));
        let query = TraceQuery {
            experiment_ids: vec![trial.info.experiment_id.clone()],
            filter: format!("run_id = '{}' AND span.type = 'LLM'", trial.info.id),
            max_results: 50,
            ..TraceQuery::default()
        };
        let traces = store.db().search_traces(&query).unwrap().items;
        assert_eq!(traces.len(), 6);
        for trace in traces {
            assert_eq!(trace.assessments[0].name, "right", "{trace:?}");
            assert!(trace.metadata.contains_key("mlflow.trace.tokenUsage"), "{trace:?}");
        }
    }
    sandbox.run(&["finalize"]).expect(0);
}
