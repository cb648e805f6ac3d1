//! The agent's loop: as many trials side by side as asked for, until there is a reason to end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::Instant;

use super::control::SweepControl;
use super::error::AgentError;
use super::event::Event;
use super::hooks::HookRunner;
use super::journal::is_refusal;
use super::live::LiveProgress;
use super::liveness::{OrphanedRuns, Takeover, TakeoverResult, WIDEST_GAP, pulse, reconcile};
use super::outage::OutageReporter;
use super::outcome::{Outcome, TrialFate};
use super::own_trials::{Ending, OwnTrials};
use super::setup::Agent;
use super::stop::{StopLevel, StopRequest, before_the_end, in_time};
use super::summary::{AgentSummary, EndReason};
use super::trial::{CommandEnded, TrialChannels, run_trial};
use crate::process::CommandExit;
use crate::record::{Claim, DEFAULT_LEASE, Sweep, SweepOrder};
use crate::tracking::Run;
use crate::trial::RunStatus;

/// The first look at the trials of others comes so soon; later ones at the pulse.
const FIRST_LOOK: Duration = Duration::from_millis(200);
/// Looks at others may take one part in so many of the time.
const SHARE: u32 = 5;

/// Runs trials until none is left, the count is reached, too many fail in a row, or `stop` says so.
///
/// # Errors
/// Where the store, the strategy or this machine fails; the trials that were running are finished first.
pub async fn run(agent: Arc<Agent>, stop: watch::Sender<StopRequest>) -> Result<AgentSummary, AgentError> {
    let (asked, grace) = (stop.subscribe(), agent.options.grace);
    // Results are in the journal by then. What still runs is killed as it is dropped.
    before_the_end(asked, grace, run_rounds(agent, stop)).await
}

async fn run_rounds(
    agent: Arc<Agent>,
    asker: watch::Sender<StopRequest>,
) -> Result<AgentSummary, AgentError> {
    let _herald = OutageReporter::start(&agent);
    let mut control = SweepControl::listen(Arc::clone(&agent), asker.clone()).await;
    let live = LiveProgress::start(Arc::clone(&agent), control.parent());
    let hooks = HookRunner::start(&agent, live.view());
    let mut last_call = agent.last_call();
    let mut round = Round::new(agent, asker.subscribe(), control.parent(), live, hooks);
    loop {
        if round.wants_trials() {
            control.refresh().await;
        }
        if let Some(sweep) = control.edited() {
            round.take_version(&sweep);
        }
        if !control.is_paused() {
            round.start_trials().await;
        }
        if round.own.is_empty() && (round.error.is_some() || round.end_reason().is_some()) {
            return round.finish().await;
        }
        let look_again = tokio::time::sleep(round.until_next_look);
        let mut stop = round.stop.clone();
        tokio::select! {
            biased;
            Some(ended) = round.ended.recv() => round.command_ended(ended),
            (number, ending) = round.own.next() => round.count(number, ending),
            Ok(()) = stop.changed() => round.stop = stop,
            () = control.changed() => {}
            () = reached(last_call) => {
                last_call = None;
                StopRequest::ask(&asker, StopLevel::Terminate, true);
            }
            () = look_again, if round.waits_for_others => round.wait_longer(),
        }
    }
}

struct Round {
    agent: Arc<Agent>,
    /// What the parent run says meanwhile.
    live: LiveProgress,
    hooks: HookRunner,
    stop: watch::Receiver<StopRequest>,
    parent: watch::Receiver<Option<Arc<Run>>>,
    own: OwnTrials,
    /// Commands that are over, while their results are still being written down.
    ended: UnboundedReceiver<CommandEnded>,
    tell_ended: UnboundedSender<CommandEnded>,
    started: u64,
    failures_in_a_row: u32,
    unmeasured_in_a_row: u32,
    /// What the longest trial here has taken that ended well.
    longest: Duration,
    /// The latest trial here that finished had logged the metric.
    has_metric: bool,
    /// No trial is free: what is left is run by others, here or elsewhere.
    nothing_free: bool,
    /// Others have trials that may yet be lost.
    waits_for_others: bool,
    /// How long it waits until it looks at them again: most are over soon, some take long.
    until_next_look: Duration,
    /// There is nothing to wait for.
    nothing_left: bool,
    /// A trial has reached `metric.target`.
    target_reached: bool,
    /// What is known of the command here; `None`: nothing has ended yet.
    can_run: Option<bool>,
    takeover: Takeover,
    /// How long the last look at them took.
    look_took: Duration,
    leftovers: OrphanedRuns,
    summary: AgentSummary,
    error: Option<AgentError>,
}

impl Round {
    fn new(
        agent: Arc<Agent>,
        stop: watch::Receiver<StopRequest>,
        parent: watch::Receiver<Option<Arc<Run>>>,
        live: LiveProgress,
        hooks: HookRunner,
    ) -> Self {
        let (tell_ended, ended) = unbounded_channel();
        Self {
            own: OwnTrials::new(Arc::clone(&agent.machine.tasks)),
            agent,
            live,
            hooks,
            stop,
            parent,
            ended,
            tell_ended,
            started: 0,
            failures_in_a_row: 0,
            unmeasured_in_a_row: 0,
            longest: Duration::ZERO,
            has_metric: false,
            nothing_free: false,
            waits_for_others: false,
            until_next_look: FIRST_LOOK,
            nothing_left: false,
            target_reached: false,
            can_run: None,
            takeover: Takeover::default(),
            look_took: Duration::ZERO,
            leftovers: OrphanedRuns::default(),
            summary: AgentSummary::default(),
            error: None,
        }
    }

    /// Whether a trial would be started now.
    fn wants_trials(&self) -> bool {
        self.has_place() && self.end_reason().is_none() && self.error.is_none()
    }

    /// Fills the free places.
    async fn start_trials(&mut self) {
        while self.wants_trials() {
            let (stop, grace) = (self.stop.clone(), self.agent.options.grace);
            match in_time(&stop, grace, self.next_claim()).await {
                Ok(Some(claim)) => self.start(claim),
                Ok(None) => return,
                Err(error) => self.fail(error),
            }
        }
    }

    /// Trials that start from now on go by a new version of the sweep; there may be more of them, also for an agent that waits.
    fn take_version(&mut self, sweep: &Sweep) {
        match self.agent.for_version(sweep.clone()) {
            Ok((agent, changes)) => {
                let (version, limit) = (agent.sweep.version(), agent.ledger.limit());
                (agent.events)(Event::Edited { version, changes: &changes, limit });
                self.agent = Arc::new(agent);
                (self.nothing_free, self.nothing_left) = (false, false);
                self.until_next_look = FIRST_LOOK;
            }
            Err(error) => self.fail(error),
        }
    }

    fn wait_longer(&mut self) {
        let watched = [self.takeover.shortest_lease(), self.leftovers.shortest_lease()];
        let leases = watched.into_iter().flatten().chain([self.agent.options.lease, DEFAULT_LEASE]);
        // The owner of the shortest lease is to be watched closely.
        let longest = pulse(leases.min().unwrap_or(DEFAULT_LEASE));
        // However many agents wait for others, a slow store has time for those that work.
        let peace = (SHARE * self.look_took).min(WIDEST_GAP * 3 / 4);
        self.until_next_look = (2 * self.until_next_look).min(longest).max(FIRST_LOOK).max(peace);
    }

    fn start(&mut self, claim: Claim) {
        self.started += 1;
        self.until_next_look = FIRST_LOOK;
        let (stop, parent, ended) = (self.stop.clone(), self.parent.clone(), self.tell_ended.clone());
        let wires = TrialChannels { stop, parent, ended };
        self.own.start(claim.trial, run_trial(Arc::clone(&self.agent), claim, wires));
    }

    /// The next command starts while the results of the former are being written down; but not of many formers, should
    /// the store be slow.
    fn has_place(&self) -> bool {
        let jobs = self.agent.options.jobs;
        self.own.commands() < jobs && self.own.len() < 2 * jobs
    }

    fn command_ended(&mut self, ended: CommandEnded) {
        // Whether the target is reached is known only once the trial is settled, and no trial may start until then; nor
        // may one that is to learn from it, nor one that may not have the metric either.
        let config = &self.agent.config;
        let has_target = config.objectives().metrics.iter().any(|metric| metric.target.is_some());
        let decides =
            (has_target || config.metric.is_some() && !self.has_metric) || self.agent.history.is_some();
        self.own.command_ended(ended.trial, decides);
        self.can_run = self.can_run.or_else(|| self.shows_whether_it_can_run(ended));
        match ended.status {
            RunStatus::Failed => self.failures_in_a_row += 1,
            RunStatus::Finished => self.failures_in_a_row = 0,
            _ if ended.stopped_early => self.failures_in_a_row = 0,
            _ => {}
        }
    }

    /// What the first trial to end says of all others. 126 and 127 are what shells, `env` and the like give where there
    /// is nothing that can be run.
    fn shows_whether_it_can_run(&self, ended: CommandEnded) -> Option<bool> {
        match (ended.status, ended.ended) {
            // Its values were the reason.
            (_, CommandExit::NotStarted) => None,
            (RunStatus::Failed, CommandExit::Exited(126 | 127)) => Some(false),
            (RunStatus::Failed, _) => Some(self.agent.misplaced.is_none()),
            _ => Some(true),
        }
    }

    /// A free trial, else one that was given back or lost.
    async fn next_claim(&mut self) -> Result<Option<Claim>, AgentError> {
        if !self.nothing_free {
            if let Some(claim) = self.agent.ledger.claim().await? {
                return Ok(Some(claim));
            }
            self.nothing_free = true;
        }
        let own = self.own.trials();
        let asked = Instant::now();
        let look = self.takeover.look(&self.agent, &own).await;
        self.look_took = asked.elapsed();
        match look? {
            TakeoverResult::Claimed(claim) => return Ok(Some(claim)),
            TakeoverResult::AllDone if own.is_empty() => {
                let waits = self.agent.options.wait && self.leftovers.look(&self.agent).await? > 0;
                self.waits_for_others = waits;
                if !waits {
                    reconcile(&self.agent).await?;
                    self.summary.others = 0;
                }
                self.nothing_left = !waits;
            }
            // They are settled first.
            TakeoverResult::AllDone => self.waits_for_others = false,
            TakeoverResult::Others(others) => {
                self.summary.others = others;
                self.nothing_left = !self.agent.options.wait;
                if !self.waits_for_others && self.agent.options.wait && own.is_empty() {
                    (self.agent.events)(Event::Waiting { others });
                }
                self.waits_for_others = self.agent.options.wait;
            }
        }
        Ok(None)
    }

    /// Why no further trial is started; `None`: one may be.
    fn end_reason(&self) -> Option<EndReason> {
        let options = &self.agent.options;
        if self.stop.borrow().deleted {
            return Some(EndReason::Deleted);
        }
        if self.stop.borrow().level > StopLevel::No {
            let in_time = self.nothing_left || !self.agent.is_too_late_for(Duration::ZERO);
            return Some(if in_time { EndReason::Stopped } else { EndReason::OutOfTime });
        }
        if self.failures_in_a_row >= options.max_failures {
            return Some(EndReason::Failures);
        }
        if self.unmeasured_in_a_row >= options.max_unmeasured {
            return Some(EndReason::Unmeasured);
        }
        if self.can_run == Some(false) {
            return Some(EndReason::CannotRun);
        }
        if self.target_reached {
            return Some(EndReason::Target);
        }
        if self.nothing_left {
            return Some(EndReason::NothingLeft);
        }
        if self.agent.time_is_up(self.agent.machine.clock.now_ms()) {
            return Some(EndReason::Duration);
        }
        if self.agent.is_too_late_for(self.longest) {
            return Some(EndReason::OutOfTime);
        }
        options.count.is_some_and(|count| self.started >= count).then_some(EndReason::Count)
    }

    fn count(&mut self, number: u64, ending: Ending) {
        // What a task said before it ended comes first.
        while let Ok(ended) = self.ended.try_recv() {
            self.command_ended(ended);
        }
        self.own.forget(number);
        match ending {
            Ok(Some(outcome)) => self.count_outcome(outcome),
            Ok(None) => {
                self.started -= 1;
                self.nothing_free = !self.agent.may_have_gaps();
            }
            Err(error) => self.fail(error),
        }
    }

    /// A metric that is not logged is most likely misspelt: no trial would ever have it.
    fn count_measured(&mut self, outcome: &Outcome) {
        if self.agent.config.metric.is_none() || !outcome.has_result() {
            return;
        }
        if outcome.is_measured() {
            self.unmeasured_in_a_row = 0;
            self.has_metric = true;
            return;
        }
        self.unmeasured_in_a_row += 1;
        self.has_metric = false;
        self.summary.unmeasured += 1;
        if self.summary.unmeasured == 1 {
            (self.agent.events)(Event::Unmeasured(outcome));
        }
    }

    fn count_outcome(&mut self, outcome: Outcome) {
        (self.agent.events)(Event::Settled(&outcome));
        self.hooks.settled(&self.agent, &outcome);
        self.live.settled(&self.agent, &outcome);
        self.count_measured(&outcome);
        // What was given back is there to be taken again, and what was taken over may yet be lost.
        self.nothing_left =
            self.nothing_left && matches!(outcome.fate, TrialFate::Result | TrialFate::Dropped);
        if outcome.fate == TrialFate::Dropped {
            self.summary.dropped += 1;
            return;
        }
        match outcome.status {
            RunStatus::Finished => {
                self.target_reached |= self.agent.reaches_target(&outcome);
                self.longest = self.longest.max(outcome.took);
                self.summary.finished += 1;
            }
            RunStatus::Failed => {
                self.summary.failed += 1;
                self.summary.last_failure = Some(outcome);
            }
            _ if outcome.stopped.is_some() => {
                self.target_reached |= self.agent.reaches_target(&outcome);
                self.summary.stopped_early += 1;
            }
            _ => self.summary.killed += 1,
        }
    }

    /// The first failure of the store or machine is what the agent ends with.
    fn fail(&mut self, error: AgentError) {
        self.error.get_or_insert(error);
    }

    async fn finish(mut self) -> Result<AgentSummary, AgentError> {
        // An agent that must end at once has no time for it, and one whose store is away need not try.
        if self.error.is_some() || self.stop.borrow().level == StopLevel::Kill {
            self.live.abort();
        } else {
            self.summary.end = self.end_reason().unwrap_or_default();
            self.live.finish(&self.stop, self.agent.options.grace).await;
            self.hooks.finish(&self.agent, &self.summary, &self.stop).await;
        }
        (self.agent.events)(Event::Ended);
        if let Some(error) = self.error {
            if is_refused(&error) && self.agent.sweep_is_deleted().await {
                return Ok(AgentSummary { end: EndReason::Deleted, ..self.summary });
            }
            return Err(error);
        }
        if self.target_reached {
            // The agents elsewhere need not continue either.
            self.agent.sweep.give_order(self.agent.store.as_ref(), SweepOrder::Stop).await?;
        }
        Ok(self.summary)
    }
}

/// Waits for a moment; without one for ever.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Whether the store has refused something for good.
fn is_refused(error: &AgentError) -> bool {
    matches!(error, AgentError::Tracking(error) if is_refusal(error))
}

#[cfg(test)]
#[path = "round_tests.rs"]
mod tests;
