//! How often and how long a request is tried.
//!
//! `MLFLOW_HTTP_REQUEST_MAX_RETRIES` and `MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR` say how long, as for MLflow's clients: waits
//! that double, so many of them. But no single wait is longer than [`LONGEST_WAIT`]: a server that is back is found soon,
//! after more and shorter waits. Only one that takes long to fail is overrun, and is left alone for longer.

use std::time::Duration;

use rand::RngExt as _;
use tokio::time::Instant;

/// A server that is back is found within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A server that took long to fail may be left alone for this share of that time: it has too much to do.
const SHARE_OF_A_SLOW_FAILURE: f64 = 0.25;
/// A server that asks for more time than this is asked again sooner.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);
/// Nor is it asked more often than this where it asks for less, but for the first time.
const SHORTEST_RETRY_AFTER: Duration = Duration::from_secs(1);
/// The waits by which patience is counted grow no further.
const LONGEST_COUNTED: Duration = Duration::from_secs(120);

/// The tries of one request.
pub(super) struct Tries {
    number: u32,
    begun: Instant,
    /// When the last try began.
    tried: Instant,
}

impl Tries {
    pub(super) fn none() -> Self {
        let now = Instant::now();
        Self { number: 0, begun: now, tried: now }
    }

    /// Tries that have failed.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// After a try that has failed: how long to wait until the next, or `None` where there is none. `asked` is what the
    /// server has asked for.
    pub(super) fn next_wait(
        &mut self,
        backoff: Duration,
        retries: u32,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        if self.number >= retries && self.begun.elapsed() >= patience(backoff, retries) {
            return None;
        }
        let own = match self.number {
            // Near at once: a new connection cures most errors.
            0 => Duration::from_millis(rand::rng().random_range(20..120)),
            number => {
                let wait = doubled(backoff, number).min(LONGEST_WAIT);
                wait.mul_f64(rand::rng().random_range(0.5..1.0))
            }
        };
        let slow = self.tried.elapsed().mul_f64(SHARE_OF_A_SLOW_FAILURE);
        let own = own.max(slow.mul_f64(rand::rng().random_range(0.5..1.0)));
        self.number += 1;
        // `Retry-After: 0` is no leave to ask without a pause.
        let wait = asked.map_or(own, |asked| asked.clamp(own.min(SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER));
        self.tried = Instant::now() + wait;
        Some(wait)
    }
}

/// The sum of the waits that double; chance cuts each by a quarter on average.
fn patience(backoff: Duration, retries: u32) -> Duration {
    (1..retries).map(|tries| doubled(backoff, tries)).sum::<Duration>().mul_f64(0.75)
}

fn doubled(backoff: Duration, tries: u32) -> Duration {
    backoff.saturating_mul(1 << (tries - 1).min(10)).min(LONGEST_COUNTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits of a request that never succeeds.
    async fn waits(backoff: u64, retries: u32, asked: Option<u64>) -> Vec<Duration> {
        let (mut tries, mut waits) = (Tries::none(), Vec::new());
        let (backoff, asked) = (Duration::from_secs(backoff), asked.map(Duration::from_secs));
        while let Some(wait) = tries.next_wait(backoff, retries, asked) {
            tokio::time::sleep(wait).await;
            waits.push(wait);
        }
        waits
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_tried_as_long_as_mlflows_clients_try_but_never_waits_long() {
        let waits = waits(2, 7, None).await;
        let total: Duration = waits.iter().sum();
        assert!((94..101).contains(&total.as_secs()), "{total:?}");
        assert!(waits.iter().all(|wait| *wait <= LONGEST_WAIT), "{waits:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_long_to_fail_is_left_alone_for_longer() {
        let mut tries = Tries::none();
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(120)).await;
            let wait = tries.next_wait(Duration::from_secs(2), 7, None).unwrap();
            assert!((15..30).contains(&wait.as_secs()), "{wait:?}");
            tokio::time::sleep(wait).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_backoff_the_number_of_retries_counts() {
        assert_eq!(waits(0, 4, None).await.len(), 4);
        assert!(waits(2, 0, None).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_asks_for_time_is_given_it_within_bounds() {
        assert_eq!(waits(0, 2, Some(7)).await, [Duration::from_secs(7); 2]);
        assert_eq!(waits(0, 1, Some(9999)).await, [LONGEST_RETRY_AFTER]);
        let hurried = waits(2, 7, Some(0)).await;
        assert!((7..120).contains(&hurried.len()), "{}", hurried.len());
    }
}
