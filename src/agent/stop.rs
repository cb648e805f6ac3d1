//! How far an agent has been asked to stop.

use tokio::sync::watch;

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
