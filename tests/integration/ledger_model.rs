//! The ledger under random schedules: whatever agents do, and in whatever order, a trial is decided once.

pub mod counting;
mod schedule;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex};

use sweep::testing::{
    Claim, ClaimOrder, EmbeddedStore, Ledger, NewRun, NewSweep, RunId, RunInfo, SHARD, SettleOutcome, Store,
    Sweep,
};
use sweep::{RunStatus, TrialIndex};

use counting::Counting;

/// A store in a folder that lives as long as it does.
struct Home {
    store: EmbeddedStore,
    parent: RunInfo,
    _folder: tempfile::TempDir,
}

impl Home {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&format!("sqlite:///{}/mlflow.db", folder.path().display())).unwrap();
        let parent = NewRun {
            experiment_id: sweep::testing::ExperimentId("0".into()),
            name: "model".into(),
            user: "me".into(),
            start_time: 0,
            tags: Vec::new(),
        };
        let parent = store.create_run(&parent).await.unwrap();
        Self { store, parent, _folder: folder }
    }

    fn shared(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    /// The root of a new, empty ledger.
    async fn ledger(&self) -> RunId {
        Ledger::create(&self.store, &self.parent, "me").await.unwrap()
    }
}

async fn open(
    store: Arc<dyn Store>,
    root: &RunId,
    token: &str,
    order: ClaimOrder,
    limit: Option<u64>,
) -> Ledger {
    Ledger::open(store, root, token.to_owned(), order, limit).await.unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The id of the run that an attempt would have made.
fn run_of(claim: Claim) -> RunId {
    RunId(format!("run-{}-{}", claim.trial, claim.attempt))
}

#[test]
fn three_agents_cross_a_border_of_shards_without_a_gap_or_a_double() {
    let limit = SHARD + 60;
    for order in [ClaimOrder::Ascending, ClaimOrder::Spread] {
        block_on(async {
            let home = Home::new().await;
            let root = home.ledger().await;
            let mut agents = Vec::new();
            for name in ["a", "b", "c"] {
                agents.push(open(home.shared(), &root, name, order, Some(limit)).await);
            }
            let mut taken = BTreeSet::new();
            let mut left = agents.len();
            while left > 0 {
                left = agents.len();
                for agent in &agents {
                    let Some(claim) = agent.claim().await.unwrap() else {
                        left -= 1;
                        continue;
                    };
                    assert!(taken.insert(claim.trial), "{order:?}: {claim:?} was claimed twice");
                    assert_eq!(agent.settle(claim, &run_of(claim)).await.unwrap(), SettleOutcome::Counts);
                }
            }
            assert_eq!(taken, (0..limit).map(TrialIndex).collect());
            let results = Ledger::read(&home.store, &root).await.unwrap().results();
            assert_eq!(results.keys().copied().collect::<BTreeSet<_>>(), taken);
            // Anyone who comes later finds nothing to do.
            let late = open(home.shared(), &root, "late", order, Some(limit)).await;
            assert_eq!(late.claim().await.unwrap(), None);
            assert_eq!(late.unfinished().await.unwrap(), []);
        });
    }
}

#[test]
fn a_sweep_that_is_over_leaves_no_run_of_its_ledger_under_way() {
    block_on(async {
        let home = Home::new().await;
        let new = NewSweep {
            name: "long",
            experiment: "Default",
            config: b"command: 'true'",
            seed: 1,
            method: "random",
            note: None,
            user: "me",
            tags: Vec::new(),
            prior: None,
            now: 0,
        };
        let sweep = Sweep::create(&home.store, &new).await.unwrap();
        let limit = SHARD + 1;
        let agent = open(home.shared(), &sweep.ledger, "me", ClaimOrder::Ascending, Some(limit)).await;
        while agent.claim().await.unwrap().is_some() {}
        sweep.finish(&home.store, 1).await.unwrap();
        let runs = Ledger::runs(&home.store, &sweep.ledger).await.unwrap();
        assert_eq!(runs.len(), 2);
        for run in runs {
            assert_eq!(home.store.run(&run).await.unwrap().info.status, RunStatus::Finished);
        }
    });
}

#[test]
fn an_agent_that_claims_twice_as_it_never_heard_the_answer_gets_the_same_trial() {
    block_on(async {
        let home = Home::new().await;
        let root = home.ledger().await;
        let first = open(home.shared(), &root, "me", ClaimOrder::Ascending, Some(3)).await;
        let deaf = open(home.shared(), &root, "me", ClaimOrder::Ascending, Some(3)).await;
        assert_eq!(first.claim().await.unwrap(), deaf.claim().await.unwrap());
        let other = open(home.shared(), &root, "other", ClaimOrder::Ascending, Some(3)).await;
        assert_eq!(other.claim().await.unwrap().map(|claim| claim.trial), Some(TrialIndex(1)));
    });
}

/// Sixteen threads claim until nothing is left: all claims, and the calls to the store that they took in all.
fn race(ledgers: &[Arc<Ledger>], calls: &Counting) -> (Vec<Claim>, u64) {
    let claims = Mutex::new(Vec::new());
    let before = calls.count();
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let ledger = Arc::clone(&ledgers[thread % ledgers.len()]);
            let claims = &claims;
            scope.spawn(move || {
                block_on(async {
                    while let Some(claim) = ledger.claim().await.unwrap() {
                        claims.lock().unwrap().push(claim);
                    }
                });
            });
        }
    });
    (claims.into_inner().unwrap(), calls.count() - before)
}

#[test]
fn sixteen_threads_of_one_agent_share_its_claims_at_one_call_each() {
    let home = block_on(Home::new());
    let root = block_on(home.ledger());
    let store = Arc::new(Counting::new(home.shared()));
    let ledger = block_on(open(store.clone(), &root, "me", ClaimOrder::Spread, Some(300)));
    let (claims, calls) = race(&[Arc::new(ledger)], &store);
    let trials: BTreeSet<_> = claims.iter().map(|claim| claim.trial).collect();
    assert_eq!((claims.len(), trials.len(), calls), (300, 300, 300));
}

#[test]
fn sixteen_agents_seldom_collide() {
    const LIMIT: u64 = 800;
    let home = block_on(Home::new());
    let root = block_on(home.ledger());
    let store = Arc::new(Counting::new(home.shared()));
    let ledgers: Vec<_> = (0..16)
        .map(|agent| {
            let name = format!("agent-{agent}");
            Arc::new(block_on(open(store.clone(), &root, &name, ClaimOrder::Spread, Some(LIMIT))))
        })
        .collect();
    let (claims, calls) = race(&ledgers, &store);
    let trials: BTreeSet<_> = claims.iter().map(|claim| claim.trial).collect();
    assert_eq!((claims.len() as u64, trials.len() as u64), (LIMIT, LIMIT));
    assert!(calls < 2 * LIMIT, "{calls} calls for {LIMIT} claims");
}

#[test]
fn a_trial_that_is_given_back_after_it_was_taken_over_still_has_one_result() {
    block_on(async {
        let home = Home::new().await;
        let root = home.ledger().await;
        let slow = open(home.shared(), &root, "slow", ClaimOrder::Ascending, Some(1)).await;
        let quick = open(home.shared(), &root, "quick", ClaimOrder::Ascending, Some(1)).await;
        let first = slow.claim().await.unwrap().unwrap();
        let [lost] = &quick.unfinished().await.unwrap()[..] else { panic!("one trial is under way") };
        let second = quick.claim_again(lost).await.unwrap().unwrap();
        slow.give_back(first.trial, first.attempt).await.unwrap();
        let [running] = &slow.unfinished().await.unwrap()[..] else { panic!("one trial is under way") };
        assert!(!running.given_back, "{running:?}");
        assert_eq!(quick.settle(second, &run_of(second)).await.unwrap(), SettleOutcome::Counts);
        assert_eq!(slow.unfinished().await.unwrap(), []);
        assert_eq!(slow.settle(first, &run_of(first)).await.unwrap(), SettleOutcome::TooLate);
    });
}

#[test]
fn an_attempt_that_was_given_back_is_excused_and_can_be_claimed_at_once() {
    block_on(async {
        let home = Home::new().await;
        let root = home.ledger().await;
        let one = open(home.shared(), &root, "one", ClaimOrder::Ascending, Some(1)).await;
        let first = one.claim().await.unwrap().unwrap();
        one.give_back(first.trial, first.attempt).await.unwrap();
        let other = open(home.shared(), &root, "other", ClaimOrder::Ascending, Some(1)).await;
        let [free] = &other.unfinished().await.unwrap()[..] else { panic!("one trial was given back") };
        assert!(free.given_back);
        let second = other.claim_again(free).await.unwrap().unwrap();
        assert_eq!((second.attempt, second.round, second.preemptions), (2, 1, 1));
    });
}
