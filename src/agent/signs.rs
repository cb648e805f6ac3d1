//! Signs of life, on this agent's own clock: no clocks are compared.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// What others have shown: a text that changes while they live.
pub(super) struct Signs<K> {
    seen: HashMap<K, Sign>,
}

/// A sign counts from when it was first seen.
struct Sign {
    text: String,
    since: Instant,
}

impl<K> Default for Signs<K> {
    fn default() -> Self {
        Self { seen: HashMap::new() }
    }
}

impl<K: Eq + Hash> Signs<K> {
    /// Takes in what `key` shows now; true where it has shown the same for a whole lease.
    pub(super) fn is_lost(&mut self, key: K, text: String, lease: Duration) -> bool {
        let now = Instant::now();
        let sign = self.seen.entry(key).or_insert_with(|| Sign { text: text.clone(), since: now });
        if sign.text != text {
            *sign = Sign { text, since: now };
        }
        now.duration_since(sign.since) >= lease.max(Duration::from_millis(1))
    }

    /// Takes in how long the store took for an answer. While it is away nobody can show a sign of life: then all
    /// begin anew.
    pub(super) fn answered(&mut self, asked: Instant, lease: Duration) {
        if asked.elapsed() > lease / 2 {
            self.seen.clear();
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.seen.retain(|key, _| keep(key));
    }

    pub(super) fn forget(&mut self, key: &K) {
        self.seen.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_sign_that_stays_the_same_for_a_lease_is_one_of_a_lost_agent() {
        let mut signs = Signs::default();
        assert!(!signs.is_lost(1, "a".into(), LEASE));
        tokio::time::advance(LEASE / 2).await;
        assert!(!signs.is_lost(1, "a".into(), LEASE));
        assert!(!signs.is_lost(2, "x".into(), LEASE));
        tokio::time::advance(LEASE / 2).await;
        assert!(!signs.is_lost(2, "y".into(), LEASE));
        assert!(signs.is_lost(1, "a".into(), LEASE));
        assert!(!signs.is_lost(1, "b".into(), LEASE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_was_away_makes_nobody_lost() {
        let mut signs = Signs::default();
        assert!(!signs.is_lost(1, "a".into(), LEASE));
        let asked = Instant::now();
        tokio::time::advance(2 * LEASE).await;
        signs.answered(asked, LEASE);
        assert!(!signs.is_lost(1, "a".into(), LEASE));
    }
}
