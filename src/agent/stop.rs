//! How far an agent has been asked to stop.

use std::time::Duration;

use tokio::sync::watch;

use crate::tracking::{ErrorKind, TrackingError};

/// How firmly. Each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
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
pub struct Stop {
    /// How firmly it is to stop.
    pub level: Level,
    /// Trials that are ended are given back, to be run again by whoever is free: the machine is being taken away, and
    /// nobody meant the trials.
    pub give_back: bool,
}

impl Stop {
    /// Asks for at least this much, through a channel that others ask through as well; true where it is news.
    pub fn ask(channel: &watch::Sender<Self>, level: Level, give_back: bool) -> bool {
        channel.send_if_modified(|stop| {
            let news = level > stop.level;
            // A person who has asked for an end means it, whatever comes after.
            stop.give_back =
                if stop.level < Level::Terminate { give_back } else { stop.give_back && give_back };
            stop.level = stop.level.max(level);
            news
        })
    }
}

/// How long the store has to answer after an agent was asked to end at once.
pub(super) const LAST_CHANCE: Duration = Duration::from_secs(3);

/// What is said where the store did not.
pub(super) fn no_answer() -> TrackingError {
    TrackingError::new(
        ErrorKind::Unavailable,
        "the tracking store did not answer before the agent had to end",
    )
}

/// Waits until an agent has been asked to end at once, and for `patience` after it.
pub(super) async fn out_of_patience(mut stop: watch::Receiver<Stop>, patience: Duration) {
    if stop.wait_for(|stop| stop.level == Level::Kill).await.is_err() {
        // Nobody is left to ask.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(patience).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_again_never_asks_for_less() {
        let (channel, seen) = watch::channel(Stop::default());
        assert!(Stop::ask(&channel, Level::Terminate, true));
        assert!(!Stop::ask(&channel, Level::Drain, true));
        assert_eq!(*seen.borrow(), Stop { level: Level::Terminate, give_back: true });
        assert!(Stop::ask(&channel, Level::Kill, true));
        assert_eq!(*seen.borrow(), Stop { level: Level::Kill, give_back: true });
    }
}
