//! The way from a machine to the store: it takes its time, loses requests and answers, and is cut for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::scheduler::Scheduler;
use super::truth::Observer;
use crate::tracking::memory::{Call, MemoryStore, way_to_memory};
use crate::tracking::{ErrorKind, Result, TrackingError};

/// How good the ways are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quality {
    /// The store is a file of the machine: nothing is lost, and nothing takes long.
    pub(super) local: bool,
    /// An answer takes up to so many milliseconds.
    pub(super) latency: u64,
    /// Every answer takes at least so long.
    pub(super) every: Duration,
    /// One answer of so many takes very long; 0: none.
    pub(super) slow: u64,
    /// One request of so many is lost, or its answer; 0: none.
    pub(super) lossy: u64,
    /// One upload of so many takes up to three leases; 0: none.
    pub(super) large: u64,
    pub(super) lease: Duration,
    /// How long a request is tried.
    pub(super) patience: Duration,
}

/// Why a way is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetworkCut {
    pub(super) until: Instant,
    /// What the store answers; `None`: nothing at all.
    pub(super) answer: Option<ErrorKind>,
}

/// All ways.
pub(super) struct Network {
    store: MemoryStore,
    scheduler: Arc<Scheduler>,
    quality: Mutex<Quality>,
    /// By machine.
    cuts: Mutex<Vec<Option<NetworkCut>>>,
    observer: Arc<Observer>,
    started: Instant,
    prints_calls: bool,
}

impl Network {
    pub(super) fn new(
        store: MemoryStore,
        scheduler: Arc<Scheduler>,
        observer: Arc<Observer>,
        quality: Quality,
        hosts: usize,
    ) -> Arc<Self> {
        let cuts = Mutex::new(vec![None; hosts]);
        let (started, prints_calls) = (Instant::now(), std::env::var_os("CALLS").is_some());
        let quality = Mutex::new(quality);
        Arc::new(Self { store, scheduler, quality, cuts, observer, started, prints_calls })
    }

    pub(super) fn cut(&self, host: usize, cut: NetworkCut) {
        let mut cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cuts.get_mut(host) {
            *known = Some(cut);
        }
    }

    /// From now on nothing is lost.
    pub(super) fn heal(&self) {
        self.cuts.lock().unwrap_or_else(PoisonError::into_inner).fill(None);
        let mut quality = self.quality.lock().unwrap_or_else(PoisonError::into_inner);
        (quality.lossy, quality.slow, quality.every) = (0, 0, Duration::ZERO);
    }

    fn quality(&self) -> Quality {
        *self.quality.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_cut(&self, host: usize) -> Option<NetworkCut> {
        let cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        cuts.get(host).copied().flatten().filter(|cut| cut.until > Instant::now())
    }

    /// The way from a machine.
    pub(super) fn link(self: &Arc<Self>, host: usize) -> Arc<Link> {
        Arc::new(Link { network: Arc::clone(self), store: self.store.clone(), host })
    }
}

/// A machine's way to the store.
pub(super) struct Link {
    network: Arc<Network>,
    store: MemoryStore,
    host: usize,
}

/// What becomes of a request.
enum MessageFate {
    Done,
    /// It never arrives.
    Lost,
    /// It is done, and the answer is lost.
    Unheard,
}

impl Link {
    async fn wait(&self, quality: &Quality) {
        let scheduler = &self.network.scheduler;
        let slow = quality.slow > 0 && scheduler.one_in(quality.slow);
        let time = if slow { 2000 + scheduler.below(4000) } else { scheduler.below(quality.latency + 1) };
        // There and back.
        let time = Duration::from_millis(time) + quality.every / 2;
        if time.is_zero() {
            // Others may go first all the same.
            yield_once().await;
        } else {
            sleep(time).await;
        }
    }

    /// A log may be large, and the way narrow.
    /// Returns how long it took.
    async fn upload(&self, call: Call<'_>, quality: &Quality) -> Duration {
        let scheduler = &self.network.scheduler;
        if call.name != "put_artifact" || quality.large == 0 || !scheduler.one_in(quality.large) {
            return Duration::ZERO;
        }
        let most = 3 * u64::try_from(quality.lease.as_millis()).unwrap_or(0);
        let time = Duration::from_millis(scheduler.below(most));
        sleep(time).await;
        time
    }

    fn fate(&self, quality: &Quality) -> MessageFate {
        let scheduler = &self.network.scheduler;
        if quality.lossy == 0 || !scheduler.one_in(quality.lossy) {
            MessageFate::Done
        } else if scheduler.one_in(2) {
            MessageFate::Lost
        } else {
            MessageFate::Unheard
        }
    }

    /// Asks the store until it answers, as the client of a server does: what was lost is asked again, though it may have
    /// been done.
    async fn ask<T, F: Future<Output = Result<T>>>(
        &self,
        call: Call<'_>,
        request: impl Fn() -> F,
    ) -> Result<T> {
        let (started, mut pause) = (Instant::now(), Duration::from_millis(50));
        let mut uploading = Duration::ZERO;
        loop {
            let quality = self.network.quality();
            self.wait(&quality).await;
            uploading += self.upload(call, &quality).await;
            if let Some(cut) = self.network.is_cut(self.host) {
                if let Some(kind) = cut.answer {
                    return Err(TrackingError::new(kind, "something else answers in place of the store"));
                }
            } else {
                match self.fate(&quality) {
                    MessageFate::Done => {
                        let answer = request().await;
                        self.note(|| format!("{}: {}", shown(call), outcome(&answer)));
                        self.wait(&quality).await;
                        // An answer is lost with its way.
                        if self.network.is_cut(self.host).is_none() {
                            return answer;
                        }
                    }
                    MessageFate::Lost => self.note(|| format!("{} is lost", shown(call))),
                    MessageFate::Unheard => {
                        let answer = request().await;
                        self.note(|| format!("{}, unheard: {}", shown(call), outcome(&answer)));
                    }
                }
            }
            // What makes progress costs no patience.
            if started.elapsed() >= quality.patience + uploading {
                return Err(TrackingError::new(ErrorKind::Unavailable, "the store does not answer"));
            }
            sleep(pause).await;
            // As for a server: a dozenth of the usual lease.
            pause = (2 * pause).min(quality.lease / 12);
        }
    }

    /// Writes down what the store was asked; only where `CALLS` is set, since there are many.
    fn note(&self, text: impl FnOnce() -> String) {
        if self.network.prints_calls {
            let at = self.network.started.elapsed().as_secs_f64();
            self.network.observer.note(|| format!("{at:>9.3}   host {}: {}", self.host, text()));
        }
    }

    fn local(&self) -> bool {
        self.network.quality().local
    }
}

fn shown(call: Call<'_>) -> String {
    let run = call.run.map(ToString::to_string).unwrap_or_default();
    format!("{} {run} {}", call.name, call.keys.join(", "))
}

fn outcome<T>(answer: &Result<T>) -> String {
    answer.as_ref().map_or_else(ToString::to_string, |_| "done".to_owned())
}

/// Lets others go first.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

way_to_memory!(Link);
