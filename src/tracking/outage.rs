//! A server that does not answer, as those see it who wait for it.

use tokio::time::Instant;

/// A server is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// When the first request went unanswered.
    pub since: Instant,
    /// When the next one is sent.
    pub next_try: Instant,
}
