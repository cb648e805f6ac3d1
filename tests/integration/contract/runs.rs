//! Promises about runs, their metrics and tags.

use sweep::RunStatus;
use sweep::testing::{ErrorKind, Metric, ParamWrite, RunId, RunQuery, RunUpdate, Store, ViewType};

use super::{experiment, log, run, run_with, tag};

pub async fn a_new_run_is_running_and_holds_its_tags(store: &dyn Store) {
    let experiment = experiment(store).await;
    let info = run_with(store, &experiment, "first", &[("mlflow.parentRunId", "abc"), ("empty", "")]).await;
    let run = store.run(&info.id).await.unwrap();
    assert_eq!(run.info, info);
    assert_eq!(run.info.status, RunStatus::Running);
    assert_eq!((run.info.name.as_str(), run.info.start_time), ("first", 1_700_000_000_000));
    assert_eq!((run.info.end_time, run.info.active), (None, true));
    assert_eq!(run.tag("mlflow.parentRunId"), Some("abc"));
    assert_eq!(run.tag("empty"), Some(""));
    assert_eq!(run.tag("mlflow.runName"), Some("first"));
}

pub async fn a_run_lies_below_its_experiments_artifacts(store: &dyn Store) {
    let name = super::fresh("location");
    let experiment = store.create_experiment(&name).await.unwrap();
    let location = store.experiment_by_name(&name).await.unwrap().unwrap().artifact_location;
    let info = run_with(store, &experiment, "r", &[]).await;
    assert_eq!(info.artifact_uri, format!("{location}/{}/artifacts", info.id));
}

pub async fn an_unknown_run_is_not_found(store: &dyn Store) {
    let id = RunId("0123456789abcdef0123456789abcdef".to_owned());
    assert_eq!(store.run(&id).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(store.log_param(&id, "a", "1").await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(store.update_run(&id, &RunUpdate::default()).await.unwrap_err().kind, ErrorKind::NotFound);
}

pub async fn status_end_and_name_can_be_changed(store: &dyn Store) {
    let info = run(store).await;
    let update = RunUpdate {
        status: Some(RunStatus::Failed),
        end_time: Some(1_700_000_000_500),
        name: Some("new".into()),
    };
    store.update_run(&info.id, &update).await.unwrap();
    let changed = store.run(&info.id).await.unwrap().info;
    assert_eq!((changed.status, changed.end_time), (RunStatus::Failed, Some(1_700_000_000_500)));
    assert_eq!(changed.name, "new");
}

pub async fn an_ended_run_may_be_reopened_and_logged_to(store: &dyn Store) {
    let info = run(store).await;
    let end = RunUpdate { status: Some(RunStatus::Finished), end_time: Some(1_700_000_000_500), name: None };
    store.update_run(&info.id, &end).await.unwrap();
    log(store, &info.id, "late", 1.0, 0).await;
    let reopen = RunUpdate { status: Some(RunStatus::Running), ..RunUpdate::default() };
    store.update_run(&info.id, &reopen).await.unwrap();
    let run = store.run(&info.id).await.unwrap();
    assert_eq!((run.info.status, run.info.end_time), (RunStatus::Running, Some(1_700_000_000_500)));
    assert_eq!(run.metric("late").map(|metric| metric.value), Some(1.0));
}

pub async fn a_renamed_run_has_the_name_as_a_tag(store: &dyn Store) {
    let info = run(store).await;
    let update = RunUpdate { name: Some("renamed".into()), ..RunUpdate::default() };
    store.update_run(&info.id, &update).await.unwrap();
    assert_eq!(store.run(&info.id).await.unwrap().tag("mlflow.runName"), Some("renamed"));
}

pub async fn a_name_tag_renames_the_run(store: &dyn Store) {
    let info = run(store).await;
    tag(store, &info.id, "mlflow.runName", "by tag").await;
    assert_eq!(store.run(&info.id).await.unwrap().info.name, "by tag");
}

pub async fn a_deleted_run_can_be_read_but_not_written(store: &dyn Store) {
    let info = run(store).await;
    store.delete_run(&info.id).await.unwrap();
    store.delete_run(&info.id).await.unwrap();
    assert!(!store.run(&info.id).await.unwrap().info.active);
    assert_eq!(store.log_param(&info.id, "a", "1").await.unwrap_err().kind, ErrorKind::Invalid);
    let tags = [("a".to_owned(), "1".to_owned())];
    assert_eq!(store.log_batch(&info.id, &[], &[], &tags).await.unwrap_err().kind, ErrorKind::Invalid);
}

pub async fn a_restored_run_is_found_and_written_again(store: &dyn Store) {
    let info = run(store).await;
    tag(store, &info.id, "kept", "yes").await;
    store.delete_run(&info.id).await.unwrap();
    let search = |view| RunQuery {
        experiment_ids: vec![info.experiment_id.clone()],
        filter: "tags.kept = 'yes'".to_owned(),
        view,
        max_results: 10,
        ..RunQuery::default()
    };
    let deleted = store.search_runs(&search(ViewType::Deleted)).await.unwrap().items;
    assert_eq!(deleted.len(), 1);
    assert!(!deleted[0].info.active);
    store.restore_run(&info.id).await.unwrap();
    store.restore_run(&info.id).await.unwrap();
    assert!(store.run(&info.id).await.unwrap().info.active);
    assert_eq!(store.search_runs(&search(ViewType::Active)).await.unwrap().items.len(), 1);
    assert!(store.search_runs(&search(ViewType::Deleted)).await.unwrap().items.is_empty());
    assert_eq!(store.log_param(&info.id, "a", "1").await.unwrap(), ParamWrite::Held);
}

fn metric(value: f64, timestamp: i64, step: i64) -> Metric {
    Metric { key: "m".to_owned(), value, timestamp, step }
}

pub async fn metrics_keep_their_history_in_order(store: &dyn Store) {
    let info = run(store).await;
    let values =
        [metric(3.0, 20, 1), metric(1.0, 10, 5), metric(2.0, 20, 1), metric(9.0, 20, 0), metric(0.5, 30, -2)];
    store.log_batch(&info.id, &values, &[], &[]).await.unwrap();
    let history = store.metric_history(&info.id, "m").await.unwrap();
    let order: Vec<_> = history.iter().map(|metric| (metric.timestamp, metric.step, metric.value)).collect();
    assert_eq!(order, [(10, 5, 1.0), (20, 0, 9.0), (20, 1, 2.0), (20, 1, 3.0), (30, -2, 0.5)]);
    assert!(store.metric_history(&info.id, "other").await.unwrap().is_empty());
}

pub async fn the_latest_metric_is_the_one_of_the_greatest_step(store: &dyn Store) {
    let info = run(store).await;
    for (value, timestamp, step) in [(1.0, 50, 3), (2.0, 60, 2), (3.0, 40, 3), (4.0, 50, 3), (3.5, 50, 3)] {
        store.log_batch(&info.id, &[metric(value, timestamp, step)], &[], &[]).await.unwrap();
    }
    let run = store.run(&info.id).await.unwrap();
    assert_eq!(run.metric("m"), Some(&metric(4.0, 50, 3)));
}

pub async fn nan_and_infinity_come_back(store: &dyn Store) {
    let info = run(store).await;
    let special = [("nan", f64::NAN), ("up", f64::INFINITY), ("down", f64::NEG_INFINITY), ("tiny", 5e-324)];
    for (key, value) in special {
        log(store, &info.id, key, value, 0).await;
    }
    let run = store.run(&info.id).await.unwrap();
    let value = |key: &str| run.metric(key).unwrap().value;
    assert!(value("nan").is_nan());
    assert_eq!((value("up"), value("down"), value("tiny")), (f64::INFINITY, f64::NEG_INFINITY, 5e-324));
    let history = store.metric_history(&info.id, "nan").await.unwrap();
    assert!(history.len() == 1 && history[0].value.is_nan());
    assert_eq!(store.metric_history(&info.id, "up").await.unwrap()[0].value, f64::INFINITY);
    let query =
        RunQuery { experiment_ids: vec![info.experiment_id.clone()], max_results: 10, ..RunQuery::default() };
    let found = store.search_runs(&query).await.unwrap();
    assert_eq!(found.items[0].metric("down").unwrap().value, f64::NEG_INFINITY);
}

pub async fn exact_duplicates_are_dropped(store: &dyn Store) {
    let info = run(store).await;
    for _ in 0..3 {
        store.log_batch(&info.id, &[metric(1.0, 10, 0), metric(f64::NAN, 10, 0)], &[], &[]).await.unwrap();
    }
    assert_eq!(store.metric_history(&info.id, "m").await.unwrap().len(), 2);
}

pub async fn tags_are_overwritten(store: &dyn Store) {
    let info = run(store).await;
    tag(store, &info.id, "state", "one").await;
    tag(store, &info.id, "state", "two").await;
    assert_eq!(store.run(&info.id).await.unwrap().tag("state"), Some("two"));
}

pub async fn a_bad_key_is_refused_and_nothing_is_written(store: &dyn Store) {
    let info = run(store).await;
    for key in ["a$b", "../up", "/root", "a//b", &"k".repeat(251)] {
        let bad = Metric { key: key.to_owned(), ..metric(1.0, 10, 0) };
        let failure = store.log_batch(&info.id, &[metric(1.0, 10, 0), bad], &[], &[]).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Invalid, "{key}");
        assert_eq!(store.log_param(&info.id, key, "1").await.unwrap_err().kind, ErrorKind::Invalid, "{key}");
    }
    let run = store.run(&info.id).await.unwrap();
    assert!(run.metrics.is_empty() && run.params.is_empty());
}
