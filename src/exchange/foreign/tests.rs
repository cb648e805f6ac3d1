//! Runs of other programs, from files that these programs wrote.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::error::ExchangeError;
use super::super::table::{ConfigTemplate, Dialect, TableSelection, TableTrial, TrialTable, infer_config};
use super::{read_mlflow_sweep, read_runs};
use crate::config::{self, Config, Goal};
use crate::record::{CONFIG_ARTIFACT, tags};
use crate::space::Value;
use crate::tracking::memory::MemoryStore;
use crate::tracking::{ExperimentId, Metric, NewRun, RunId, RunUpdate, Store};
use crate::trial::RunStatus;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/imports").join(name)
}

fn asked(metric: &str) -> TableSelection {
    TableSelection {
        metric: Some(metric.to_owned()).filter(|metric| !metric.is_empty()),
        ..TableSelection::default()
    }
}

fn read(name: &str, metric: &str) -> TrialTable {
    read_runs(&data(name), &asked(metric)).unwrap()
}

fn refused(path: &Path, asked: &TableSelection) -> (String, String) {
    let error: ExchangeError = read_runs(path, asked).unwrap_err();
    (error.to_string(), error.hint().unwrap_or_default())
}

/// The config around a table: it has no errors, and holds every value.
#[track_caller]
fn sound(table: &TrialTable) -> Config {
    let around = ConfigTemplate { name: "n", experiment: "e", goal: Goal::Minimize, source: "s", log: &[] };
    let yaml = infer_config(table, &around);
    let checked = config::check(yaml.as_bytes());
    assert!(checked.errors.is_empty(), "{yaml}\n{:?}", checked.errors);
    let config = checked.config.unwrap();
    for leaf in config.space.leaves() {
        for value in table.trials.iter().filter_map(|trial| trial.point.get(&leaf.name)) {
            assert!(
                leaf.parameter.distribution.coordinate(value).is_some(),
                "{} = {value:?}\n{yaml}",
                leaf.name
            );
        }
    }
    config
}

fn is_log(config: &Config, name: &str) -> bool {
    config.space.leaves().iter().any(|leaf| leaf.name == name && leaf.parameter.distribution.is_log())
}

fn ends(table: &TrialTable) -> Vec<(RunStatus, bool)> {
    table.trials.iter().map(|trial| (trial.status, trial.stopped_early)).collect()
}

fn values(trial: &TableTrial, metric: &str) -> Vec<f64> {
    trial.values(metric)
}

#[test]
fn a_study_is_the_same_from_a_database_and_from_a_journal() {
    let database = read("optuna.db", "loss");
    let journal = read("optuna.journal", "loss");
    assert_eq!((database.dialect, journal.dialect), (Dialect::OptunaDatabase, Dialect::OptunaJournal));
    for table in [&database, &journal] {
        assert_eq!(
            (table.name.as_deref(), table.goal, table.metric.as_str()),
            (Some("cifar"), Some(Goal::Minimize), "loss")
        );
        let mut params = table.params.clone();
        params.sort();
        assert_eq!(params, ["batch", "dropout", "layers", "lr", "momentum", "optimizer"]);
        assert_eq!(table.params[..2], ["lr", "layers"], "in the order of the script");
        let finished = (RunStatus::Finished, false);
        let expected = [
            finished,
            finished,
            finished,
            finished,
            (RunStatus::Killed, true),
            (RunStatus::Failed, false),
            finished,
        ];
        assert_eq!(ends(table)[..7], expected);
        let first = &table.trials[0];
        assert_eq!(first.point.get("lr"), Some(&Value::Float(0.001)));
        assert_eq!(first.point.get("layers"), Some(&Value::Int(2)));
        // What it reported on its way, then what it returned.
        assert_eq!(values(first, "loss"), [1.009, 0.509, 0.342_333_333_333_333_3, 2.009]);
        assert_eq!(first.tags, [("user_attrs_host".to_owned(), "n1".to_owned())]);
        assert!(first.start.is_some() && first.end >= first.start);
        assert_eq!(table.left_out.last().unwrap().1, "it is running: not over");
        let config = sound(table);
        assert!(is_log(&config, "lr") && is_log(&config, "batch") && !is_log(&config, "dropout"));
    }
    assert_eq!((database.trials.len(), journal.trials.len()), (12, 8));
    // Both were drawn with one seed.
    let points =
        |table: &TrialTable| table.trials.iter().take(8).map(|trial| trial.point.clone()).collect::<Vec<_>>();
    assert_eq!(points(&database), points(&journal));
}

#[test]
fn of_several_studies_one_is_chosen_and_of_several_values_one() {
    let file = data("optuna-several.db");
    let (problem, hint) = refused(&file, &asked("loss"));
    assert!(
        problem.contains("several studies") && hint.contains("first, second, pareto"),
        "{problem} {hint}"
    );
    let of = |study: &str, metric: &str| TableSelection { study: Some(study.to_owned()), ..asked(metric) };
    let second = read_runs(&file, &of("second", "score")).unwrap();
    assert_eq!((second.goal, second.trials.len()), (Some(Goal::Maximize), 3));
    let (problem, hint) = refused(&file, &of("pareto", "loss"));
    assert!(problem.contains("several values") && hint.contains("value_0, value_1"), "{problem} {hint}");
    let pareto = read_runs(&file, &of("pareto", "value_1")).unwrap();
    assert_eq!((pareto.goal, pareto.trials[0].metrics[0].0.as_str()), (Some(Goal::Maximize), "value_1"));
    assert!(refused(&file, &of("third", "loss")).0.contains("no study `third`"));
}

#[test]
fn a_journal_that_was_cut_off_is_read_up_to_there_and_a_broken_line_is_named() {
    let whole = std::fs::read_to_string(data("optuna.journal")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("j");
    std::fs::write(&file, &whole[..whole.len() - 20]).unwrap();
    assert_eq!(read_runs(&file, &asked("loss")).unwrap().trials.len(), 8);
    let mut lines: Vec<&str> = whole.lines().collect();
    lines[5] = "{\"op_code\": ";
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    assert!(refused(&file, &asked("loss")).0.contains("line 6"));
    lines[5] = "{\"op_code\": 5, \"trial_id\": 99}";
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    assert!(refused(&file, &asked("loss")).0.contains("line 6: no entry of a journal"));
}

#[test]
fn runs_of_wandbs_api_are_read_with_their_histories_in_every_form() {
    let table = read("wandb-runs.json", "val_loss");
    assert_eq!(
        (table.dialect, table.params.as_slice()),
        (Dialect::WandbRuns, &["lr".to_owned(), "model.depth".into(), "optimizer".into()][..])
    );
    assert_eq!(table.left_out, [("run sage-sweep-3".to_owned(), "it is running: not over".to_owned())]);
    assert_eq!(ends(&table), [(RunStatus::Finished, false), (RunStatus::Failed, false)]);
    let first = &table.trials[0];
    assert_eq!(first.name.as_deref(), Some("sage-sweep-1"));
    assert_eq!((first.start, first.end), (Some(1_777_636_800_000), Some(1_777_636_812_500)));
    let history = values(first, "val_loss");
    assert!(
        history.len() == 3 && history[1].is_nan() && (history[0], history[2]) == (0.5, 0.25),
        "{history:?}"
    );
    assert!(table.trials[1].metrics[0].1.is_nan());
    sound(&table);
    // A run a line; pandas' columns; texts, as the raw API gives them.
    let json: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(data("wandb-runs.json")).unwrap().replace("NaN,", "null,"),
    )
    .unwrap();
    let runs = json.as_array().unwrap();
    let lines: String = runs.iter().map(|run| format!("{run}\n")).collect();
    let column = |key: &str| -> serde_json::Map<String, serde_json::Value> {
        runs.iter().enumerate().map(|(at, run)| (at.to_string(), run[key].clone())).collect()
    };
    let columns = serde_json::json!({"name": column("name"), "state": column("state"), "config": column("config"), "summary": column("summary")});
    let wrapped: Vec<serde_json::Value> = runs
        .iter()
        .map(|run| {
            let config = serde_json::json!({"lr": {"value": run["config"]["lr"], "desc": null}, "optimizer": {"value": run["config"]["optimizer"]}});
            serde_json::json!({"displayName": run["name"], "state": run["state"], "config": config.to_string(), "summaryMetrics": run["summary"].to_string()})
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs");
    for text in [lines, columns.to_string(), serde_json::json!({"runs": wrapped}).to_string()] {
        std::fs::write(&file, &text).unwrap();
        let other = read_runs(&file, &asked("val_loss")).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(ends(&other), ends(&table), "{text}");
        assert_eq!(other.trials[0].point.get("lr"), Some(&Value::Float(0.001)));
        assert_eq!(other.trials[0].name, table.trials[0].name);
    }
    let (problem, hint) = refused(&data("wandb-runs.json"), &asked("loss"));
    assert!(problem.contains("no run has `loss`") && hint.contains("epoch, val_loss"), "{problem} {hint}");
    std::fs::write(&file, "[1, 2]").unwrap();
    assert!(refused(&file, &asked("loss")).0.contains("JSON without runs"));
    std::fs::write(&file, "{\"config\": {}, ").unwrap();
    assert!(refused(&file, &asked("loss")).0.contains("not JSON"));
}

#[test]
fn results_of_ray_are_read_with_and_without_the_state_of_the_experiment() {
    let table = read("ray/exp", "loss");
    assert_eq!(
        (table.dialect, table.params.as_slice()),
        (Dialect::RayTune, &["flag".to_owned(), "layers".into(), "lr".into(), "opt.name".into()][..])
    );
    let finished = (RunStatus::Finished, false);
    assert_eq!(ends(&table), [finished, finished, (RunStatus::Failed, false)]);
    let first = &table.trials[0];
    assert_eq!(
        (first.point.get("opt.name"), first.point.get("flag")),
        (Some(&Value::Text("adam".into())), Some(&Value::Bool(true)))
    );
    assert_eq!(values(first, "loss").len(), 3);
    assert!(values(first, "acc")[0].is_nan() && first.history[0].step == 1);
    let measured: Vec<&str> = first.metrics.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(measured, ["loss", "acc"], "what Ray logs for itself is left out");
    sound(&table);
    assert!(refused(&data("ray/exp"), &asked("")).1.contains("acc, loss"));

    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(data("ray/exp")).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        let into = folder.path().join(entry.file_name());
        std::fs::create_dir(&into).unwrap();
        for file in std::fs::read_dir(entry.path()).unwrap().flatten() {
            // The table says the same as the lines of JSON.
            if file.file_name() != "result.json" {
                std::fs::copy(file.path(), into.join(file.file_name())).unwrap();
            }
        }
    }
    let bare = read_runs(folder.path(), &asked("loss")).unwrap();
    let failures = ends(&bare).into_iter().filter(|(status, _)| *status == RunStatus::Failed).count();
    assert_eq!((bare.trials.len(), failures), (3, 1));
    let of = |table: &TrialTable, name: &str| {
        values(table.trials.iter().find(|trial| trial.name.as_deref() == Some(name)).unwrap(), "loss")
    };
    let name = first.name.clone().unwrap();
    assert_eq!(of(&bare, &name), of(&table, &name));
    assert!(refused(tempfile::tempdir().unwrap().path(), &asked("loss")).0.contains("neither an export"));
}

#[test]
fn neptunes_table_is_read_by_its_folders() {
    let table = read("neptune.csv", "metrics/val_loss");
    assert_eq!(
        (table.dialect, table.params.as_slice()),
        (Dialect::Neptune, &["lr".to_owned(), "optimizer".into()][..])
    );
    assert_eq!(ends(&table), [(RunStatus::Finished, false), (RunStatus::Failed, false)]);
    assert_eq!(table.left_out.len(), 1);
    let first = &table.trials[0];
    assert_eq!((first.start, first.end), (Some(1_777_636_800_250), Some(1_777_636_810_750)));
    assert_eq!(first.metrics, [("metrics/val_loss".to_owned(), 0.25)]);
    sound(&table);
}

#[test]
fn a_database_of_something_else_is_refused_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.csv");
    let database = rusqlite::Connection::open(&file).unwrap();
    database.execute_batch("CREATE TABLE experiments (a); CREATE TABLE runs (a);").unwrap();
    let (problem, hint) = refused(&file, &asked("loss"));
    assert!(problem.contains("Optuna did not write") && hint.contains("MLflow"), "{problem} {hint}");
    std::fs::write(&file, "SQLite format 3\0 and nothing else").unwrap();
    assert!(refused(&file, &asked("loss")).0.contains("can't be read"));
}

/// The store that mlflow-sweep would have left: its config and table are real, its runs are made here.
async fn mlflow_sweeps_store() -> (Arc<dyn Store>, RunId) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let experiment: ExperimentId = store.create_experiment("sweep-demo").await.unwrap();
    let run = |name: &str, start: i64, tags: Vec<(String, String)>| NewRun {
        experiment_id: experiment.clone(),
        name: name.to_owned(),
        user: "me".to_owned(),
        start_time: 1_777_636_800_000 + start,
        tags,
    };
    let parent =
        store.create_run(&run("test-sweep", 0, vec![(tags::SWEEP.into(), "True".into())])).await.unwrap();
    let files =
        [(CONFIG_ARTIFACT, "sweep_config.yaml"), ("proposed_parameters.json", "proposed_parameters.json")];
    for (path, file) in files {
        let bytes = std::fs::read(data(&format!("mlflow-sweep/{file}"))).unwrap();
        store.put_artifact(&parent, path, bytes).await.unwrap();
    }
    let ids = [
        "6941ebe6-dc53-4078-a684-566cf0ba7293",
        "ecef877a-00f4-4a86-a1d0-18390d5d1fa0",
        "b89a5308-6918-40b9-ac2c-b290f0704d76",
    ];
    for (k, id) in ids.iter().enumerate() {
        let own = vec![
            (tags::PARENT_RUN_ID.into(), parent.id.to_string()),
            ("mlflow.sweepRunId".into(), (*id).into()),
        ];
        let child = store.create_run(&run(&format!("child-{k}"), k as i64, own)).await.unwrap();
        let metric = |step: i64| Metric {
            key: "loss".into(),
            value: 1.0 / (step + 1) as f64,
            timestamp: 1_777_636_800_000 + step,
            step,
        };
        store
            .log_batch(&child.id, &[metric(0), metric(1)], &[("batch".into(), "32".into())], &[])
            .await
            .unwrap();
        let status = [RunStatus::Finished, RunStatus::Failed, RunStatus::Running][k];
        let end =
            RunUpdate { status: Some(status), end_time: Some(1_777_636_900_000), ..RunUpdate::default() };
        store.update_run(&child.id, &end).await.unwrap();
    }
    (store, parent.id)
}

#[tokio::test]
async fn a_sweep_of_mlflow_sweep_is_read_from_its_store() {
    let (store, id) = mlflow_sweeps_store().await;
    let sweep = read_mlflow_sweep(&store, &id, &TableSelection::default()).await.unwrap();
    let table = &sweep.table;
    assert_eq!(
        (table.metric.as_str(), table.goal, table.name.as_deref()),
        ("loss", Some(Goal::Minimize), Some("test-sweep"))
    );
    assert_eq!(table.params, ["learning_rate", "batch_size"]);
    assert_eq!(ends(table), [(RunStatus::Finished, false), (RunStatus::Failed, false)]);
    assert_eq!(table.left_out.len(), 1);
    let first = &table.trials[0];
    assert_eq!(first.point.get("learning_rate"), Some(&Value::Float(0.008_608_319_4)));
    assert_eq!(first.point.get("batch_size"), Some(&Value::Int(32)));
    assert_eq!(values(first, "loss"), [1.0, 0.5]);
    assert_eq!(sweep.experiment.as_deref(), Some("sweep-demo"));
    assert!(config::check(&sweep.config.unwrap()).errors.is_empty());
    let other = TableSelection { metric: Some("accuracy".into()), ..TableSelection::default() };
    let refused = read_mlflow_sweep(&store, &id, &other).await.err().unwrap();
    assert!(refused.to_string().contains("no run has logged `accuracy`"), "{refused}");
}

proptest::proptest! {
    #[test]
    fn whatever_a_file_holds_it_is_read_or_refused(
        whole in proptest::sample::select(vec!["optuna.db", "optuna.journal", "wandb-runs.json", "neptune.csv"]),
        at in 0_usize..30_000, bytes in proptest::collection::vec(proptest::num::u8::ANY, 1..8)
    ) {
        let mut text = std::fs::read(data(whole)).unwrap();
        let at = at % text.len();
        let end = (at + bytes.len()).min(text.len());
        text.splice(at..end, bytes);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        if let Ok(table) = read_runs(file.path(), &asked("val_loss")) {
            let around = ConfigTemplate { name: "n", experiment: "e", goal: Goal::Minimize, source: "s", log: &[] };
            let yaml = infer_config(&table, &around);
            let checked = config::check(yaml.as_bytes());
            proptest::prop_assert!(checked.errors.is_empty(), "{yaml}\n{:?}", checked.errors);
        }
    }
}
