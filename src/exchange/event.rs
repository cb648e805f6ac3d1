//! What an export or import does while it works.

/// What an export or import does while it works.
#[derive(Debug, Clone, Copy)]
pub enum ExchangeEvent<'a> {
    /// An earlier import of the same thing was cut off: what it left was removed.
    Replaced,
    /// So many trials are to be written.
    Begins(u64),
    /// A trial is worked on; the name of its run.
    At(&'a str),
    /// A trial is written.
    Done,
    /// All trials are written.
    Ends,
}

/// Receives the events.
pub(super) type EventListener<'a> = &'a dyn Fn(ExchangeEvent<'_>);
