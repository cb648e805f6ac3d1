//! Signs of life, on this agent's own clock: no clocks are compared.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// Looks that are no further apart than this are near enough, however short the lease.
const NEAR: Duration = Duration::from_secs(2);

/// What others have shown: a text that changes while they live.
pub(in crate::agent) struct Signs<K> {
    seen: HashMap<K, Sign>,
}

/// A sign counts from when it was first seen.
struct Sign {
    text: String,
    since: Instant,
    /// When it was last looked at.
    looked: Instant,
    /// How long its owner may show the same.
    lease: Duration,
}

impl<K> Default for Signs<K> {
    fn default() -> Self {
        Self { seen: HashMap::new() }
    }
}

impl<K: Eq + Hash> Signs<K> {
    /// Takes in what `key` shows now; true where it was watched showing the same for a whole lease, which is its owner's.
    pub(in crate::agent) fn is_lost(&mut self, key: K, text: &str, lease: Duration) -> bool {
        let now = Instant::now();
        let new = || Sign { text: text.to_owned(), since: now, looked: now, lease };
        let sign = self.seen.entry(key).or_insert_with(new);
        // Who did not look for long has not seen whether the store was away meanwhile, when nobody could show a sign.
        let unwatched = now.duration_since(sign.looked) > (lease / 2).max(NEAR);
        if sign.text != text || unwatched {
            *sign = Sign { text: text.to_owned(), since: now, looked: now, lease };
        }
        sign.looked = now;
        now.duration_since(sign.since) >= lease.max(Duration::from_millis(1))
    }

    /// Takes in how long the store took for an answer. While it is away nobody can show a sign of life: then those begin
    /// anew whose lease is not much longer.
    pub(in crate::agent) fn answered(&mut self, asked: Instant) {
        let took = asked.elapsed();
        self.seen.retain(|_, sign| took <= sign.lease / 2);
    }

    pub(in crate::agent) fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.seen.retain(|key, _| keep(key));
    }

    pub(in crate::agent) fn forget(&mut self, key: &K) {
        self.seen.remove(key);
    }

    /// The shortest lease of those that are watched.
    pub(in crate::agent) fn shortest(&self) -> Option<Duration> {
        self.seen.values().map(|sign| sign.lease).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_sign_that_stays_the_same_for_a_lease_is_one_of_a_lost_agent() {
        let mut signs = Signs::default();
        assert!(!signs.is_lost(1, "a", LEASE));
        tokio::time::advance(LEASE / 2).await;
        assert!(!signs.is_lost(1, "a", LEASE));
        assert!(!signs.is_lost(2, "x", LEASE));
        tokio::time::advance(LEASE / 2).await;
        assert!(!signs.is_lost(2, "y", LEASE));
        assert!(signs.is_lost(1, "a", LEASE));
        assert!(!signs.is_lost(1, "b", LEASE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_was_away_makes_nobody_lost() {
        let mut signs = Signs::default();
        assert!(!signs.is_lost(1, "a", LEASE));
        let asked = Instant::now();
        tokio::time::advance(2 * LEASE).await;
        signs.answered(asked);
        assert!(!signs.is_lost(1, "a", LEASE));
    }

    #[tokio::test(start_paused = true)]
    async fn each_sign_has_the_lease_of_its_owner() {
        let mut signs = Signs::default();
        for _ in 0..8 {
            assert!(!signs.is_lost("long", "a", LEASE));
            assert_eq!(signs.shortest(), Some(LEASE));
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        assert!(!signs.is_lost("short", "a", 4 * NEAR));
        assert_eq!(signs.shortest(), Some(4 * NEAR));
        for _ in 0..2 {
            tokio::time::advance(2 * NEAR).await;
            assert!(!signs.is_lost("long", "a", LEASE));
            let gone = signs.is_lost("short", "a", 4 * NEAR);
            assert_eq!(gone, signs.seen["short"].since.elapsed() >= 4 * NEAR);
        }
        assert!(signs.is_lost("short", "a", 4 * NEAR));
    }

    #[tokio::test(start_paused = true)]
    async fn who_did_not_watch_has_seen_nothing() {
        let mut signs = Signs::default();
        assert!(!signs.is_lost(1, "a", LEASE));
        // It had trials of its own: the server may have been away meanwhile.
        tokio::time::advance(10 * LEASE).await;
        assert!(!signs.is_lost(1, "a", LEASE));
        for _ in 0..4 {
            tokio::time::advance(LEASE / 4).await;
            let _ = signs.is_lost(1, "a", LEASE);
        }
        assert!(signs.is_lost(1, "a", LEASE));
    }
}
