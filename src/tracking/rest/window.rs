//! How many requests of a program are under way at once.
//!
//! A server that is slower than its clients ask falls over where they all ask again while their old requests still wait in
//! it. So the window closes to [`NARROWEST`] with each try that fails or takes long, and opens by one with each answer
//! (slow start of TCP congestion control, RFC 5681 section 3.1, by requests instead of segments); and where answers take
//! long, a place rests as long again before it is used for another request.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// What a server that answers has to bear of one program.
const WIDEST: usize = 8;
/// Two, so that a request that hangs holds up no heartbeat.
const NARROWEST: usize = 2;
/// An answer that takes longer is one of a server that has too much to do.
const SLOW: Duration = Duration::from_secs(1);
/// No place rests longer.
const LONGEST_REST: Duration = Duration::from_secs(5);

/// The requests under way, and how many there may be.
pub(super) struct RequestWindow {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    width: usize,
    under_way: usize,
    /// When the places that rest are free.
    resting: Vec<Instant>,
}

/// A request that may be sent; its place is free, or rests, when it is dropped.
pub(super) struct Place<'a> {
    window: &'a RequestWindow,
    since: Instant,
}

impl RequestWindow {
    pub(super) fn new() -> Self {
        let state = State { width: WIDEST, under_way: 0, resting: Vec::new() };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Waits until one more request may be sent.
    pub(super) async fn place(&self) -> Place<'_> {
        loop {
            let mut changed = pin!(self.changed.notified());
            // From here on it hears of places that others free.
            changed.as_mut().enable();
            let now = Instant::now();
            match self.with(|state| state.take(now)) {
                Ok(()) => return Place { window: self, since: now },
                Err(Some(rested)) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(rested) => {}
                },
                Err(None) => changed.await,
            }
        }
    }

    /// A try has failed.
    pub(super) fn failed(&self) {
        self.with(|state| state.width = NARROWEST);
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// Takes a place; else says when the next one has rested.
    fn take(&mut self, now: Instant) -> Result<(), Option<Instant>> {
        self.resting.retain(|until| *until > now);
        if self.under_way + self.resting.len() < self.width {
            self.under_way += 1;
            return Ok(());
        }
        Err(self.resting.iter().min().copied())
    }

    fn free(&mut self, took: Duration, now: Instant) {
        self.under_way -= 1;
        if took < SLOW {
            self.width = (self.width + 1).min(WIDEST);
        } else {
            self.width = NARROWEST;
            self.resting.push(now + took.min(LONGEST_REST));
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        self.window.with(|state| state.free(now - self.since, now));
        self.window.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::*;

    /// As many places as there are.
    fn all_places(window: &RequestWindow) -> Vec<Place<'_>> {
        std::iter::from_fn(|| window.place().now_or_never()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_quick_answer_opens_the_window_by_one_and_a_failure_closes_it() {
        let window = RequestWindow::new();
        assert_eq!(all_places(&window).len(), WIDEST);
        window.failed();
        let mut places = all_places(&window);
        assert_eq!(places.len(), NARROWEST);
        places.pop();
        drop(places);
        assert_eq!(all_places(&window).len(), NARROWEST + 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_rests_as_long_as_its_answer_took() {
        let window = RequestWindow::new();
        let places = all_places(&window);
        advance(3 * SLOW).await;
        drop(places);
        assert!(all_places(&window).is_empty());
        let asked = Instant::now();
        let _place = window.place().await;
        assert_eq!(asked.elapsed(), 3 * SLOW);
        assert_eq!(all_places(&window).len(), NARROWEST - 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_the_place_of_another() {
        let window = RequestWindow::new();
        let mut places = all_places(&window);
        let mut next = pin!(window.place());
        assert!(next.as_mut().now_or_never().is_none());
        window.failed();
        // One that is dropped opens the window by one.
        places.truncate(WIDEST - 1);
        assert!(next.as_mut().now_or_never().is_none(), "the window is narrower than what is under way");
        places.clear();
        let _next = next.await;
    }
}
