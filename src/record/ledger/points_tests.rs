//! Points under random schedules: whichever agent is killed between whichever writes, every trial ends, and no point is run twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::{Claim, ClaimOrder, Ledger, SHARD};
use super::*;
use crate::tracking::memory::{Call, MemoryStore, way_to_memory};
use crate::tracking::{ErrorKind, NewRun, Store, TrackingError};

/// One agent's way to the store: anyone who asks may have to wait for others, and may be gone at any call.
struct Wire {
    store: MemoryStore,
    rng: Mutex<ChaCha8Rng>,
    /// Calls until the agent is gone; `None`: it lives.
    left: Mutex<Option<u32>>,
}

impl Wire {
    fn new(store: &MemoryStore, seed: u64, left: Option<u32>) -> Self {
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Self { store: store.clone(), rng, left: Mutex::new(left) }
    }

    fn local(&self) -> bool {
        true
    }

    async fn ask<T, F: Future<Output = Result<T>>>(&self, _: Call<'_>, request: impl Fn() -> F) -> Result<T> {
        let wait = {
            let mut rng = self.rng.lock().unwrap();
            // As a rule a moment, now and then so long that others finish meanwhile.
            if rng.random_range(0..20) == 0 { rng.random_range(0..400) } else { rng.random_range(0..6) }
        };
        for _ in 0..wait {
            tokio::task::yield_now().await;
        }
        match self.left.lock().unwrap().as_mut() {
            Some(0) => return Err(TrackingError::new(ErrorKind::Unavailable, "the agent is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        request().await
    }
}

way_to_memory!(Wire);

async fn root(memory: &MemoryStore) -> RunId {
    let parent = NewRun {
        experiment_id: crate::tracking::ExperimentId("0".into()),
        name: "model".into(),
        user: "me".into(),
        start_time: 0,
        tags: Vec::new(),
    };
    let parent = memory.create_run(&parent).await.unwrap();
    Ledger::create(memory, &parent, "me").await.unwrap()
}

async fn open(memory: &MemoryStore, root: &RunId, token: &str, limit: u64) -> Ledger {
    Ledger::open(Arc::new(memory.clone()), root, token.to_owned(), ClaimOrder::Ascending, Some(limit))
        .await
        .unwrap()
}

/// A sweep of a finite space, and what an all-knowing observer sees of it.
struct World {
    memory: MemoryStore,
    root: RunId,
    limit: u64,
    /// Points `{"x":0}` to this one.
    points: u64,
    /// Texts of points are this long: longer ones are kept in pieces.
    padding: usize,
    /// What each attempt was run with.
    ran: Mutex<BTreeMap<TrialIndex, BTreeSet<String>>>,
}

impl World {
    fn point(&self, x: u64) -> String {
        format!("{{\"pad\":\"{}\",\"x\":{x}}}", "p".repeat(self.padding))
    }

    /// An agent's life: `left` calls to the store, or until nothing is left.
    async fn live(&self, name: String, seed: u64, left: Option<u32>) -> Result<()> {
        let store: Arc<dyn Store> = Arc::new(Wire::new(&self.memory, seed, left));
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xabcd);
        let (order, limit) = (ClaimOrder::Ascending, Some(self.limit));
        let ledger = Ledger::open(store, &self.root, name, order, limit).await?;
        loop {
            let claim = match ledger.claim().await? {
                Some(claim) => claim,
                None => {
                    let unfinished = ledger.unfinished().await?;
                    if unfinished.is_empty() {
                        return Ok(());
                    }
                    // A lease may have run out at any time.
                    let lost = &unfinished[rng.random_range(0..unfinished.len())];
                    let Some(claim) = ledger.claim_again(lost).await? else { continue };
                    claim
                }
            };
            self.work(&ledger, claim, &mut rng).await?;
        }
    }

    async fn work(&self, ledger: &Ledger, claim: Claim, rng: &mut ChaCha8Rng) -> Result<()> {
        let Some(point) = self.propose(ledger, claim, rng).await? else {
            return ledger.settle_without_run(claim).await;
        };
        self.ran.lock().unwrap().entry(claim.trial).or_default().insert(point.clone());
        ledger.settle(claim, &RunId(format!("{}-{} {point}", claim.trial, claim.attempt))).await.map(drop)
    }

    /// As an agent does it (`agent::propose`): all of them like the same points best.
    async fn propose(&self, ledger: &Ledger, claim: Claim, rng: &mut ChaCha8Rng) -> Result<Option<String>> {
        if claim.attempt > 1
            && let Some(point) = ledger.point_of(claim.trial).await?
        {
            return Ok(Some(point));
        }
        let mut held = BTreeSet::new();
        for _ in 0..=self.points {
            ledger.settled().await?;
            let mut taken: BTreeSet<String> =
                ledger.points().await.into_iter().map(|(_, point)| point).collect();
            taken.extend(held.iter().cloned());
            let free: Vec<String> =
                (0..self.points).map(|x| self.point(x)).filter(|point| !taken.contains(point)).collect();
            let Some(best) = free.get(rng.random_range(0..2_usize).min(free.len().saturating_sub(1))) else {
                return Ok(None);
            };
            match ledger.fix_point(claim.trial, best, false).await? {
                FixedPoint::Point(point) => return Ok(Some(point)),
                FixedPoint::Held(_) => held.insert(best.clone()),
            };
        }
        panic!("more refusals than points");
    }

    async fn check(&self) {
        let ledger = Ledger::read(&self.memory, &self.root).await.unwrap();
        assert_eq!(ledger.unfinished(), []);
        let results = ledger.results();
        let with_point = self.limit.min(self.points);
        assert_eq!((results.len() as u64, ledger.empty() as u64), (with_point, self.limit - with_point));
        let points: BTreeSet<&str> =
            results.values().filter_map(|run| Some(run.0.split_once(' ')?.1)).collect();
        assert_eq!(points.len() as u64, with_point, "a point counts twice: {results:?}");
        for (trial, points) in self.ran.lock().unwrap().iter() {
            assert_eq!(points.len(), 1, "the attempts at trial {trial} were run with {points:?}");
        }
    }
}

/// Four agents at a time that are killed after a few calls each, then one that lives.
fn play(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let memory = MemoryStore::new();
        let root = root(&memory).await;
        let (limit, points) = (rng.random_range(1..8), rng.random_range(1..8));
        let padding = if rng.random_range(0..4) == 0 { 1200 } else { 0 };
        let world = World { root, memory, limit, points, padding, ran: Mutex::default() };
        for generation in 0..3_u64 {
            let lives = (0..4_u64).map(|agent| {
                let name = format!("agent-{generation}-{agent}");
                let left = rng.random_range(1..60);
                world.live(name, seed * 1000 + generation * 10 + agent, Some(left))
            });
            // Dead ones end with an error.
            let lives: Vec<_> = lives.collect();
            let mut lives: Vec<_> = lives.into_iter().map(Box::pin).collect();
            std::future::poll_fn(|context| {
                lives.retain_mut(|life| life.as_mut().poll(context).is_pending());
                if lives.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
        }
        world.live("last".into(), seed, None).await.unwrap();
        world.check().await;
    });
}

#[test]
fn every_schedule_ends_with_every_index_done_and_no_point_twice() {
    let seeds = std::env::var("SWEEP_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(400);
    for seed in 0..seeds {
        if std::panic::catch_unwind(|| play(seed)).is_err() {
            panic!("the schedule of seed {seed} breaks it");
        }
    }
}

#[tokio::test]
async fn an_attempt_that_slept_between_claim_and_point_is_given_the_point_of_the_one_after_it() {
    let memory = MemoryStore::new();
    let root = root(&memory).await;
    let (slow, quick) = (open(&memory, &root, "slow", 2).await, open(&memory, &root, "quick", 2).await);
    let first = slow.claim().await.unwrap().unwrap();
    let [lost] = &quick.unfinished().await.unwrap()[..] else { panic!("one trial is under way") };
    quick.claim_again(lost).await.unwrap().unwrap();
    assert_eq!(
        quick.fix_point(first.trial, "{\"x\":1}", false).await.unwrap(),
        FixedPoint::Point("{\"x\":1}".into())
    );
    assert_eq!(
        slow.fix_point(first.trial, "{\"x\":2}", false).await.unwrap(),
        FixedPoint::Point("{\"x\":1}".into())
    );
    // Nobody holds the other.
    let other = quick.claim().await.unwrap().unwrap();
    assert_eq!(
        quick.fix_point(other.trial, "{\"x\":1}", false).await.unwrap(),
        FixedPoint::Held(first.trial)
    );
    assert_eq!(
        quick.fix_point(other.trial, "{\"x\":2}", false).await.unwrap(),
        FixedPoint::Point("{\"x\":2}".into())
    );
    assert_eq!(slow.point_of(other.trial).await.unwrap().as_deref(), Some("{\"x\":2}"));
}

#[tokio::test]
async fn points_of_a_large_sweep_are_spread_so_that_no_run_of_the_ledger_grows_without_bound() {
    let memory = MemoryStore::new();
    let root = root(&memory).await;
    let limit = 4 * SHARD;
    let agent = open(&memory, &root, "me", limit).await;
    for _ in 0..1100 {
        let claim = agent.claim().await.unwrap().unwrap();
        let point = format!("{{\"x\":{}}}", claim.trial);
        assert_eq!(agent.fix_point(claim.trial, &point, false).await.unwrap(), FixedPoint::Point(point));
        agent.settle(claim, &RunId("run".into())).await.unwrap();
    }
    // Two shards of trials, and three of points beside the root.
    let runs = Ledger::runs(&memory, &root).await.unwrap();
    assert_eq!(runs.len(), 5);
    let largest = memory.largest_read();
    assert!(largest < 3500, "a run with {largest} params was read");
    // Another agent comes to the same place.
    let other = open(&memory, &root, "other", limit).await;
    let claim = other.claim().await.unwrap().unwrap();
    for taken in [0, 7, 999, 1099] {
        let point = format!("{{\"x\":{taken}}}");
        assert_eq!(
            other.fix_point(claim.trial, &point, false).await.unwrap(),
            FixedPoint::Held(TrialIndex(taken))
        );
    }
}

#[tokio::test]
async fn points_of_a_ledger_of_an_earlier_version_stay_readable() {
    let memory = MemoryStore::new();
    let root = root(&memory).await;
    let (old, limit) = ("{\"x\":1}", 5 * SHARD);
    memory.log_param(&root, "trial/000000", "old").await.unwrap();
    memory.log_param(&root, &format!("point/{}", key_of(old)), &format!("0 {old}")).await.unwrap();
    let agent = open(&memory, &root, "new", limit).await;
    assert_eq!(agent.point_of(TrialIndex(0)).await.unwrap().as_deref(), Some(old));
    let claim = agent.claim().await.unwrap().unwrap();
    assert_eq!(claim.trial, TrialIndex(1));
    assert_eq!(agent.fix_point(claim.trial, old, false).await.unwrap(), FixedPoint::Held(TrialIndex(0)));
}

#[tokio::test]
async fn a_point_that_its_holder_is_not_run_with_can_be_taken() {
    let memory = MemoryStore::new();
    let root = root(&memory).await;
    let agent = open(&memory, &root, "me", 2).await;
    let (first, left) = (agent.claim().await.unwrap().unwrap(), "{\"x\":2}");
    agent.fix_point(first.trial, "{\"x\":1}", false).await.unwrap();
    // Earlier versions could leave this behind.
    memory.log_param(&root, &format!("point/{}", key_of(left)), &format!("0 {left}")).await.unwrap();
    let second = agent.claim().await.unwrap().unwrap();
    assert_eq!(agent.fix_point(second.trial, left, false).await.unwrap(), FixedPoint::Point(left.into()));
}

#[tokio::test]
async fn a_point_that_is_insisted_on_is_run_twice() {
    let memory = MemoryStore::new();
    let root = root(&memory).await;
    let agent = open(&memory, &root, "me", 2).await;
    let (one, two) = (agent.claim().await.unwrap().unwrap(), agent.claim().await.unwrap().unwrap());
    let point = "{\"x\":1}";
    assert_eq!(agent.fix_point(one.trial, point, false).await.unwrap(), FixedPoint::Point(point.into()));
    assert_eq!(agent.fix_point(two.trial, point, false).await.unwrap(), FixedPoint::Held(one.trial));
    assert_eq!(agent.fix_point(two.trial, point, true).await.unwrap(), FixedPoint::Point(point.into()));
    let late = open(&memory, &root, "late", 2).await;
    assert_eq!(late.point_of(two.trial).await.unwrap().as_deref(), Some(point));
}
