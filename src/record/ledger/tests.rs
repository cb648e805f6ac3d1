//! What an agent knows of the claims of others.

use std::sync::Arc;

use super::*;
use crate::tracking::memory::MemoryStore;

/// An empty ledger.
async fn empty() -> (Arc<dyn Store>, RunId) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let parent = NewRun {
        experiment_id: ExperimentId("0".into()),
        name: "sweep".into(),
        user: "me".into(),
        start_time: 0,
        tags: Vec::new(),
    };
    let parent = store.create_run(&parent).await.unwrap();
    let root = Ledger::create(store.as_ref(), &parent, "me").await.unwrap();
    (store, root)
}

/// So many agents on trials up to a limit.
struct Crowd {
    store: Arc<dyn Store>,
    root: RunId,
    limit: u64,
    agents: Vec<Ledger>,
    taken: BTreeSet<u64>,
}

impl Crowd {
    async fn new(agents: usize, limit: u64) -> Self {
        let (store, root) = empty().await;
        let mut crowd = Self { store, root, limit, agents: Vec::new(), taken: BTreeSet::new() };
        for _ in 0..agents {
            crowd.join().await;
        }
        crowd
    }

    async fn join(&mut self) {
        let (store, token) = (Arc::clone(&self.store), format!("agent-{}", self.agents.len()));
        let order = ClaimOrder::Spread;
        self.agents.push(Ledger::open(store, &self.root, token, order, Some(self.limit)).await.unwrap());
    }

    /// They claim in turn until so many trials are taken, or none is left.
    async fn claim_up_to(&mut self, number: usize) {
        let mut over = BTreeSet::new();
        while self.taken.len() < number && over.len() < self.agents.len() {
            for (place, agent) in self.agents.iter().enumerate() {
                match agent.claim().await.unwrap() {
                    Some(claim) => assert!(self.taken.insert(claim.trial.0), "{claim:?} was claimed twice"),
                    None => drop(over.insert(place)),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_crowd_spreads_over_several_shards_and_takes_each_trial_once() {
    let mut crowd = Crowd::new(200, 6 * SHARD + 10).await;
    crowd.claim_up_to(2500).await;
    let shards: BTreeSet<u64> = crowd.taken.iter().map(|trial| trial / SHARD).collect();
    assert!(shards.len() > 4, "{shards:?}");
    crowd.claim_up_to(usize::MAX).await;
    assert_eq!(crowd.taken.len() as u64, crowd.limit);
    let mut losses = 0;
    for agent in &crowd.agents {
        losses += agent.view.lock().await.losses;
    }
    // In one shard after the other each agent would lose about as often as it wins.
    assert!(losses < crowd.limit / 2, "{losses} claims were lost");
}

#[tokio::test]
async fn a_few_agents_take_trials_nearly_in_their_order() {
    let mut crowd = Crowd::new(3, 3 * SHARD).await;
    while (crowd.taken.len() as u64) < crowd.limit {
        crowd.claim_up_to(crowd.taken.len() + 100).await;
        let behind = (0..).find(|trial| !crowd.taken.contains(trial)).unwrap();
        let ahead = crowd.taken.last().copied().unwrap_or(0);
        assert!(ahead < behind + SHARD, "{ahead} is taken, and {behind} is not");
    }
}

#[tokio::test]
async fn who_comes_late_finds_what_a_crowd_has_left_behind() {
    let mut crowd = Crowd::new(200, 6 * SHARD).await;
    crowd.claim_up_to(2500).await;
    crowd.agents.clear();
    crowd.join().await;
    crowd.claim_up_to(usize::MAX).await;
    assert_eq!(crowd.taken.len() as u64, crowd.limit);
}

#[tokio::test]
async fn who_loses_a_claim_knows_whose_it_is() {
    let (store, root) = empty().await;
    for order in [ClaimOrder::Ascending, ClaimOrder::Spread] {
        let open = async |token: &str, lease| {
            let ledger =
                Ledger::open(Arc::clone(&store), &root, token.to_owned(), order, None).await.unwrap();
            ledger.leased(Duration::from_secs(lease))
        };
        let (first, second) = (open("first", 4).await, open("second", 9).await);
        let won = first.claim().await.unwrap().unwrap();
        let other = second.claim().await.unwrap().unwrap();
        assert_ne!(won.trial, other.trial);
        let unfinished = second.unfinished().await.unwrap();
        let of_first = unfinished.iter().find(|unfinished| unfinished.trial == won.trial).unwrap();
        // Its heartbeats are those of its owner, and it has the owner's lease.
        assert_eq!((of_first.token.as_str(), of_first.lease), ("first", Duration::from_secs(4)));
    }
}
