//! `sweep analyze` and `sweep finalize`: what they print, keep, and leave alone.

use std::path::Path;

use serde_json::Value as Json;
use sweep::RunStatus;
use sweep::testing::{EmbeddedStore, Metric, NewRun, Run, RunUpdate, Store};

use crate::embedded_sweep::runs;
use crate::support::sandbox::Sandbox;

/// Its command logs nothing: the tests write the metrics, so that they know them.
const GRID: &str = "command: 'true'\ndescription: What it is for\nmethod: grid\nrun_cap: 12\nmetric: {name: loss, goal: minimize}\nparameters:\n  lr: {values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}\n  opt: {values: [adam, sgd]}\n";

fn store(sandbox: &Sandbox) -> EmbeddedStore {
    EmbeddedStore::open(&format!("sqlite:///{}", sandbox.path().join("mlflow.db").display())).unwrap()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn log(store: &EmbeddedStore, run: &Run, key: &str, values: &[f64]) {
    let metrics: Vec<Metric> = values
        .iter()
        .zip(0..)
        .map(|(value, step)| Metric { key: key.to_owned(), value: *value, timestamp: 1000 + step, step })
        .collect();
    block(store.log_batch(&run.info.id, &metrics, &[], &[])).unwrap();
}

/// A sweep of 12 finished trials whose loss is their learning rate; they also log `accuracy`.
fn swept(sandbox: &Sandbox) -> String {
    let id = sandbox.init(GRID);
    // What they are worth is logged afterwards.
    sandbox.run(&["run", "--max-failures", "100"]).expect(1);
    let store = store(sandbox);
    for run in trials(sandbox) {
        let lr: f64 = run.param("lr").unwrap().parse().unwrap();
        log(&store, &run, "loss", &[lr + 1.0, lr]);
        log(&store, &run, "accuracy", &[1.0 - lr]);
    }
    id
}

fn trials(sandbox: &Sandbox) -> Vec<Run> {
    let mut runs = runs(&store(sandbox), "Default");
    runs.retain(|run| run.tag("sweep.trial").is_some());
    runs
}

fn parent(sandbox: &Sandbox) -> Run {
    runs(&store(sandbox), "Default").into_iter().find(|run| run.tag("sweep").is_some()).unwrap()
}

fn keys(json: &Json) -> Vec<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The shape that programs rely on.
fn assert_shape(analysis: &Json) {
    let top = [
        "metric",
        "goal",
        "trials_used",
        "trials_left_out",
        "oob_r2",
        "parameters",
        "variance",
        "notes",
        "failures",
    ];
    assert_eq!(keys(analysis), top);
    for parameter in analysis["parameters"].as_array().unwrap() {
        let expected = [
            "name",
            "importance",
            "permutation_importance",
            "permutation_std",
            "pearson",
            "pearson_p",
            "spearman",
            "spearman_p",
            "eta2",
            "clear",
            "effect",
            "pearson_of_ranks",
            "eta2_of_ranks",
        ];
        assert_eq!(keys(parameter), expected);
        assert!(parameter["clear"].is_boolean());
    }
    assert!(analysis["notes"].as_array().unwrap().iter().all(Json::is_string));
}

#[test]
fn finalize_and_analyze_give_programs_the_same_object() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    let analyzed = sandbox.run(&["analyze", "--format", "json"]).expect(0).json();
    assert_eq!(parent(&sandbox).info.status, RunStatus::Running, "analyze writes nothing");
    let finalized = sandbox.run(&["finalize", &id, "--format", "json"]).expect(0).json();
    assert_eq!(finalized["analysis"], analyzed);
    assert_shape(&analyzed);
    let top = [
        "sweep_id",
        "sweep_name",
        "method",
        "metric",
        "goal",
        "trials",
        "best",
        "front",
        "noise",
        "report_metric",
        "analysis",
    ];
    assert_eq!(keys(&finalized), top);
    assert!(finalized["front"].is_null(), "there is one metric");
    assert_eq!(
        (&finalized["best"]["metric"], &finalized["best"]["params"]["lr"]),
        (&0.1.into(), &0.1.into())
    );
    assert_eq!((&analyzed["metric"], &analyzed["goal"]), (&"loss".into(), &"minimize".into()));
    let lr = &analyzed["parameters"][0];
    let verdict = (&lr["name"], &lr["clear"], &lr["effect"]);
    assert_eq!(verdict, (&"lr".into(), &false.into(), &"too_few".into()), "12 trials are too few");
    assert!((lr["pearson"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    let opt = &analyzed["parameters"][1];
    assert!(opt["pearson"].is_null() && opt["spearman_p"].is_null() && opt["eta2"].is_number());
}

#[test]
fn finalize_again_replaces_what_it_wrote_and_keeps_what_others_wrote() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    sandbox.run(&["finalize", &id]).expect(0);
    let first = parent(&sandbox);
    let note = first.tag("mlflow.note.content").unwrap().to_owned();
    assert!(note.starts_with("What it is for\n"), "{note}");
    assert!(
        note.contains("| lr |") && note.contains("- lr: `0.1`") && note.contains("```\ntrue\n```"),
        "{note}"
    );
    let theirs = note.replace("What it is for", "What it is for, and more");
    let tag = [("mlflow.note.content".to_owned(), theirs)];
    block(store(&sandbox).log_batch(&first.info.id, &[], &[], &tag)).unwrap();
    for run in trials(&sandbox) {
        let value = run.metric("loss").unwrap().value;
        log(&store(&sandbox), &run, "loss", &[0.0, 0.0, 100.0 - value]);
    }
    sandbox.run(&["finalize", &id]).expect(0);
    let note = parent(&sandbox).tag("mlflow.note.content").unwrap().to_owned();
    assert!(note.starts_with("What it is for, and more\n"), "{note}");
    assert_eq!(note.matches("### Best trial").count(), 1, "{note}");
    assert!(note.contains("- lr: `0.6`"), "{note}");
    let artifacts = Path::new(&first.info.artifact_uri);
    let kept: Json =
        serde_json::from_str(&std::fs::read_to_string(artifacts.join("analysis.json")).unwrap()).unwrap();
    assert_eq!(kept["best"]["params"]["lr"], 0.6);
    assert!(kept["details"]["parameters"][0]["pearson"]["interval"].is_array());
    let mut plots: Vec<String> = std::fs::read_dir(artifacts.join("plots"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    plots.sort();
    let expected =
        ["curves.svg", "importance.svg", "metric.svg", "parallel.svg", "slices.svg", "timeline.svg"];
    assert_eq!(plots, expected);
    let page = std::fs::read_to_string(artifacts.join("report.html")).unwrap();
    assert!(page.contains("description: What it is for") && page.contains("<pre>true</pre>"));
}

#[test]
fn every_plot_comes_as_png_too_on_request() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    sandbox.run(&["finalize", &id, "--png"]).expect(0);
    let plots = std::path::Path::new(&parent(&sandbox).info.artifact_uri).join("plots");
    let names = |ending: &str| {
        let entries = std::fs::read_dir(&plots).unwrap().map(|entry| entry.unwrap().path());
        let mut stems: Vec<_> = entries
            .filter(|path| path.extension().is_some_and(|extension| extension == ending))
            .map(|path| path.file_stem().unwrap().to_owned())
            .collect();
        stems.sort();
        stems
    };
    assert!(names("svg").len() >= 5);
    assert_eq!(names("svg"), names("png"));
    for name in names("png") {
        let bytes = std::fs::read(plots.join(name).with_extension("png")).unwrap();
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 5_000, "{} bytes", bytes.len());
    }
}

#[test]
fn a_reopened_sweep_goes_on() {
    let sandbox = Sandbox::new();
    let log = format!("command: '{} log metric loss ${{lr}}'", env!("CARGO_BIN_EXE_sweep"));
    let config = GRID.replace("run_cap: 12", "run_cap: 8").replace("command: 'true'", &log);
    let id = sandbox.init(&config);
    sandbox.run(&["run", "--count", "3"]).expect(0);
    sandbox.run(&["stop", &id]).expect(0);
    sandbox.run(&["finalize", &id]).expect(0);
    assert_eq!(parent(&sandbox).info.status, RunStatus::Finished);
    sandbox.run(&["finalize", &id, "--reopen"]).expect(0);
    assert_eq!(parent(&sandbox).info.status, RunStatus::Running);
    sandbox.run(&["run", &id]).expect(0);
    assert_eq!(trials(&sandbox).len(), 8);
}

#[test]
fn any_logged_metric_can_be_asked_for() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    let ran = sandbox.run(&["analyze", &id, "--metric", "accuracy", "--format", "json"]).expect(0).json();
    assert_eq!(
        (&ran["metric"], &ran["goal"], &ran["trials_used"]),
        (&"accuracy".into(), &Json::Null, &12.into())
    );
    let args = ["finalize", &id, "--metric", "accuracy", "--goal", "maximize", "--format", "json"];
    let ran = sandbox.run(&args).expect(0).json();
    assert_eq!((&ran["best"]["metric"], &ran["goal"]), (&0.9.into(), &"maximize".into()));
    let ran = sandbox.run(&["analyze", &id, "--metric", "accurcy"]).expect(1);
    assert!(ran.stderr.contains("no finished trial has a number as `accurcy`"), "{}", ran.stderr);
}

#[test]
fn runs_that_no_sweep_made_are_analysed_by_what_they_logged() {
    let sandbox = Sandbox::new();
    let store = store(&sandbox);
    let experiment = block(store.create_experiment("by-hand")).unwrap();
    for k in 0..30 {
        let new = NewRun {
            experiment_id: experiment.clone(),
            name: format!("run {k}"),
            user: "someone".into(),
            start_time: 1000 + k,
            tags: Vec::new(),
        };
        let info = block(store.create_run(&new)).unwrap();
        let params = [
            ("lr", format!("{:e}", 10_f64.powi(-((k % 6) as i32) - 1))),
            ("bias", if k % 2 == 0 { "True".into() } else { "False".into() }),
            ("model", ["a", "b", "c"][(k % 3) as usize].to_owned()),
        ];
        let params = params.map(|(key, value)| (key.to_owned(), value));
        let value = (k % 6) as f64 + if k % 2 == 0 { 0.1 } else { 0.0 };
        let metric = Metric { key: "loss".into(), value, timestamp: 2000, step: 0 };
        let metrics = if k == 7 { vec![] } else { vec![metric] };
        block(store.log_batch(&info.id, &metrics, &params, &[])).unwrap();
        let status = if k == 3 { RunStatus::Failed } else { RunStatus::Finished };
        let update = RunUpdate { status: Some(status), end_time: Some(3000), ..RunUpdate::default() };
        block(store.update_run(&info.id, &update)).unwrap();
    }
    let args = ["analyze", "--experiment", "by-hand", "--metric", "loss", "--log", "lr", "--format", "json"];
    let ran = sandbox.run(&args).expect(0).json();
    assert_shape(&ran);
    assert_eq!(ran["trials_used"], 28);
    assert_eq!(
        (&ran["trials_left_out"]["failed"], &ran["trials_left_out"]["no_metric"]),
        (&1.into(), &1.into())
    );
    let named = |name: &str| {
        ran["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .find(|parameter| parameter["name"] == name)
            .unwrap()
            .clone()
    };
    assert!(named("lr")["pearson"].as_f64().unwrap() < -0.99, "{ran:#}");
    assert!(named("bias")["pearson"].is_number() && named("model")["pearson"].is_null());

    let filter =
        ["--experiment", "by-hand", "--metric", "loss", "--filter", "params.model = 'a'", "--format", "json"];
    let ran = sandbox.run(&[&["analyze"], filter.as_slice()].concat()).expect(0).json();
    assert_eq!(ran["trials_used"], 9);
    let ran = sandbox.run(&["analyze", "--experiment", "by-hand", "--metric", "los"]).expect(2);
    assert!(
        ran.stderr.contains("no run has logged the metric `los`") && ran.stderr.contains("Logged are: loss.")
    );
    let ran = sandbox.run(&["analyze", "--experiment", "by-hnd", "--metric", "loss"]).expect(2);
    assert!(ran.stderr.contains("by-hand"), "{}", ran.stderr);
}

#[test]
fn of_an_experiment_only_runs_that_computed_something_count() {
    let sandbox = Sandbox::new();
    swept(&sandbox);
    let args = ["analyze", "--experiment", "Default", "--metric", "loss", "--format", "json"];
    let ran = sandbox.run(&args).expect(0).json();
    assert_eq!(ran["trials_used"], 12);
    assert_eq!(ran["trials_left_out"]["running"], 0, "the parent run and the ledger are no trials: {ran:#}");
}

/// The rows of a table in which only `lr` matters.
fn table(rows: usize) -> String {
    let mut text = "run,status,lr,model,loss\n".to_owned();
    for k in 0..rows {
        let status = ["FINISHED", "FAILED", "FINISHED", "KILLED", "FINISHED"][k % 5];
        let lr = 10_f64.powi(-((k % 7) as i32));
        let loss = match k % 50 {
            12 => "nan".to_owned(),
            22 => "inf".to_owned(),
            32 => String::new(),
            _ => format!("{}", (k % 7) as f64 * 1.5),
        };
        text.push_str(&format!("r{k},{status},{lr:e},\"m, {}\",{loss}\n", k % 2));
    }
    text
}

#[test]
fn a_csv_file_is_analysed_without_any_store() {
    let sandbox = Sandbox::new();
    sandbox.file("runs.csv", &table(100));
    let args = [
        "analyze", "--csv", "runs.csv", "--metric", "loss", "--goal", "minimize", "--log", "lr", "--format",
        "json",
    ];
    let ran = sandbox.run(&args).expect(0).json();
    assert_shape(&ran);
    assert_eq!((&ran["trials_used"], &ran["goal"]), (&54.into(), &"minimize".into()));
    let left_out = serde_json::json!({
        "failed": 20, "killed": 20, "running": 0, "scheduled": 0, "no_metric": 2, "nan": 2, "infinite": 2
    });
    assert_eq!(ran["trials_left_out"], left_out);
    let names: Vec<&str> =
        ran["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["lr", "model"]);
    assert!((ran["parameters"][0]["pearson"].as_f64().unwrap() + 1.0).abs() < 1e-9);
    assert!(!sandbox.path().join("mlflow.db").exists(), "no store was to be opened");
}

#[test]
fn the_table_of_a_csv_file_reads_so() {
    let sandbox = Sandbox::new();
    sandbox.file("runs.csv", &table(100));
    let args = ["analyze", "--csv", "runs.csv", "--metric", "loss", "--log", "lr"];
    // What a forest says moves a little with every change to it; what is held here is the shape.
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d\.\d\d ± \d\.\d\d", "[drop ± se]");
    settings.add_filter(r"(numeric|categorical),(true|false),[^,]+,[^,]+,[^,]+,", "$1,$2,[forest],");
    settings.add_filter(r"(\.\d{3})\d+", "$1…");
    settings.bind(|| {
        insta::assert_snapshot!("analyze-table", sandbox.run(&args).expect(0).stdout);
        let ran = sandbox.run(&[args.as_slice(), &["--format", "csv"]].concat()).expect(0);
        insta::assert_snapshot!("analyze-csv", ran.stdout.replace('\r', ""));
    });
}

#[test]
fn what_is_wrong_with_a_csv_file_is_said_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.file("runs.csv", "lr,loss\n0.1,1\n0.2,high\n");
    let ran = sandbox.run(&["analyze", "--csv", "runs.csv", "--metric", "loss"]).expect(2);
    assert!(ran.stderr.contains("line 3: the metric is `high`, which is not a number"), "{}", ran.stderr);
    let ran = sandbox.run(&["analyze", "--csv", "runs.csv", "--metric", "accuracy"]).expect(2);
    assert!(ran.stderr.contains("no column `accuracy`") && ran.stderr.contains("lr, loss"), "{}", ran.stderr);
    let ran = sandbox.run(&["analyze", "--csv", "none.csv", "--metric", "loss"]).expect(2);
    assert!(ran.stderr.contains("none.csv can't be read"), "{}", ran.stderr);
    sandbox.file("runs.csv", "lr,loss\n0.1,1\n0.2,2,3\n");
    sandbox.run(&["analyze", "--csv", "runs.csv", "--metric", "loss"]).expect(2);
}

#[test]
fn the_table_of_trials_that_finalize_keeps_is_read_back() {
    let sandbox = Sandbox::new();
    swept(&sandbox);
    let finalized = sandbox.run(&["finalize", "--format", "json"]).expect(0).json();
    let csv = Path::new(&parent(&sandbox).info.artifact_uri).join("trials.csv");
    let args = ["analyze", "--metric", "loss", "--goal", "minimize", "--format", "json", "--csv"];
    let ran = sandbox.run(&[args.as_slice(), &[csv.to_str().unwrap()]].concat()).expect(0).json();
    assert_eq!(ran["trials_used"], 12);
    let figures = |json: &Json| {
        let rows = json["parameters"].as_array().unwrap().iter();
        rows.map(|row| (row["name"].clone(), row["pearson"].clone(), row["eta2"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(figures(&ran), figures(&finalized["analysis"]));
}
