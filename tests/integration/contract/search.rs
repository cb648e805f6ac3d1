//! Promises about the search: MLflow's filter language, order and pages.

use sweep::RunStatus;
use sweep::testing::{ErrorKind, ExperimentId, RunProjection, RunQuery, RunUpdate, Store};

use super::{experiment, log, run_with, tag};

async fn names(store: &dyn Store, experiment: &ExperimentId, filter: &str, order_by: &[&str]) -> Vec<String> {
    let query = RunQuery {
        experiment_ids: vec![experiment.clone()],
        filter: filter.to_owned(),
        order_by: order_by.iter().map(|term| (*term).to_owned()).collect(),
        max_results: 100,
        ..RunQuery::default()
    };
    let page = store.search_runs(&query).await.unwrap_or_else(|error| panic!("{filter}: {error}"));
    assert!(page.next.is_none());
    page.items.into_iter().map(|run| run.info.name).collect()
}

/// The names that a filter finds, in the order of the names.
async fn found(store: &dyn Store, experiment: &ExperimentId, filter: &str) -> Vec<String> {
    let mut names = names(store, experiment, filter, &[]).await;
    names.sort();
    names
}

/// Runs `a` to `d`: losses 0.1, 0.5 after 5, NaN, none; params and tags on some.
async fn four_runs(store: &dyn Store) -> ExperimentId {
    let experiment = experiment(store).await;
    let a = run_with(store, &experiment, "a", &[("team", "Red"), ("odd key", "1")]).await.id;
    let b = run_with(store, &experiment, "b", &[("team", "blue")]).await.id;
    let c = run_with(store, &experiment, "c", &[("team", "red_fox")]).await.id;
    run_with(store, &experiment, "d", &[]).await;
    log(store, &a, "loss", 0.1, 0).await;
    log(store, &b, "loss", 5.0, 0).await;
    log(store, &b, "loss", 0.5, 1).await;
    log(store, &c, "loss", f64::NAN, 0).await;
    store.log_param(&a, "lr", "0.01").await.unwrap();
    store.log_param(&b, "lr", "0.1").await.unwrap();
    experiment
}

pub async fn a_search_finds_children_by_their_parent(store: &dyn Store) {
    let experiment = experiment(store).await;
    let parent = run_with(store, &experiment, "parent", &[]).await.id;
    for name in ["one", "two"] {
        run_with(store, &experiment, name, &[("mlflow.parentRunId", parent.as_str())]).await;
    }
    run_with(store, &experiment, "stranger", &[("mlflow.parentRunId", "other")]).await;
    for filter in [
        format!("tags.mlflow.parentRunId = '{parent}'"),
        format!("tags.`mlflow.parentRunId` = '{parent}'"),
        format!("tag.\"mlflow.parentRunId\" = \"{parent}\" AND attributes.status = 'RUNNING'"),
    ] {
        assert_eq!(found(store, &experiment, &filter).await, ["one", "two"], "{filter}");
    }
}

pub async fn metric_conditions_use_the_latest_value(store: &dyn Store) {
    let experiment = four_runs(store).await;
    assert_eq!(found(store, &experiment, "metrics.loss < 1").await, ["a", "b"]);
    assert_eq!(found(store, &experiment, "metrics.loss >= 0.5").await, ["b"]);
    assert_eq!(found(store, &experiment, "metric.loss > 1").await, [""; 0]);
    assert_eq!(found(store, &experiment, "metrics.`loss` = 0.1 and params.lr = '0.01'").await, ["a"]);
}

pub async fn nan_satisfies_only_unequal(store: &dyn Store) {
    let experiment = four_runs(store).await;
    assert_eq!(found(store, &experiment, "metrics.loss != 0.1").await, ["b", "c"]);
    assert_eq!(found(store, &experiment, "metrics.loss = 0").await, [""; 0]);
    assert_eq!(found(store, &experiment, "metrics.loss < 1000000").await, ["a", "b"]);
}

pub async fn a_missing_key_fails_every_condition(store: &dyn Store) {
    let experiment = four_runs(store).await;
    assert_eq!(found(store, &experiment, "params.lr != '0.1'").await, ["a"]);
    assert_eq!(found(store, &experiment, "tags.team != 'blue'").await, ["a", "c"]);
    assert_eq!(found(store, &experiment, "tags.nothing != 'x'").await, [""; 0]);
}

pub async fn null_conditions_ask_for_presence(store: &dyn Store) {
    let experiment = four_runs(store).await;
    assert_eq!(found(store, &experiment, "params.lr IS NULL").await, ["c", "d"]);
    assert_eq!(found(store, &experiment, "tags.team is not null AND params.lr IS NULL").await, ["c"]);
}

pub async fn like_tells_case_and_ilike_does_not(store: &dyn Store) {
    let experiment = four_runs(store).await;
    assert_eq!(found(store, &experiment, "tags.team LIKE 'red%'").await, ["c"]);
    assert_eq!(found(store, &experiment, "tags.team ILIKE 'RED%'").await, ["a", "c"]);
    assert_eq!(found(store, &experiment, "tags.team LIKE 'blu_'").await, ["b"]);
    assert_eq!(found(store, &experiment, "tags.`odd key` = '1'").await, ["a"]);
}

pub async fn attributes_can_be_searched(store: &dyn Store) {
    let experiment = four_runs(store).await;
    let a = found(store, &experiment, "run_name = 'a'").await;
    assert_eq!(a, ["a"]);
    let query = RunQuery { experiment_ids: vec![experiment.clone()], max_results: 10, ..RunQuery::default() };
    let all = store.search_runs(&query).await.unwrap().items;
    let ids: Vec<_> =
        all.iter().filter(|run| run.info.name != "d").map(|run| format!("'{}'", run.info.id)).collect();
    let filter = format!("attributes.run_id IN ({})", ids.join(", "));
    assert_eq!(found(store, &experiment, &filter).await, ["a", "b", "c"]);
    let filter = format!("run_id NOT IN ({}) AND start_time > 5", ids.join(","));
    assert_eq!(found(store, &experiment, &filter).await, ["d"]);
    let update = RunUpdate { status: Some(RunStatus::Finished), end_time: Some(77), name: None };
    store.update_run(&all[0].info.id, &update).await.unwrap();
    assert_eq!(
        found(store, &experiment, "status = 'FINISHED' and end_time <= 77").await,
        [all[0].info.name.as_str()]
    );
}

pub async fn missing_and_nan_sort_last_in_both_directions(store: &dyn Store) {
    let experiment = four_runs(store).await;
    assert_eq!(names(store, &experiment, "", &["metrics.loss ASC"]).await, ["a", "b", "c", "d"]);
    assert_eq!(names(store, &experiment, "", &["metrics.loss DESC"]).await, ["b", "a", "c", "d"]);
    let by_param = names(store, &experiment, "", &["params.lr DESC", "attributes.run_name"]).await;
    assert_eq!(by_param, ["b", "a", "c", "d"]);
    assert_eq!(names(store, &experiment, "", &["tags.team", "run_name DESC"]).await, ["a", "b", "c", "d"]);
}

pub async fn pages_follow_one_another(store: &dyn Store) {
    let experiment = experiment(store).await;
    let mut all = Vec::new();
    for number in 0..5 {
        let id = run_with(store, &experiment, &format!("run {number}"), &[]).await.id;
        tag(store, &id, "number", &number.to_string()).await;
        all.push(format!("run {number}"));
    }
    let mut query = RunQuery {
        experiment_ids: vec![experiment],
        order_by: vec!["tags.number".to_owned()],
        max_results: 2,
        ..RunQuery::default()
    };
    let mut seen = Vec::new();
    for size in [2, 2, 1] {
        let page = store.search_runs(&query).await.unwrap();
        assert_eq!(page.items.len(), size);
        seen.extend(page.items.into_iter().map(|run| run.info.name));
        query.page_token = page.next;
    }
    assert_eq!((seen, query.page_token), (all, None));
}

pub async fn a_wrong_filter_is_invalid(store: &dyn Store) {
    let experiment = experiment(store).await;
    for filter in [
        "metrics.loss == 1",
        "metrics.loss > 'a'",
        "params.lr = 0.1",
        "params.lr > '0.1'",
        "tags.a = '1' OR tags.b = '2'",
        "nonsense.a = '1'",
        "attributes.nonsense = '1'",
        "metrics.loss IS NULL",
        "status IN ('RUNNING')",
        "params.lr = 'unclosed",
    ] {
        let query = RunQuery {
            experiment_ids: vec![experiment.clone()],
            filter: filter.to_owned(),
            max_results: 10,
            ..RunQuery::default()
        };
        assert_eq!(store.search_runs(&query).await.unwrap_err().kind, ErrorKind::Invalid, "{filter}");
    }
}

pub async fn deleted_runs_are_not_found(store: &dyn Store) {
    let experiment = experiment(store).await;
    let gone = run_with(store, &experiment, "gone", &[]).await.id;
    run_with(store, &experiment, "here", &[]).await;
    store.delete_run(&gone).await.unwrap();
    assert_eq!(found(store, &experiment, "").await, ["here"]);
}

pub async fn a_search_gives_at_least_what_is_wanted(store: &dyn Store) {
    let experiment = experiment(store).await;
    let id = run_with(store, &experiment, "one", &[("team", "a"), ("colour", "red")]).await.id;
    log(store, &id, "loss", 0.5, 1).await;
    log(store, &id, "accuracy", 0.9, 1).await;
    store.log_param(&id, "lr", "0.1").await.unwrap();
    let mut query = RunQuery {
        experiment_ids: vec![experiment],
        max_results: 10,
        want: RunProjection::only(&["team", "missing"], &["loss"]),
        ..RunQuery::default()
    };
    let narrow = store.search_runs(&query).await.unwrap().items.remove(0);
    assert_eq!(
        (narrow.info.name.as_str(), narrow.tag("team"), narrow.tag("missing")),
        ("one", Some("a"), None)
    );
    assert_eq!(narrow.metric("loss").map(|metric| metric.value), Some(0.5));
    query.want = RunProjection::default();
    let whole = store.search_runs(&query).await.unwrap().items.remove(0);
    assert_eq!((whole.tag("colour"), whole.param("lr"), whole.metrics.len()), (Some("red"), Some("0.1"), 2));
}

pub async fn a_run_is_found_by_the_beginning_of_its_id(store: &dyn Store) {
    let experiment = experiment(store).await;
    let id = run_with(store, &experiment, "one", &[]).await.id;
    let other = run_with(store, &experiment, "other", &[]).await.id;
    // Ids are random: so much of them is the same once in 10^14.
    let filter = |id: &str| format!("attributes.run_id LIKE '{}%'", &id[..12]);
    assert_eq!(found(store, &experiment, &filter(id.as_str())).await, ["one"]);
    assert_eq!(found(store, &experiment, &filter(other.as_str())).await, ["other"]);
}
