//! The whole job on the embedded default: no server, no Python.

use sweep::testing::{EmbeddedStore, ExperimentId, Run, RunQuery, Store};

use crate::support::sandbox::Sandbox;

/// The example config of the repository.
pub const EXAMPLE: &str = include_str!("../../sweep_config.example.yaml");

/// Puts the example config and the script and data that it names into a sandbox.
pub fn example(sandbox: &Sandbox) {
    sandbox.file("sweep_config.example.yaml", EXAMPLE);
    sandbox.file("examples/diabetes/train.sh", include_str!("../../examples/diabetes/train.sh"));
    sandbox.file("examples/diabetes/diabetes.csv", include_str!("../../examples/diabetes/diabetes.csv"));
}

/// All runs of an experiment but the ledger's.
pub fn runs(store: &dyn Store, experiment: &str) -> Vec<Run> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let experiment = store.experiment_by_name(experiment).await.unwrap().unwrap();
        let experiment_ids: Vec<ExperimentId> = vec![experiment.id];
        let query = RunQuery { experiment_ids, max_results: 10_000, ..RunQuery::default() };
        store.search_runs(&query).await.unwrap().items
    })
}

fn history(store: &dyn Store, run: &Run, key: &str) -> Vec<(i64, f64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let history = runtime.block_on(store.metric_history(&run.info.id, key)).unwrap();
    history.into_iter().map(|metric| (metric.step, metric.value)).collect()
}

#[test]
fn the_example_config_trains_twenty_models_and_says_what_mattered() {
    let sandbox = Sandbox::new();
    example(&sandbox);
    let ran = sandbox.run(&["start", "sweep_config.example.yaml"]).expect(0);
    assert!(ran.stdout.contains("Feature Importance and Correlation for r2"), "{}", ran.stdout);
    assert!(ran.stderr.contains("run_cap is reached: all 20 trials are taken"), "{}", ran.stderr);

    let uri = format!("sqlite:///{}", sandbox.path().join("mlflow.db").display());
    let store = EmbeddedStore::open(&uri).unwrap();
    let (parents, children): (Vec<Run>, Vec<Run>) =
        runs(&store, "diabetes").into_iter().partition(|run| run.tag("sweep").is_some());
    let [parent] = parents.as_slice() else { panic!("one parent was expected: {parents:?}") };
    assert_eq!(parent.info.status.as_str(), "FINISHED");
    assert_eq!((parent.info.name.as_str(), parent.tag("sweep")), ("diabetes-elastic-net", Some("True")));
    assert_eq!(children.len(), 20);
    for child in &children {
        assert_eq!(child.info.status.as_str(), "FINISHED");
        assert_eq!(child.tag("mlflow.parentRunId"), Some(parent.info.id.as_str()));
        for name in ["penalty", "l1_ratio", "max_iterations"] {
            let sampled: f64 = child.tag(&format!("sweep.param.{name}")).unwrap().parse().unwrap();
            let logged: f64 = child.param(name).unwrap().parse().unwrap();
            assert!((sampled - logged).abs() <= 1e-12 * sampled.abs(), "{name}: {sampled} {logged}");
        }
        let folds = history(&store, child, "r2");
        assert_eq!(folds.len(), 6, "{folds:?}");
        let mean = folds[..5].iter().map(|(_, value)| value).sum::<f64>() / 5.0;
        assert!((child.metric("r2").unwrap().value - mean).abs() < 1e-9);
        assert!(child.metric("rmse").unwrap().value > 0.0);
        let folder = std::path::Path::new(&child.info.artifact_uri);
        let log = std::fs::read_to_string(folder.join("logs/output.txt")).unwrap();
        assert!(log.starts_with("penalty "), "{log}");
    }
    let artifacts = std::path::Path::new(&parent.info.artifact_uri);
    assert_eq!(std::fs::read_to_string(artifacts.join("sweep_config.yaml")).unwrap(), EXAMPLE);
    for name in
        ["plots/timeline.svg", "plots/metric.svg", "plots/importance.svg", "report.html", "trials.csv"]
    {
        assert!(artifacts.join(name).metadata().unwrap().len() > 500, "{name}");
    }
}

#[test]
fn the_same_seed_gives_the_same_points_in_any_order_and_number_of_jobs() {
    let config = "command: 'true'\nrun_cap: 12\nseed: 7\nparameters:\n  lr: {min: 0.0, max: 1.0}\n  opt: {values: [a, b]}\n";
    let points = |jobs: &str| {
        let sandbox = Sandbox::new();
        sandbox.init(config);
        sandbox.run(&["run", "--jobs", jobs]).expect(0);
        let store = EmbeddedStore::open(&format!("sqlite:///{}", sandbox.path().join("mlflow.db").display()))
            .unwrap();
        let mut points: Vec<(u64, String, String)> = runs(&store, "Default")
            .iter()
            .filter_map(|run| {
                let trial = run.tag("sweep.trial")?.parse().unwrap();
                Some((trial, run.param("lr").unwrap().to_owned(), run.param("opt").unwrap().to_owned()))
            })
            .collect();
        points.sort();
        points
    };
    let alone = points("1");
    assert_eq!(alone.len(), 12);
    assert_eq!(alone, points("4"));
}

#[test]
fn a_failing_trial_is_marked_with_its_exit_code_and_the_agent_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'echo working on ${x}; exit ${x}'\nmethod: grid\nparameters:\n  x: {values: [0, 3, 0.0, 4]}\n  y: {values: [0]}\n");
    let ran = sandbox.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("FAILED (exit code 3)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the grid is exhausted: all 3 points are taken"), "{}", ran.stderr);
    let store =
        EmbeddedStore::open(&format!("sqlite:///{}", sandbox.path().join("mlflow.db").display())).unwrap();
    let mut ends: Vec<(String, String)> = runs(&store, "Default")
        .iter()
        .filter(|run| run.tag("sweep.trial").is_some())
        .map(|run| (run.info.status.to_string(), run.tag("sweep.exit_code").unwrap().to_owned()))
        .collect();
    ends.sort();
    let expected = [("FAILED", "3"), ("FAILED", "4"), ("FINISHED", "0")];
    assert_eq!(ends, expected.map(|(status, code)| (status.to_owned(), code.to_owned())));
}

#[test]
fn after_five_failures_in_a_row_the_agent_stops_and_shows_the_last_lines() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'for i in $(seq 30); do echo line $i; done; exit 9'\nrun_cap: 50\nparameters:\n  x: {min: 0.0, max: 1.0}\n");
    let ran = sandbox.run(&["run", "--quiet"]).expect(1);
    assert!(ran.stderr.contains("5 failures in a row"), "{}", ran.stderr);
    assert!(ran.stderr.contains("    line 30\n") && ran.stderr.contains("    line 11\n"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("    line 10\n"), "{}", ran.stderr);
}

#[test]
fn nothing_is_created_when_the_config_is_wrong() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.yaml", "comand: 'true'\nparameters:\n  x: {min: 1, max: 0}\n");
    let ran = sandbox.run(&["init", "sweep.yaml"]).expect(2);
    assert!(ran.stderr.contains("sweep.yaml:1:1") && ran.stderr.contains("command"), "{}", ran.stderr);
    let left: Vec<_> =
        std::fs::read_dir(sandbox.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["sweep.yaml"]);
}
