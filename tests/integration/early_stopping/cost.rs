//! What a comparison with the other trials of a sweep reads.

use std::sync::Arc;

use sweep::config::{Config, check};
use sweep::stopping::{Judge, for_config};
use sweep::testing::{EmbeddedStore, Metric, NewRun, NewSweep, Peers, RunUpdate, Store, Sweep};
use sweep::{RunStatus, TrialIndex};

use crate::ledger_model::counting::Counting;

const CONFIG: &str = "command: 'true'\nmetric: {name: loss, goal: minimize}\nearly_terminate: {type: asha}\n\
                      parameters:\n  x: {min: 0.0, max: 1.0}\n";

fn judge(config: &Config) -> Judge {
    for_config(config.early_terminate.as_ref().unwrap(), config.metric.as_ref().unwrap())
}

async fn new_sweep(store: &dyn Store) -> Sweep {
    let new = NewSweep {
        name: "s",
        experiment: "e",
        config: CONFIG.as_bytes(),
        seed: 1,
        method: "random",
        note: None,
        prior: None,
        user: "me",
        tags: Vec::new(),
        now: 0,
    };
    Sweep::create(store, &new).await.unwrap()
}

/// A trial that has reached the first two rungs, and is over or not; its agent has left the tag, or was lost.
async fn trial(store: &dyn Store, sweep: &Sweep, k: u64, over: bool, left_tag: bool) {
    let mut tags = vec![("sweep.id", sweep.id().to_string()), ("sweep.trial", k.to_string())];
    if left_tag {
        tags.push(("sweep.reached", format!("1:{k} 3:{}", k as f64 / 2.0)));
        tags.push(("sweep.exit_code", "0".to_owned()));
    }
    let new = NewRun {
        experiment_id: sweep.parent.info.experiment_id.clone(),
        name: k.to_string(),
        user: "me".into(),
        start_time: 1000 * i64::try_from(k).unwrap(),
        tags: tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
    };
    let run = store.create_run(&new).await.unwrap();
    let logged = |step: i64, value: f64| Metric { key: "loss".into(), value, timestamp: step, step };
    let metrics = [logged(1, k as f64), logged(3, k as f64 / 2.0)];
    store.log_batch(&run.id, &metrics, &[], &[]).await.unwrap();
    if over {
        let end_time = Some(1000 * i64::try_from(k).unwrap() + 500);
        let update = RunUpdate { status: Some(RunStatus::Finished), end_time, ..RunUpdate::default() };
        store.update_run(&run.id, &update).await.unwrap();
    }
}

#[tokio::test]
async fn trials_that_have_ended_are_read_once_and_their_histories_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sqlite:///{}", folder.path().join("mlflow.db").display());
    let counting = Arc::new(Counting::new(Arc::new(EmbeddedStore::open(&uri).unwrap())));
    let store: Arc<dyn Store> = counting.clone();
    let sweep = new_sweep(store.as_ref()).await;
    for k in 0..300 {
        trial(store.as_ref(), &sweep, k, true, k >= 3).await;
    }
    for k in 300..304 {
        trial(store.as_ref(), &sweep, k, false, true).await;
    }
    let judge = judge(&check(CONFIG.as_bytes()).config.unwrap());
    let mut peers = Peers::new(sweep.clone(), "loss".into());
    let calls = async |peers: &mut Peers| {
        let before = counting.count();
        peers.refresh(&store, &judge).await.unwrap();
        counting.count() - before
    };

    // Two searches, and the histories of the three trials whose agent left nothing.
    assert_eq!(calls(&mut peers).await, 5);
    let others = peers.others(TrialIndex(7));
    assert_eq!(others.len(), 303);
    let mut at_three: Vec<f64> = others.iter().map(|other| other.marks.at(3).unwrap()).collect();
    at_three.sort_by(f64::total_cmp);
    let expected: Vec<f64> = (0..304).filter(|k| *k != 7).map(|k| f64::from(k) / 2.0).collect();
    assert_eq!(at_three, expected);

    // From then on the two searches are all.
    assert_eq!(calls(&mut peers).await, 2);
    trial(store.as_ref(), &sweep, 304, true, true).await;
    assert_eq!(calls(&mut peers).await, 2);
    assert_eq!(peers.others(TrialIndex(7)).len(), 304);
}
