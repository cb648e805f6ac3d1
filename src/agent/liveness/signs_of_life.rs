//! Signs of life, on this agent's own clock: no clocks are compared.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// Looks that are no further apart than this are near enough, however short the lease: a store may be slow.
pub(in crate::agent) const WIDEST_GAP: Duration = Duration::from_secs(10);

/// What others have shown: a text that changes while they live.
///
/// Silence is counted between looks alone. While a look waits for the store, others may wait for it as well and can show
/// nothing: an outage of the store makes no agent lost, and a slow store only delays the decision.
pub(in crate::agent) struct SignsOfLife<K> {
    seen: HashMap<K, SignOfLife>,
    /// When the last look ended.
    ended: Option<Instant>,
}

/// What one of them shows.
struct SignOfLife {
    text: String,
    /// How long it was watched showing that.
    watched: Duration,
    /// How long its owner may show the same.
    lease: Duration,
}

impl<K> Default for SignsOfLife<K> {
    fn default() -> Self {
        Self { seen: HashMap::new(), ended: None }
    }
}

impl<K: Eq + Hash> SignsOfLife<K> {
    /// A look begins, and with it the first request to the store.
    pub(in crate::agent) fn begin_look(&mut self) {
        let now = Instant::now();
        let gap = self.ended.map_or(Duration::ZERO, |ended| now.duration_since(ended));
        self.ended = Some(now);
        // Who did not look for long has not seen whether the store was away meanwhile, when nobody could show a sign.
        self.seen.retain(|_, sign| gap <= (sign.lease / 2).max(WIDEST_GAP));
        for sign in self.seen.values_mut() {
            // For the same reason one gap is never a whole lease.
            sign.watched += gap.min(sign.lease / 2);
        }
    }

    /// It is over, whether the store has answered or not.
    pub(in crate::agent) fn end_look(&mut self) {
        self.ended = Some(Instant::now());
    }

    /// Takes in what `key` shows in this look; true where it was watched showing the same for a whole lease, which is its
    /// owner's.
    pub(in crate::agent) fn is_lost(&mut self, key: K, text: &str, lease: Duration) -> bool {
        let new = || SignOfLife { text: text.to_owned(), watched: Duration::ZERO, lease };
        let sign = self.seen.entry(key).or_insert_with(new);
        if sign.text != text {
            *sign = new();
        }
        sign.watched >= lease.max(Duration::from_millis(1))
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
    use tokio::time::advance;

    use super::*;

    const LEASE: Duration = Duration::from_secs(60);
    const NEAR: Duration = Duration::from_secs(2);

    impl SignsOfLife<&str> {
        /// A look for whose answer the store takes so long.
        async fn look(
            &mut self,
            took: Duration,
            shown: &[(&'static str, &str, Duration)],
        ) -> Vec<&'static str> {
            self.begin_look();
            advance(took).await;
            let lost = |(key, text, lease): &(&'static str, &str, Duration)| {
                self.is_lost(*key, text, *lease).then_some(*key)
            };
            let lost = shown.iter().filter_map(lost).collect();
            self.end_look();
            lost
        }

        async fn quick_look(&mut self, shown: &[(&'static str, &str, Duration)]) -> Vec<&'static str> {
            self.look(Duration::ZERO, shown).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_that_stays_the_same_for_a_lease_is_one_of_a_lost_agent() {
        let mut signs = SignsOfLife::default();
        assert!(signs.quick_look(&[("a", "1", LEASE)]).await.is_empty());
        advance(LEASE / 2).await;
        assert!(signs.quick_look(&[("a", "1", LEASE), ("b", "1", LEASE)]).await.is_empty());
        advance(LEASE / 2).await;
        assert_eq!(signs.quick_look(&[("a", "1", LEASE), ("b", "2", LEASE)]).await, ["a"]);
        assert!(signs.quick_look(&[("a", "2", LEASE)]).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_was_away_makes_nobody_lost() {
        let mut signs = SignsOfLife::default();
        signs.quick_look(&[("a", "1", LEASE)]).await;
        assert!(signs.look(2 * LEASE, &[("a", "1", LEASE)]).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_takes_longer_than_a_lease_for_each_answer_hides_no_lost_agent() {
        let mut signs = SignsOfLife::default();
        let mut looks = 0;
        while signs.look(3 * LEASE, &[("a", "1", LEASE)]).await.is_empty() {
            advance(LEASE / 4).await;
            looks += 1;
            assert!(looks < 10, "nobody is found to be lost");
        }
        assert_eq!(looks, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn each_sign_has_the_lease_of_its_owner() {
        let mut signs = SignsOfLife::default();
        let (long, short) = (("long", "1", LEASE), ("short", "1", 4 * NEAR));
        signs.quick_look(&[long]).await;
        assert_eq!(signs.shortest(), Some(LEASE));
        advance(Duration::from_secs(5)).await;
        signs.quick_look(&[long, short]).await;
        assert_eq!(signs.shortest(), Some(4 * NEAR));
        advance(2 * NEAR).await;
        assert!(signs.quick_look(&[long, short]).await.is_empty());
        advance(2 * NEAR).await;
        assert_eq!(signs.quick_look(&[long, short]).await, ["short"]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_wide_gap_is_no_lease_and_several_are() {
        let short = ("a", "1", Duration::from_secs(2));
        let mut signs = SignsOfLife::default();
        signs.quick_look(&[short]).await;
        advance(WIDEST_GAP).await;
        assert!(signs.quick_look(&[short]).await.is_empty(), "the store may have been away");
        advance(WIDEST_GAP).await;
        assert_eq!(signs.quick_look(&[short]).await, ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_did_not_watch_has_seen_nothing() {
        let mut signs = SignsOfLife::default();
        signs.quick_look(&[("a", "1", LEASE)]).await;
        // It had trials of its own: the server may have been away meanwhile.
        advance(10 * LEASE).await;
        assert!(signs.quick_look(&[("a", "1", LEASE)]).await.is_empty());
        for _ in 0..3 {
            advance(LEASE / 4).await;
            assert!(signs.quick_look(&[("a", "1", LEASE)]).await.is_empty());
        }
        advance(LEASE / 4).await;
        assert_eq!(signs.quick_look(&[("a", "1", LEASE)]).await, ["a"]);
    }
}
