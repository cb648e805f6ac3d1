//! What the parent run says while this agent runs, and what it tells this agent of the others.
//!
//! Results are posted every few seconds at most, all at once, and a new best at once; where another agent has posted a
//! moment ago, this one waits. At its end the agent posts once more, so that the last one leaves the truth.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::event::Event;
use super::outcome::Outcome;
use super::setup::Agent;
use super::stop::{StopRequest, in_time};
use super::tasks::Task;
use crate::record::{BestAtTime, BestTrial, LivePosting, SweepView, last_posting, params_text};
use crate::tracking::{Run, TrackingError};
use crate::trial::RunStatus;

/// Postings are at least so far apart on a file, and on a server.
const PACE_LOCALLY: Duration = Duration::from_secs(1);
const PACE: Duration = Duration::from_secs(5);
/// Posting may take one part in so many of the time.
const SHARE: u32 = 50;
/// How long the last posting may delay the end of an agent that was not asked to end.
const LAST: Duration = Duration::from_secs(15);
/// Characters of the best trial's params.
const PARAMS: usize = 500;

/// The task that posts.
pub(super) struct LiveProgress {
    tell: UnboundedSender<NewResult>,
    task: Task<()>,
    view: watch::Receiver<SweepView>,
}

/// A result.
struct NewResult {
    best: Option<BestTrial>,
    failed: bool,
    /// Epoch milliseconds.
    time: i64,
}

impl LiveProgress {
    /// Begins; `parent` is the parent run whenever it was read.
    pub(super) fn start(agent: Arc<Agent>, parent: watch::Receiver<Option<Arc<Run>>>) -> Self {
        let (tell, told) = unbounded_channel();
        let tasks = Arc::clone(&agent.machine.tasks);
        let posted = parent.borrow().as_ref().and_then(|run| SweepView::posted(run));
        let (show, view) = watch::channel(posted.unwrap_or_default());
        Self { tell, task: Task::start(&tasks, keep(agent, told, parent, show)), view }
    }

    /// How far the sweep is, as far as this agent knows.
    pub(super) fn view(&self) -> watch::Receiver<SweepView> {
        self.view.clone()
    }

    /// Takes in a trial that is over.
    pub(super) fn settled(&self, agent: &Agent, outcome: &Outcome) {
        if !outcome.counts {
            return;
        }
        let best = outcome.candidate(&agent.config.objectives()).map(|value| BestTrial {
            trial: outcome.trial,
            run: outcome.run.clone(),
            value,
            params: params_text(&agent.config.ordered(&outcome.point), PARAMS),
        });
        let failed = outcome.status == RunStatus::Failed;
        // The task lives as long as this does.
        let _ = self.tell.send(NewResult { best, failed, time: agent.machine.clock.now_ms() });
    }

    /// Posts what is left, if the store answers in time.
    pub(super) async fn finish(mut self, stop: &watch::Receiver<StopRequest>, grace: Duration) {
        drop(self.tell);
        let posted = async {
            self.task.join().await;
            Ok::<_, TrackingError>(())
        };
        if !matches!(timeout(LAST, in_time(stop, grace, posted)).await, Ok(Ok(()))) {
            tracing::debug!("the store did not take the last posting in time");
        }
    }

    /// Ends without another word: the store is away, or there is no time.
    pub(super) fn abort(self) {
        drop(self.task);
    }
}

async fn keep(
    agent: Arc<Agent>,
    mut told: UnboundedReceiver<NewResult>,
    mut parent: watch::Receiver<Option<Arc<Run>>>,
    show: watch::Sender<SweepView>,
) {
    let mut board = KnownProgress::new(&agent);
    if let Some(run) = parent.borrow_and_update().as_ref() {
        board.see(run);
    }
    loop {
        (agent.events)(Event::Sweep(&board.view));
        show.send_replace(board.view.clone());
        tokio::select! {
            biased;
            news = told.recv() => match news {
                Some(news) => board.take_in(&agent, news),
                None => break,
            },
            Ok(()) = parent.changed() => {
                if let Some(run) = parent.borrow_and_update().as_ref() {
                    board.see(run);
                }
            }
            () = sleep_until(board.due()), if board.has_news => board.post(&agent).await,
        }
    }
    if board.has_news || board.posted.is_none() {
        board.post(&agent).await;
        (agent.events)(Event::Sweep(&board.view));
        show.send_replace(board.view.clone());
    }
}

/// What this agent knows of the sweep.
struct KnownProgress {
    view: SweepView,
    /// The best of this agent's own trials.
    own: Option<BestTrial>,
    /// Results that were not posted yet.
    results: Vec<BestAtTime>,
    has_news: bool,
    /// There is a new best.
    is_urgent: bool,
    pace: Duration,
    /// When this agent, or another as far as was seen, posted last; `None`: never.
    posted: Option<Instant>,
    cost: Duration,
    /// What the parent run said of the last posting.
    last: Option<String>,
}

impl KnownProgress {
    fn new(agent: &Agent) -> Self {
        Self {
            view: SweepView::default(),
            own: None,
            results: Vec::new(),
            has_news: false,
            is_urgent: false,
            pace: if agent.store.is_local() { PACE_LOCALLY } else { PACE },
            posted: None,
            cost: Duration::ZERO,
            last: None,
        }
    }

    /// When the next posting is due.
    fn due(&self) -> Instant {
        let Some(posted) = self.posted else { return Instant::now() };
        let pause = if self.is_urgent { Duration::ZERO } else { self.pace };
        posted + pause.max(SHARE * self.cost)
    }

    /// Takes in what others have posted.
    fn see(&mut self, parent: &Run) {
        let posting = last_posting(parent);
        if posting.is_none() || posting == self.last.as_deref() {
            return;
        }
        self.last = posting.map(str::to_owned);
        self.posted = Some(Instant::now());
        if let Some(mut posted) = SweepView::posted(parent) {
            // What this agent has not posted yet comes on top.
            posted.done += self.results.len() as u64;
            if self.is_urgent {
                posted.best = self.view.best.take();
            }
            self.view = posted;
        }
    }

    fn take_in(&mut self, agent: &Agent, news: NewResult) {
        self.has_news = true;
        self.view.done += 1;
        self.view.failed += u64::from(news.failed);
        self.view.running = self.view.running.saturating_sub(1);
        let goal = agent.config.only_metric().map(|metric| metric.goal);
        if let (Some(best), Some(goal)) = (news.best, goal) {
            let beats = |known: &Option<BestTrial>| best.beats(known.as_ref(), goal);
            let (of_own, of_all) = (beats(&self.own), beats(&self.view.best));
            if of_all {
                self.is_urgent = true;
                self.view.best = Some(best.clone());
            }
            if of_own {
                self.own = Some(best);
            }
        }
        let value = self.view.best.as_ref().map_or(f64::NAN, |best| best.value);
        self.results.push(BestAtTime { value, time: news.time });
    }

    async fn post(&mut self, agent: &Agent) {
        let begun = Instant::now();
        let posting = LivePosting {
            sweep: &agent.sweep,
            metric: agent.config.only_metric(),
            limits: &agent.config.limits,
            limit: agent.ledger.limit(),
            by: &agent.identity.agent,
            best: self.own.clone(),
            results: &self.results,
            now: agent.machine.clock.now_ms(),
        };
        let outcome = posting.post(agent.store.as_ref()).await;
        (self.cost, self.posted) = (begun.elapsed(), Some(Instant::now()));
        match outcome {
            Ok(view) => {
                self.view = view;
                self.results.clear();
                (self.has_news, self.is_urgent) = (false, false);
            }
            // It is for people's eyes: results are not lost with it.
            Err(error) => {
                self.is_urgent = false;
                tracing::debug!(%error, "the parent run could not be brought up to date");
            }
        }
    }
}
