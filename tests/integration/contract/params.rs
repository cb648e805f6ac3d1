//! Promises about params: the compare-and-set that the ledger stands on.

use sweep::RunStatus;
use sweep::testing::{ErrorKind, Metric, ParamWrite, RunUpdate, Store};

use super::run;

pub async fn a_param_is_written_once(store: &dyn Store) {
    let info = run(store).await;
    assert_eq!(store.log_param(&info.id, "trial/000007", "agent one").await.unwrap(), ParamWrite::Held);
    assert_eq!(store.log_param(&info.id, "trial/000007", "agent two").await.unwrap(), ParamWrite::Refused);
    assert_eq!(store.run(&info.id).await.unwrap().param("trial/000007"), Some("agent one"));
}

pub async fn an_equal_second_write_holds(store: &dyn Store) {
    let info = run(store).await;
    for value in ["", "0.1", "it's \"quoted\""] {
        let key = format!("k{}", value.len());
        assert_eq!(store.log_param(&info.id, &key, value).await.unwrap(), ParamWrite::Held);
        assert_eq!(store.log_param(&info.id, &key, value).await.unwrap(), ParamWrite::Held);
        assert_eq!(store.run(&info.id).await.unwrap().param(&key), Some(value));
    }
    assert_eq!(store.log_param(&info.id, "k3", "0.10").await.unwrap(), ParamWrite::Refused);
}

pub async fn a_long_param_is_cut(store: &dyn Store) {
    let info = run(store).await;
    let long = "x".repeat(7000);
    assert_eq!(store.log_param(&info.id, "long", &long).await.unwrap(), ParamWrite::Held);
    assert_eq!(store.log_param(&info.id, "long", &long).await.unwrap(), ParamWrite::Held);
    assert_eq!(store.run(&info.id).await.unwrap().param("long").map(str::len), Some(6000));
}

pub async fn a_conflicting_param_keeps_the_whole_batch_out(store: &dyn Store) {
    let info = run(store).await;
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    store.log_batch(&info.id, &[], &[pair("a", "1"), pair("b", "2")], &[pair("t", "old")]).await.unwrap();
    let again = store.log_batch(&info.id, &[], &[pair("b", "2"), pair("c", "3")], &[]).await;
    again.unwrap();
    let metric = Metric { key: "m".to_owned(), value: 1.0, timestamp: 1, step: 0 };
    let clash = [pair("d", "4"), pair("a", "other")];
    let error = store.log_batch(&info.id, &[metric], &clash, &[pair("t", "new")]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    let run = store.run(&info.id).await.unwrap();
    assert_eq!((run.param("a"), run.param("c"), run.param("d")), (Some("1"), Some("3"), None));
    assert_eq!((run.metrics.len(), run.tag("t")), (0, Some("old")));
}

pub async fn a_conclusion_writes_data_and_end_or_leaves_the_run_open(store: &dyn Store) {
    let info = run(store).await;
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let end = RunUpdate { status: Some(RunStatus::Failed), end_time: Some(99), ..RunUpdate::default() };
    store.log_param(&info.id, "a", "1").await.unwrap();
    let clash = store.conclude_run(&info.id, &[pair("a", "other")], &[pair("t", "1")], &end).await;
    assert_eq!(clash.unwrap_err().kind, ErrorKind::Invalid);
    let open = store.run(&info.id).await.unwrap();
    assert_eq!((open.info.status, open.tag("t")), (RunStatus::Running, None));
    store.conclude_run(&info.id, &[pair("a", "1"), pair("b", "2")], &[pair("t", "1")], &end).await.unwrap();
    let over = store.run(&info.id).await.unwrap();
    assert_eq!((over.info.status, over.info.end_time), (RunStatus::Failed, Some(99)));
    assert_eq!((over.param("b"), over.tag("t")), (Some("2"), Some("1")));
}

pub async fn one_of_many_racing_writers_wins(store: &dyn Store) {
    let info = run(store).await;
    for round in 0..5 {
        let key = format!("trial/{round:06}");
        let write =
            async |writer: u32| store.log_param(&info.id, &key, &format!("agent {writer}")).await.unwrap();
        let outcomes =
            tokio::join!(write(0), write(1), write(2), write(3), write(4), write(5), write(6), write(7));
        let outcomes = <[ParamWrite; 8]>::from(outcomes);
        let winners: Vec<_> = (0..8).filter(|&writer| outcomes[writer] == ParamWrite::Held).collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        let holder = format!("agent {}", winners[0]);
        assert_eq!(store.run(&info.id).await.unwrap().param(&key), Some(holder.as_str()));
    }
}
