//! The hooks of an agent: a queue that is worked on beside its trials.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::timeout;

use super::document::{FinishReason, HookDocument, HookEvent};
use super::run::run_hook;
use crate::agent::event::Event;
use crate::agent::outcome::Outcome;
use crate::agent::setup::Agent;
use crate::agent::stop::{StopLevel, StopRequest, in_time};
use crate::agent::summary::{AgentSummary, EndReason};
use crate::agent::tasks::Task;
use crate::record::{BestTrial, SweepView, params_text};
use crate::text::count;
use crate::tracking::TrackingError;
use crate::trial::RunStatus;

/// Hooks that run at once.
const AT_ONCE: usize = 4;
/// Where so many wait, hooks are slower than trials: further ones are left out.
const MOST_WAITING: usize = 1000;
/// How long those that wait may hold up the end of an agent.
const LAST: Duration = Duration::from_secs(30);
/// How long another agent's posting is looked for before a best is announced.
const LOOK: Duration = Duration::from_secs(2);
/// Characters of the best trial's params.
const PARAMS: usize = 500;
const LEFT_OUT: &str = "hooks take longer than trials: some are not run";

/// The hooks of an agent; nothing where the config has none.
pub(in crate::agent) struct HookRunner {
    queue: Option<HookQueue>,
    /// How far the sweep is, as far as this agent knows.
    view: watch::Receiver<SweepView>,
    /// The best of this agent's own trials.
    best: Option<BestTrial>,
}

struct HookQueue {
    calls: UnboundedSender<HookCall>,
    waiting: Arc<AtomicUsize>,
    task: Task<()>,
}

/// A hook that is to be run.
struct HookCall {
    event: HookEvent,
    document: HookDocument,
    /// Of `on_best`: what is announced, unless another agent has found a better one meanwhile.
    best: Option<BestTrial>,
}

impl HookRunner {
    /// Starts to work on what happens from now on; `view` is how far the sweep is.
    pub(in crate::agent) fn start(agent: &Arc<Agent>, view: watch::Receiver<SweepView>) -> Self {
        let hooks = &agent.config.hooks;
        let beside_trials = hooks.on_trial_end.is_some() || hooks.on_best.is_some();
        let queue = beside_trials.then(|| {
            let (calls, called) = unbounded_channel();
            let waiting = Arc::new(AtomicUsize::new(0));
            let work = work(Arc::clone(agent), called, Arc::clone(&waiting));
            HookQueue { calls, waiting, task: Task::start(&agent.machine.tasks, work) }
        });
        Self { queue, view, best: None }
    }

    /// Takes in a trial that is over, before the view knows of it.
    pub(in crate::agent) fn settled(&mut self, agent: &Agent, outcome: &Outcome) {
        if self.queue.is_none() || !outcome.counts {
            return;
        }
        let mut view = self.view.borrow().clone();
        view.done = (view.done + 1).min(agent.ledger.limit().unwrap_or(u64::MAX));
        view.failed += u64::from(outcome.status == RunStatus::Failed);
        let best = self.new_best(agent, outcome, view.best.as_ref());
        if let Some(best) = best.clone().or_else(|| self.best.clone()) {
            let goal = agent.config.only_metric().map(|metric| metric.goal);
            if goal.is_some_and(|goal| best.beats(view.best.as_ref(), goal)) {
                view.best = Some(best);
            }
        }
        self.call(agent, HookEvent::TrialEnd, &view, outcome, None);
        if best.is_some() {
            self.call(agent, HookEvent::Best, &view, outcome, best);
        }
    }

    /// The trial, where it is the best so far, as far as this agent knows.
    fn new_best(&mut self, agent: &Agent, outcome: &Outcome, known: Option<&BestTrial>) -> Option<BestTrial> {
        let goal = agent.config.only_metric()?.goal;
        let value = outcome.candidate(&agent.config.objectives())?;
        let best = BestTrial {
            trial: outcome.trial,
            run: outcome.run.clone(),
            value,
            params: params_text(&agent.config.ordered(&outcome.point), PARAMS),
        };
        // The store may have been asked since it has the result.
        let known = known.filter(|known| known.run != best.run);
        let beats = best.beats(known, goal) && best.beats(self.best.as_ref(), goal);
        beats.then(|| {
            self.best = Some(best.clone());
            best
        })
    }

    fn call(
        &self,
        agent: &Agent,
        event: HookEvent,
        view: &SweepView,
        outcome: &Outcome,
        best: Option<BestTrial>,
    ) {
        let Some(queue) = self.queue.as_ref().filter(|_| event.command(&agent.config).is_some()) else {
            return;
        };
        if queue.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
            agent.warn_once(LEFT_OUT, &"shorten them, or let them start what takes long");
            return;
        }
        queue.waiting.fetch_add(1, Ordering::Relaxed);
        let document = HookDocument::new(agent, event, view, Some(outcome), None);
        // The task lives as long as this does.
        let _ = queue.calls.send(HookCall { event, document, best });
    }

    /// Waits for what is left to run, but not for ever; then runs `on_finish`, where this agent is the one to do so.
    pub(in crate::agent) async fn finish(
        self,
        agent: &Agent,
        summary: &AgentSummary,
        stop: &watch::Receiver<StopRequest>,
    ) {
        let grace = agent.options.grace;
        if let Some(HookQueue { calls, waiting, mut task }) = self.queue {
            drop(calls);
            let done = async {
                task.join().await;
                Ok::<_, TrackingError>(())
            };
            if !matches!(timeout(LAST, in_time(stop, grace, done)).await, Ok(Ok(()))) {
                let left = count(waiting.load(Ordering::Relaxed) as u64, "hook");
                let text = format!("no time was left to run {left} to the end");
                (agent.events)(Event::Warning { text: &text });
            }
        }
        let Some(reason) = finish_reason(summary) else { return };
        if agent.config.hooks.on_finish.is_none() || stop.borrow().level == StopLevel::Kill {
            return;
        }
        let view = self.view.borrow().clone();
        let finished = async {
            if agent.ledger.announces_the_end().await? {
                let document = HookDocument::new(agent, HookEvent::Finish, &view, None, Some(reason));
                run_hook(agent, HookEvent::Finish, &document).await;
            }
            Ok::<_, TrackingError>(())
        };
        if let Err(error) = in_time(stop, grace, finished).await {
            agent.warn_once("the hook on_finish was not run", &error);
        }
    }
}

/// Why the sweep is over; `None`: it is not.
fn finish_reason(summary: &AgentSummary) -> Option<FinishReason> {
    match summary.end {
        EndReason::NothingLeft if summary.others == 0 => Some(FinishReason::Complete),
        EndReason::Target => Some(FinishReason::Target),
        EndReason::Duration => Some(FinishReason::Duration),
        _ => None,
    }
}

/// Runs what is called for, some at once.
async fn work(agent: Arc<Agent>, mut called: UnboundedReceiver<HookCall>, waiting: Arc<AtomicUsize>) {
    let mut running = FuturesUnordered::new();
    let mut open = true;
    while open || !running.is_empty() {
        tokio::select! {
            biased;
            Some(()) = running.next(), if !running.is_empty() => {
                waiting.fetch_sub(1, Ordering::Relaxed);
            }
            call = called.recv(), if open && running.len() < AT_ONCE => match call {
                Some(call) => running.push(answer(&agent, call)),
                None => open = false,
            },
        }
    }
}

async fn answer(agent: &Agent, call: HookCall) {
    if let Some(best) = &call.best
        && is_beaten(agent, best).await
    {
        return;
    }
    run_hook(agent, call.event, &call.document).await;
}

/// Whether another agent has posted a better trial by now.
pub(super) async fn is_beaten(agent: &Agent, best: &BestTrial) -> bool {
    let Some(metric) = agent.config.only_metric() else { return false };
    let Ok(Ok(parent)) = timeout(LOOK, agent.store.run(agent.sweep.id())).await else { return false };
    let posted = BestTrial::posted(&parent).filter(|posted| posted.trial != best.trial);
    posted.is_some_and(|posted| posted.beats(Some(best), metric.goal))
}
