//! How many requests of a program are under way at once.
//!
//! A server that is slower than its clients ask falls over where they all ask again while their old requests still wait in
//! it. So the window closes to [`NARROWEST`] with each try that fails or takes long, and opens by one with each quick
//! answer (slow start of TCP congestion control, RFC 5681 section 3.1, by requests instead of segments).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// What a server that answers has to bear of one program.
const WIDEST: usize = 8;
/// Two, so that a request that hangs holds up no heartbeat.
const NARROWEST: usize = 2;
/// An answer that takes longer is one of a server that has too much to do.
const SLOW: Duration = Duration::from_secs(1);

/// The requests under way, and how many there may be. Who waits longest is next.
pub(super) struct RequestWindow {
    places: Semaphore,
    width: Mutex<Width>,
}

struct Width {
    /// Places there are, taken or free.
    is: usize,
    /// Places there are to be: those beyond it go when they are free.
    wanted: usize,
}

/// A request that may be sent; its place is free when it is dropped.
pub(super) struct Place<'a> {
    window: &'a RequestWindow,
    permit: Option<SemaphorePermit<'a>>,
    since: Instant,
}

impl RequestWindow {
    pub(super) fn new() -> Self {
        let width = Mutex::new(Width { is: WIDEST, wanted: WIDEST });
        Self { places: Semaphore::new(WIDEST), width }
    }

    /// Waits until one more request may be sent.
    pub(super) async fn place(&self) -> Place<'_> {
        // Nobody closes it; a request beyond the window would be no harm.
        let permit = self.places.acquire().await.ok();
        Place { window: self, permit, since: Instant::now() }
    }

    /// A try has failed.
    pub(super) fn close(&self) {
        self.with_width(|width| {
            width.wanted = NARROWEST;
            width.is -= self.places.forget_permits(width.is.saturating_sub(NARROWEST));
        });
    }

    fn open(&self) {
        self.with_width(|width| {
            width.wanted = (width.wanted + 1).min(WIDEST);
            let more = width.wanted.saturating_sub(width.is);
            self.places.add_permits(more);
            width.is += more;
        });
    }

    fn with_width(&self, change: impl FnOnce(&mut Width)) {
        change(&mut self.width.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.since.elapsed() < SLOW {
            self.window.open();
        } else {
            self.window.close();
        }
        let permit = self.permit.take();
        self.window.with_width(|width| {
            if let Some(permit) = permit
                && width.is > width.wanted
            {
                permit.forget();
                width.is -= 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use std::pin::pin;
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
        window.close();
        let mut places = all_places(&window);
        assert_eq!(places.len(), NARROWEST);
        places.pop();
        assert_eq!(places.len() + all_places(&window).len(), NARROWEST + 1);
        (0..99).for_each(|_| drop(window.place().now_or_never()));
        drop(places);
        assert_eq!(all_places(&window).len(), WIDEST);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_took_long_closes_it_too() {
        let window = RequestWindow::new();
        let mut places = all_places(&window);
        advance(SLOW).await;
        places.truncate(NARROWEST);
        assert!(window.place().now_or_never().is_none(), "as many are under way as there may be");
        drop(places);
        assert_eq!(all_places(&window).len(), NARROWEST);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_longest_is_next() {
        let window = RequestWindow::new();
        let mut places = all_places(&window);
        let (mut first, mut second) = (pin!(window.place()), pin!(window.place()));
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        places.pop();
        assert!(second.as_mut().now_or_never().is_none());
        let _first = first.await;
    }
}
