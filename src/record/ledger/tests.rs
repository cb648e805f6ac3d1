//! What an agent knows of the claims of others.

use std::sync::Arc;

use super::*;
use crate::tracking::memory::MemoryStore;

#[tokio::test]
async fn who_loses_a_claim_knows_whose_it_is() {
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
