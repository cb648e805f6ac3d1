//! An agent is asked to stop at moments that can't be met from outside.

use std::sync::{Mutex, mpsc};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::*;
use crate::agent::fixture::Home;
use crate::record::{Ledger, UnfinishedTrial};
use crate::strategy::{Observation, Proposal, Strategy, StrategyError};
use crate::trial::TrialIndex;

/// The only trial that was started and has no result.
async fn unfinished(home: &Home) -> UnfinishedTrial {
    let mut all = Ledger::read(&home.store, &home.sweep.ledger).await.unwrap().unfinished();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A model that takes its time: it says when it is asked, and answers once it may.
struct Slow {
    asked: UnboundedSender<()>,
    may_answer: Mutex<mpsc::Receiver<()>>,
}

impl Strategy for Slow {
    fn size(&self) -> Option<u128> {
        None
    }

    fn reads_history(&self) -> bool {
        true
    }

    fn suggest(&self, _: TrialIndex, _: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        let _ = self.asked.send(());
        let _ = self.may_answer.lock().unwrap().recv();
        Ok(None)
    }
}

#[tokio::test]
async fn a_proposal_that_takes_long_holds_up_no_agent_that_is_to_end() {
    let home = Home::new(
        "command: 'true'\nmethod: bayes\nmetric: {name: loss, goal: minimize}\nparameters: {x: {min: 0.0, max: 1.0}}\n",
    )
    .await;
    let (asked, mut is_asked) = unbounded_channel();
    let (answer, may_answer) = mpsc::channel();
    let mut agent = Arc::into_inner(home.agent("me").await).unwrap();
    agent.strategy = Arc::new(Slow { asked, may_answer: Mutex::new(may_answer) });
    let stop = watch::Sender::new(StopRequest::default());
    let terminated = async {
        is_asked.recv().await;
        StopRequest::ask(&stop, StopLevel::Terminate, true);
    };
    let running = tokio::time::timeout(Duration::from_secs(60), run(Arc::new(agent), stop.clone()));
    let (summary, ()) = tokio::join!(running, terminated);
    // The model is still at it.
    drop(answer);
    assert_eq!(summary.unwrap().unwrap().end, EndReason::Stopped);
    let trial = unfinished(&home).await;
    assert_eq!((trial.attempts, trial.given_back, trial.preemptions), (1, true, 1));
    assert!(home.attempts(0).await.is_empty());
}

/// An agent with one retry; it is asked to stop as soon as its first trial runs, where it says so.
async fn retries_once(home: &Home, stops: bool) -> AgentSummary {
    let stop = watch::Sender::new(StopRequest::default());
    let asked = stop.clone();
    let mut agent = Arc::into_inner(home.agent(if stops { "first" } else { "second" }).await).unwrap();
    agent.options.retries = 1;
    agent.events = Arc::new(move |event| {
        if stops && matches!(event, Event::Started { .. }) {
            StopRequest::ask(&asked, StopLevel::Drain, false);
        }
    });
    run(Arc::new(agent), stop).await.unwrap()
}

#[tokio::test]
async fn a_failure_before_an_interruption_is_one_of_those_that_are_repeated() {
    let home = Home::new("command: ['false']\nmethod: grid\nparameters: {x: {values: [1]}}\n").await;
    retries_once(&home, true).await;
    let trial = unfinished(&home).await;
    // Another agent may repeat it at once, and only once.
    assert_eq!((trial.attempts, trial.given_back, trial.preemptions), (1, true, 0));
    assert_eq!(retries_once(&home, false).await.failed, 1);
    assert_eq!(home.attempts(0).await.len(), 2);
}
