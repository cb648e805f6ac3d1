//! How far an agent has been asked to stop.

/// Each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stop {
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
