//! The sign of life of a running trial, and the news that it was taken over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::overlap::{Pace, ask_repeatedly};
use crate::agent::setup::Agent;
use crate::agent::tasks::Task;
use crate::process::Clock;
use crate::record::tags;
use crate::tracking::{ErrorKind, RunId, Store};

/// Beats within a lease: one may be lost, and one late.
const BEATS_A_LEASE: u32 = 4;

/// A server that is only slow may take so long, however short the lease.
const SHORTEST_WAIT: Duration = Duration::from_secs(4);

/// How often an agent beats, looks for orders, and looks at the trials of others.
pub(in crate::agent) fn pulse(lease: Duration) -> Duration {
    (lease / BEATS_A_LEASE).max(Duration::from_millis(10))
}

/// How long a beat, or a look at the orders, waits for the store before the next one is sent beside it.
pub(in crate::agent) fn patience(lease: Duration) -> Duration {
    pulse(lease).max(SHORTEST_WAIT)
}

/// Reading whether a trial is still wanted may take one part in so many of the time: a beat must get through to a busy
/// server, the news may come later.
const SHARE: u32 = 5;

/// Writes a changing value on a run until dropped. Others call the agent lost when they have seen the value stay the
/// same for a whole lease on their own clock: no clocks are compared.
pub(in crate::agent) struct Heartbeat {
    _task: Task<()>,
    lost: oneshot::Receiver<LostRun>,
}

/// Why a running trial is no longer wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::agent) enum LostRun {
    /// Another attempt has taken the trial over.
    TakenOver,
    /// Somebody has deleted its run.
    Deleted,
}

impl Heartbeat {
    pub(in crate::agent) fn start(agent: &Agent, run: RunId) -> Self {
        let (tell, lost) = oneshot::channel();
        let (store, clock, lease) =
            (Arc::clone(&agent.store), agent.machine.clock.clone(), agent.options.lease);
        let task = Task::start(&agent.machine.tasks, async move {
            let pace = Pace { pause: || pulse(lease), patience: patience(lease) };
            let next_read = Mutex::new(Instant::now());
            let reads = ReadingPace { next: &next_read, lease };
            let beat = |count| beat(store.as_ref(), &run, count, &clock, reads);
            let _ = tell.send(ask_repeatedly(pace, beat).await);
        });
        Self { _task: task, lost }
    }

    /// Waits for the news that the trial is no longer wanted.
    pub(in crate::agent) async fn lost(&mut self) -> LostRun {
        match (&mut self.lost).await {
            Ok(lost) => lost,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Writes a beat, and asks whether the trial is still wanted, where it is time for that: both at once, so that a beat takes
/// a slow store no longer than one answer. A beat on a run that was taken over is not read.
async fn beat(
    store: &dyn Store,
    run: &RunId,
    count: u64,
    clock: &Clock,
    reads: ReadingPace<'_>,
) -> Option<LostRun> {
    // The time is for people to read; nobody compares clocks.
    let beat = [(tags::HEARTBEAT.to_owned(), format!("{count} {}", clock.now_ms()))];
    let (lost, written) = tokio::join!(lost_by_now(store, run, reads), store.log_batch(run, &[], &[], &beat));
    // A server that is away is no reason to end a trial: the next beat may get through.
    if let (None, Err(error)) = (&lost, written) {
        tracing::debug!(%error, "a heartbeat was not delivered");
    }
    lost
}

/// When the run is read.
#[derive(Clone, Copy)]
struct ReadingPace<'a> {
    next: &'a Mutex<Instant>,
    lease: Duration,
}

impl ReadingPace<'_> {
    /// How long after the beginning of a read that took so long the next one may begin. A read during which this program
    /// was suspended has taken very long, and the trial is likely to be lost by then: never longer than a lease.
    fn pause(self, took: Duration) -> Duration {
        (SHARE * took).min(took + self.lease)
    }
}

/// Reads the run, unless that was done a moment ago.
async fn lost_by_now(store: &dyn Store, run: &RunId, reads: ReadingPace<'_>) -> Option<LostRun> {
    let asked = Instant::now();
    if asked < *reads.next.lock().unwrap_or_else(PoisonError::into_inner) {
        return None;
    }
    let lost = lost(store, run).await;
    let next = asked + reads.pause(asked.elapsed());
    *reads.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
    lost
}

async fn lost(store: &dyn Store, run: &RunId) -> Option<LostRun> {
    match store.run(run).await {
        Ok(run) if !run.info.active => Some(LostRun::Deleted),
        Ok(run) => run.tag(tags::SUPERSEDED_BY).map(|_| LostRun::TakenOver),
        Err(error) if error.kind == ErrorKind::NotFound => Some(LostRun::Deleted),
        Err(error) => {
            tracing::debug!(%error, "a run could not be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_took_long_delays_the_next_one_by_a_lease_at_most() {
        let next = Mutex::new(Instant::now());
        let reads = ReadingPace { next: &next, lease: Duration::from_secs(4) };
        let pause = |took: u64| reads.pause(Duration::from_millis(took));
        assert_eq!(pause(1), Duration::from_millis(5));
        assert_eq!(pause(500), Duration::from_millis(2500));
        // Suspended for ten minutes in the middle of a read.
        assert_eq!(pause(600_000), Duration::from_secs(604));
    }
}
