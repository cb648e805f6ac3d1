//! The trials that run here, side by side, each as a task of its own.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::error::AgentError;
use super::outcome::Outcome;
use super::tasks::{Task, Tasks};
use crate::trial::TrialIndex;

/// What came of a trial; `None`: there was no point for it, or no time.
pub(super) type Ending = Result<Option<Outcome>, AgentError>;

/// The trials that are running or being settled here. Dropping it ends them.
pub(super) struct OwnTrials {
    tasks: Arc<dyn Tasks>,
    all: Vec<OwnTrial>,
    /// How many were ever started: each has a number of its own.
    started: u64,
    endings: UnboundedReceiver<(u64, Ending)>,
    tell: UnboundedSender<(u64, Ending)>,
}

struct OwnTrial {
    number: u64,
    trial: TrialIndex,
    /// Whether its command is, or may yet be, running.
    has_command: bool,
    _task: Task<()>,
}

impl OwnTrials {
    pub(super) fn new(tasks: Arc<dyn Tasks>) -> Self {
        let (tell, endings) = unbounded_channel();
        Self { tasks, all: Vec::new(), started: 0, endings, tell }
    }

    /// Starts the work on a trial.
    pub(super) fn start(&mut self, trial: TrialIndex, work: impl Future<Output = Ending> + Send + 'static) {
        self.started += 1;
        let number = self.started;
        let report = Report { number, tell: self.tell.clone(), ending: None };
        let task = Task::start(&self.tasks, async move {
            // As a whole: it reports when it is dropped.
            let mut report = report;
            report.ending = Some(work.await);
        });
        self.all.push(OwnTrial { number, trial, has_command: true, _task: task });
    }

    /// Waits for the next one to end. May be dropped and called again: nothing is lost.
    pub(super) async fn next(&mut self) -> (u64, Ending) {
        match self.endings.recv().await {
            Some(ending) => ending,
            // `tell` is held here.
            None => std::future::pending().await,
        }
    }

    /// Forgets one that has ended.
    pub(super) fn forget(&mut self, number: u64) {
        self.all.retain(|own| own.number != number);
    }

    /// Takes note that the command of a trial is over, but for what must be known before its place is free.
    pub(super) fn command_ended(&mut self, trial: TrialIndex, keeps_place: bool) {
        for own in self.all.iter_mut().filter(|own| own.trial == trial) {
            own.has_command = keeps_place;
        }
    }

    /// Trials whose commands are, or may yet be, running.
    pub(super) fn commands(&self) -> usize {
        self.all.iter().filter(|own| own.has_command).count()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn trials(&self) -> HashSet<TrialIndex> {
        self.all.iter().map(|own| own.trial).collect()
    }
}

/// Says what came of a trial when its task ends, however it ends.
struct Report {
    number: u64,
    tell: UnboundedSender<(u64, Ending)>,
    ending: Option<Ending>,
}

impl Drop for Report {
    fn drop(&mut self) {
        let cut_off = || AgentError::Io {
            what: "a trial was cut off".into(),
            source: std::io::Error::other("its task has failed"),
        };
        let ending = self.ending.take().unwrap_or_else(|| Err(cut_off()));
        let _ = self.tell.send((self.number, ending));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tasks::RuntimeTasks;

    #[tokio::test]
    async fn a_trial_whose_task_fails_ends_like_any_other() {
        let mut trials = OwnTrials::new(Arc::new(RuntimeTasks));
        trials.start(TrialIndex(3), async { panic!("on purpose") });
        let (number, ending) = trials.next().await;
        assert_eq!(ending.unwrap_err().to_string(), "a trial was cut off");
        trials.forget(number);
        assert!(trials.is_empty());
    }
}
