//! The scripts in `examples/`, as people have them: each is the command of a sweep, with no server and unchanged.

use std::path::Path;

use sweep::tracking::embedded::EmbeddedStore;
use sweep::tracking::{Run, Store};

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
        assert!(matches!(models.as_slice(), [model] if model.ready && model.name == "forest"), "{models:?}");
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
