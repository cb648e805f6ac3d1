//! Orders for all agents of a sweep, wherever they are: a tag on the parent run. It is read at short intervals, and
//! once more before a trial begins, so that an order takes hold within a second on a file and three on a server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::event::Event;
use super::liveness::{Pace, ask_repeatedly, patience, pulse};
use super::setup::Agent;
use super::stop::{StopLevel, StopRequest};
use super::tasks::Task;
use crate::record::{Sweep, SweepOrder, newest_version, order_id};
use crate::tracking::{ErrorKind, Run};

/// Reading the orders may take one part in so many of the time.
const SHARE: u32 = 20;
/// But an order is heard within this time and that of an answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// So long an answer to an order may hold up obeying it.
const ANSWER: Duration = Duration::from_secs(1);

/// How often the orders are read.
#[derive(Debug, Clone, Copy)]
struct ReadingInterval {
    /// So far apart, at least.
    pause: Duration,
    /// Before a trial begins they are read again where the last reading is older than this.
    fresh: Duration,
}

/// Of a file: a reading takes a fraction of a millisecond.
const OF_A_FILE: ReadingInterval =
    ReadingInterval { pause: Duration::from_millis(200), fresh: Duration::from_millis(50) };
/// Of a server: a reading is a request.
const OF_A_SERVER: ReadingInterval =
    ReadingInterval { pause: Duration::from_secs(2), fresh: Duration::from_secs(1) };

/// Reads the orders until dropped.
pub(super) struct SweepControl {
    listener: Arc<OrderListener>,
    _task: Task<()>,
    paused: watch::Receiver<bool>,
    edited: watch::Receiver<Option<Arc<Sweep>>>,
    parent: watch::Receiver<Option<Arc<Run>>>,
}

/// What hears the orders.
struct OrderListener {
    agent: Arc<Agent>,
    pace: ReadingInterval,
    stop: watch::Sender<StopRequest>,
    pause: watch::Sender<bool>,
    /// The sweep with its newest version, where it was edited since.
    edit: watch::Sender<Option<Arc<Sweep>>>,
    /// The parent run as it was last read.
    parent: watch::Sender<Option<Arc<Run>>>,
    last: Mutex<LastReading>,
}

/// The last reading.
#[derive(Clone, Default)]
struct LastReading {
    asked: Option<Instant>,
    answered: Option<Instant>,
    /// The order that was last taken note of.
    heard: Option<String>,
}

impl SweepControl {
    /// Obeys the present order before it returns: a paused sweep starts no trial.
    pub(super) async fn listen(agent: Arc<Agent>, stop: watch::Sender<StopRequest>) -> Self {
        let (pause, paused) = watch::channel(false);
        let (edit, edited) = watch::channel(None);
        let (parent, seen) = watch::channel(None);
        let pace = if agent.store.is_local() { OF_A_FILE } else { OF_A_SERVER };
        let listener =
            Arc::new(OrderListener { agent, pace, stop, pause, edit, parent, last: Mutex::default() });
        listener.look().await;
        let task = Task::start(&listener.agent.machine.tasks, {
            let listener = Arc::clone(&listener);
            async move {
                let patience = patience(listener.agent.options.lease);
                let pace = Pace { pause: || listener.wait(), patience };
                ask_repeatedly(pace, async |_| listener.look().await.then_some(())).await;
            }
        });
        Self { listener, _task: task, paused, edited, parent: seen }
    }

    /// Whether no trial may be started now.
    pub(super) fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// The sweep with its newest version, once for each that is new.
    pub(super) fn edited(&mut self) -> Option<Arc<Sweep>> {
        if !self.edited.has_changed().unwrap_or(false) {
            return None;
        }
        self.edited.borrow_and_update().clone()
    }

    /// Reads the orders again unless that was done a moment ago: a trial is about to begin.
    pub(super) async fn refresh(&self) {
        let last = self.listener.noted().answered;
        if last.is_none_or(|at| at.elapsed() > self.listener.pace.fresh) {
            let _ = timeout(patience(self.listener.agent.options.lease), self.listener.look()).await;
        }
    }

    /// The parent run as it was last read, and what is read of it from now on.
    pub(super) fn parent(&self) -> watch::Receiver<Option<Arc<Run>>> {
        self.parent.clone()
    }

    /// Waits until the sweep is paused, resumed or edited.
    pub(super) async fn changed(&mut self) {
        let mut edited = self.edited.clone();
        let heard = tokio::select! {
            paused = self.paused.changed() => paused.is_ok(),
            edited = edited.changed() => edited.is_ok(),
        };
        if !heard {
            std::future::pending::<()>().await;
        }
    }
}

impl OrderListener {
    fn noted(&self) -> MutexGuard<'_, LastReading> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long until the next look: never longer than a pulse, and longer where looks take long.
    fn wait(&self) -> Duration {
        let LastReading { asked, answered, .. } = *self.noted();
        let cost = asked.zip(answered).map_or(Duration::ZERO, |(asked, answered)| answered - asked);
        self.pace.pause.min(pulse(self.agent.options.lease)).max((SHARE * cost).min(LONGEST_PAUSE))
    }

    /// Reads the orders and obeys them; true where there is nothing to read any more.
    async fn look(&self) -> bool {
        let asked = Instant::now();
        let parent = match self.agent.store.run(self.agent.sweep.id()).await {
            Ok(parent) if parent.info.active => parent,
            Ok(_) => return self.sweep_is_deleted(),
            Err(error) if error.kind == ErrorKind::NotFound => return self.sweep_is_deleted(),
            Err(error) => {
                tracing::debug!(%error, "the sweep's orders could not be read");
                return false;
            }
        };
        let (order, id) = (SweepOrder::of(&parent), order_id(&parent).map(str::to_owned));
        let Some(before) = self.is_news(asked) else { return false };
        let noted = self.take_note_of_version(&parent).await;
        // An agent that comes to a paused sweep answers, too: anyone who resumes it waits for those that wait.
        let first = before.asked.is_none();
        if noted {
            if id != before.heard && (!first || order == SweepOrder::Pause) {
                self.answer(id.as_deref()).await;
            }
            self.noted().heard = id;
        }
        if obey(order, &self.stop, &self.pause) {
            (self.agent.events)(Event::Paused(order == SweepOrder::Pause));
        }
        self.parent.send_replace(Some(Arc::new(parent)));
        false
    }

    /// Reads the newest version where there is one that is not known; false where the store did not give it.
    async fn take_note_of_version(&self, parent: &Run) -> bool {
        let known = self.edit.borrow().as_ref().map_or(self.agent.sweep.version(), |sweep| sweep.version());
        if newest_version(parent) <= known {
            return true;
        }
        match Sweep::of_run(self.agent.store.as_ref(), parent.clone()).await {
            Ok(sweep) => {
                self.edit.send_replace(Some(Arc::new(sweep)));
                true
            }
            Err(error) => {
                tracing::debug!(%error, "a new version of the config could not be read");
                false
            }
        }
    }

    fn sweep_is_deleted(&self) -> bool {
        StopRequest::sweep_is_deleted(&self.stop);
        true
    }

    /// Takes note of a reading, unless a later one was answered before it; returns the one before.
    fn is_news(&self, asked: Instant) -> Option<LastReading> {
        let mut last = self.noted();
        if last.asked.is_some_and(|before| before > asked) {
            return None;
        }
        let before = last.clone();
        (last.asked, last.answered) = (Some(asked), Some(Instant::now()));
        Some(before)
    }

    /// Lets anyone who gave the order know that it was heard.
    async fn answer(&self, id: Option<&str>) {
        let (sweep, store) = (&self.agent.sweep, self.agent.store.as_ref());
        let Some(id) = id else { return };
        match timeout(ANSWER, sweep.answer_order(store, &self.agent.identity.agent, id)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "an order could not be answered"),
            Err(_) => tracing::debug!("an order could not be answered in time"),
        }
    }
}

/// Whether the sweep has been paused or resumed by it.
fn obey(order: SweepOrder, stop: &watch::Sender<StopRequest>, pause: &watch::Sender<bool>) -> bool {
    match order {
        SweepOrder::Run | SweepOrder::Pause => {}
        SweepOrder::Stop => {
            StopRequest::ask(stop, StopLevel::Drain, false);
        }
        SweepOrder::Cancel => {
            StopRequest::ask(stop, StopLevel::Terminate, false);
        }
    }
    pause.send_if_modified(|paused| {
        let wanted = order == SweepOrder::Pause;
        std::mem::replace(paused, wanted) != wanted
    })
}
