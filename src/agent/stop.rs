//! How far an agent has been asked to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::tracking::{ErrorKind, TrackingError};

/// How firmly. Each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum StopLevel {
    /// Not at all.
    #[default]
    No,
    /// Running trials are finished, no more are started.
    Drain,
    /// Running trials are ended with grace.
    Terminate,
    /// Running trials are ended at once.
    Kill,
}

/// What an agent has been asked to do about its trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StopRequest {
    /// How firmly it is to stop.
    pub level: StopLevel,
    /// Trials that are ended are given back, to be run again by any free agent: the machine is being taken away, and
    /// nobody meant the trials.
    pub give_back: bool,
    /// The sweep was deleted: there is nothing to work on.
    pub deleted: bool,
    /// When it was first asked to stop.
    pub first: Option<Instant>,
    /// When it was asked to stop as firmly as it is now.
    pub since: Option<Instant>,
}

impl StopRequest {
    /// Tells that somebody has deleted the sweep: running trials are ended with grace, and given back in case it is
    /// restored.
    pub(super) fn sweep_is_deleted(channel: &watch::Sender<Self>) {
        Self::ask(channel, StopLevel::Terminate, true);
        channel.send_if_modified(|stop| !std::mem::replace(&mut stop.deleted, true));
    }

    /// Asks for at least this much, through a channel that others ask through as well; true where it is news.
    pub fn ask(channel: &watch::Sender<Self>, level: StopLevel, give_back: bool) -> bool {
        channel.send_if_modified(|stop| {
            let news = level > stop.level;
            // Where running trials are finished none is given back, nor kept from it: an order to stop is heard again
            // and again. A person who has asked for an end means it, whatever comes after.
            if level >= StopLevel::Terminate {
                stop.give_back =
                    if stop.level < StopLevel::Terminate { give_back } else { stop.give_back && give_back };
            }
            if news {
                stop.since = Some(Instant::now());
                stop.first = stop.first.or(stop.since);
                stop.level = level;
            }
            news
        })
    }
}

/// How long the store has to answer at least, however soon the agent is to end.
pub(super) const LAST_CHANCE: Duration = Duration::from_secs(3);

/// What is said where the store did not.
fn no_answer() -> TrackingError {
    TrackingError::new(
        ErrorKind::Unavailable,
        "the tracking store did not answer before the agent had to end",
    )
}

/// Waits until an agent has been asked to end its trials.
pub(super) async fn asked_to_end(mut stop: watch::Receiver<StopRequest>) {
    if stop.wait_for(|stop| stop.level >= StopLevel::Terminate).await.is_err() {
        // Nobody is left to ask.
        std::future::pending::<()>().await;
    }
}

/// Does something with the store that must not hold up the end of the agent: once it is asked to stop, the store has
/// the time of grace left to answer, and little more than none once it is asked again.
///
/// # Errors
/// As `work`, and `Unavailable` where time ran out.
pub(super) async fn in_time<T, E: From<TrackingError>>(
    stop: &watch::Receiver<StopRequest>,
    grace: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begun = Instant::now();
    tokio::select! {
        biased;
        outcome = work => outcome,
        () = reached(stop.clone(), |stop| stop.patience(begun, grace)) => Err(no_answer().into()),
    }
}

/// As [`in_time`], for all that an agent does: a bound beyond those of its parts.
pub(super) async fn before_the_end<T, E: From<TrackingError>>(
    stop: watch::Receiver<StopRequest>,
    grace: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::select! {
        biased;
        outcome = work => outcome,
        () = reached(stop, |stop| stop.end(grace)) => Err(no_answer().into()),
    }
}

impl StopRequest {
    /// When what began at `started` has to be given up.
    fn patience(&self, begun: Instant, grace: Duration) -> Option<Instant> {
        let since = self.since?;
        let last = since.max(begun) + LAST_CHANCE;
        match self.level {
            StopLevel::No => None,
            StopLevel::Drain => Some(since.max(begun) + grace),
            // The command itself may have taken all of the time.
            StopLevel::Terminate if self.first == self.since => Some((since + grace).max(last)),
            StopLevel::Terminate | StopLevel::Kill => Some(last),
        }
    }

    /// When the agent has to end, whatever it does.
    fn end(&self, grace: Duration) -> Option<Instant> {
        match self.level {
            // Running trials are finished, however long they take.
            StopLevel::No | StopLevel::Drain => None,
            StopLevel::Terminate => Some(self.since? + grace + 2 * LAST_CHANCE),
            StopLevel::Kill => Some(self.since? + 2 * LAST_CHANCE),
        }
    }
}

/// Waits for the time that the present state of `stop` sets.
async fn reached(mut stop: watch::Receiver<StopRequest>, time: impl Fn(&StopRequest) -> Option<Instant>) {
    loop {
        let deadline = time(&stop.borrow_and_update());
        let due = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = due => return,
            Ok(()) = stop.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_again_never_asks_for_less() {
        let (channel, seen) = watch::channel(StopRequest::default());
        assert!(StopRequest::ask(&channel, StopLevel::Terminate, true));
        assert!(!StopRequest::ask(&channel, StopLevel::Drain, true));
        assert_eq!((seen.borrow().level, seen.borrow().give_back), (StopLevel::Terminate, true));
        assert!(StopRequest::ask(&channel, StopLevel::Kill, true));
        assert_eq!((seen.borrow().level, seen.borrow().give_back), (StopLevel::Kill, true));
    }

    #[test]
    fn an_order_that_is_heard_again_keeps_no_trial_from_being_given_back() {
        let (channel, seen) = watch::channel(StopRequest::default());
        // `sweep stop` stands at the parent run, and is read again and again.
        assert!(StopRequest::ask(&channel, StopLevel::Drain, false));
        assert!(StopRequest::ask(&channel, StopLevel::Terminate, true));
        assert!(!StopRequest::ask(&channel, StopLevel::Drain, false));
        assert!(seen.borrow().give_back);
        // A person who asks for the end of the trials means them.
        assert!(!StopRequest::ask(&channel, StopLevel::Terminate, false));
        assert!(!seen.borrow().give_back);
    }

    const GRACE: Duration = Duration::from_secs(30);

    /// How long something that never answers is waited for, where the agent is asked to stop at these times.
    async fn patience(asked: &[(u64, StopLevel)]) -> Duration {
        let channel = watch::Sender::new(StopRequest::default());
        let never = std::future::pending::<Result<(), TrackingError>>();
        let stop = channel.subscribe();
        let ask = async {
            let begun = Instant::now();
            for (at, level) in asked {
                sleep_until(begun + Duration::from_secs(*at)).await;
                StopRequest::ask(&channel, *level, true);
            }
            std::future::pending::<()>().await;
        };
        let begun = Instant::now();
        tokio::select! {
            outcome = in_time(&stop, GRACE, never) => assert!(outcome.is_err()),
            () = ask => {}
        }
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_answer_is_waited_for_as_long_as_grace_allows() {
        assert_eq!(patience(&[(10, StopLevel::Drain)]).await, Duration::from_secs(40));
        assert_eq!(patience(&[(10, StopLevel::Terminate)]).await, Duration::from_secs(40));
    }

    #[tokio::test(start_paused = true)]
    async fn asked_again_an_agent_waits_little_longer() {
        assert_eq!(
            patience(&[(10, StopLevel::Drain), (15, StopLevel::Terminate)]).await,
            Duration::from_secs(18)
        );
        assert_eq!(
            patience(&[(10, StopLevel::Terminate), (15, StopLevel::Kill)]).await,
            Duration::from_secs(18)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_took_all_of_its_grace_can_still_be_settled() {
        let channel = watch::Sender::new(StopRequest::default());
        StopRequest::ask(&channel, StopLevel::Terminate, true);
        tokio::time::advance(GRACE).await;
        let settled = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok::<_, TrackingError>(())
        };
        assert!(in_time(&channel.subscribe(), GRACE, settled).await.is_ok());
        let begun = Instant::now();
        let never = std::future::pending::<Result<(), TrackingError>>();
        assert!(before_the_end(channel.subscribe(), GRACE, never).await.is_err());
        assert_eq!(begun.elapsed(), Duration::from_secs(4));
    }
}
