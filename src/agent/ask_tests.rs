//! Trials that are asked for, on a store in memory and with a short lease.

use super::*;
use crate::agent::fixture::{Home, LEASE};
use crate::agent::tell::{ReportVerdict, ReportedOutcome, TrialReport, TrialReporter};
use crate::process::Clock;
use crate::record::{Ledger, attempt_of};
use crate::tracking::Store;
use crate::trial::{RunStatus, TrialIndex};

const TWO: &str = "command: 'true'\nmethod: grid\nmetric: {name: loss, goal: minimize}\n\
                   parameters: {x: {values: [1, 2]}}\n";
/// Longer than any lease of these tests.
const LONG: Duration = Duration::from_secs(30);

async fn asked(home: &Home, name: &str, patience: Duration) -> AskedTrial {
    match ask(&home.agent(name).await, patience).await.unwrap() {
        AskAnswer::Trial(trial) => *trial,
        other => panic!("no trial for {name}: {other:?}"),
    }
}

async fn reporter(home: &Home, trial: &AskedTrial) -> TrialReporter {
    TrialReporter {
        store: Arc::new(home.store.clone()),
        sweep: home.sweep.clone(),
        config: crate::config::check(&home.config).config.unwrap(),
        run: home.store.run(&trial.run.id).await.unwrap(),
        clock: Clock::system(),
    }
}

fn report(outcome: ReportedOutcome, loss: f64) -> TrialReport {
    TrialReport { outcome, metrics: vec![("loss".into(), loss)], step: 0 }
}

async fn tell(home: &Home, trial: &AskedTrial, said: &TrialReport) -> ReportVerdict {
    reporter(home, trial).await.tell(said).await.unwrap()
}

#[tokio::test]
async fn who_asks_again_gets_other_trials_until_none_is_free() {
    let home = Home::new(TWO).await;
    let (first, second) = (asked(&home, "a", Duration::ZERO).await, asked(&home, "b", Duration::ZERO).await);
    assert_ne!(first.point, second.point);
    let answer = ask(&home.agent("c").await, Duration::ZERO).await.unwrap();
    assert!(matches!(answer, AskAnswer::Busy(2)), "{answer:?}");
    for (trial, loss) in [(&first, 0.5), (&second, 0.25)] {
        let fate = tell(&home, trial, &report(ReportedOutcome::Finished, loss)).await;
        assert_eq!(fate, ReportVerdict::Result { value: Some(loss), beside: Vec::new() });
    }
    let answer = ask(&home.agent("d").await, Duration::ZERO).await.unwrap();
    assert!(matches!(answer, AskAnswer::NothingLeft), "{answer:?}");
    assert_eq!(Ledger::read(&home.store, &home.sweep.ledger).await.unwrap().results().len(), 2);
}

#[tokio::test]
async fn a_trial_whose_lease_ran_out_is_taken_over_and_what_is_reported_late_does_not_count() {
    let home = Home::new(TWO).await;
    let lost = asked(&home, "lost", Duration::ZERO).await;
    let other = asked(&home, "other", Duration::ZERO).await;
    tell(&home, &other, &report(ReportedOutcome::Finished, 1.0)).await;
    let again = asked(&home, "next", LONG).await;
    assert_eq!((again.claim.trial, again.claim.attempt), (lost.claim.trial, 2));
    assert_eq!(again.point, lost.point);
    assert!(!reporter(&home, &lost).await.keep_alive().await.unwrap());
    assert_eq!(tell(&home, &lost, &report(ReportedOutcome::Finished, 9.0)).await, ReportVerdict::TooLate);
    let fate = tell(&home, &again, &report(ReportedOutcome::Finished, 0.5)).await;
    assert_eq!(fate, ReportVerdict::Result { value: Some(0.5), beside: Vec::new() });
    let runs = home.attempts(lost.claim.trial.0).await;
    let states: Vec<_> = runs.iter().map(|run| (attempt_of(run), run.info.status)).collect();
    assert_eq!(states, [(1, RunStatus::Killed), (2, RunStatus::Finished)]);
    assert!(runs[0].metrics.is_empty(), "the late value was not written");
}

#[tokio::test]
async fn a_trial_that_is_kept_alive_is_not_taken_over() {
    let home = Home::new(TWO).await;
    let trials = [asked(&home, "a", Duration::ZERO).await, asked(&home, "b", Duration::ZERO).await];
    let asker = home.agent("c").await;
    let waiting = ask(&asker, 6 * LEASE);
    tokio::pin!(waiting);
    let answer = loop {
        tokio::select! {
            biased;
            answer = &mut waiting => break answer.unwrap(),
            () = sleep(LEASE / 8) => {
                for trial in &trials {
                    assert!(reporter(&home, trial).await.keep_alive().await.unwrap());
                }
            }
        }
    };
    assert!(matches!(answer, AskAnswer::Busy(2)), "{answer:?}");
}

#[tokio::test]
async fn the_same_report_twice_changes_nothing_and_another_one_is_refused() {
    let home = Home::new(TWO).await;
    let trial = asked(&home, "a", Duration::ZERO).await;
    let said = report(ReportedOutcome::Finished, 0.5);
    assert_eq!(
        tell(&home, &trial, &said).await,
        ReportVerdict::Result { value: Some(0.5), beside: Vec::new() }
    );
    assert_eq!(tell(&home, &trial, &said).await, ReportVerdict::Already);
    for other in [report(ReportedOutcome::Finished, 0.6), report(ReportedOutcome::Failed, 0.5)] {
        assert_eq!(tell(&home, &trial, &other).await, ReportVerdict::Otherwise);
    }
    let run = home.store.run(&trial.run.id).await.unwrap();
    assert_eq!((run.info.status, run.metric("loss").unwrap().value), (RunStatus::Finished, 0.5));
    let history = home.store.metric_history(&trial.run.id, "loss").await.unwrap();
    assert_eq!(history.len(), 1);
}

#[tokio::test]
async fn a_report_that_was_cut_off_anywhere_can_be_sent_again() {
    for writes in 0..5 {
        let home = Home::new(TWO).await;
        let trial = asked(&home, "a", Duration::ZERO).await;
        let said = report(ReportedOutcome::Finished, 0.5);
        let (mortal_agent, mortal) = home.mortal("cut").await;
        let cut = TrialReporter { store: Arc::clone(&mortal_agent.store), ..reporter(&home, &trial).await };
        mortal.live_for(writes);
        let _ = cut.tell(&said).await;
        let fate = tell(&home, &trial, &said).await;
        assert!(
            matches!(fate, ReportVerdict::Result { value: Some(0.5), .. } | ReportVerdict::Already),
            "after {writes} writes: {fate:?}"
        );
        let results = Ledger::read(&home.store, &home.sweep.ledger).await.unwrap().results();
        assert_eq!(results.get(&trial.claim.trial), Some(&trial.run.id));
        assert_eq!(home.store.metric_history(&trial.run.id, "loss").await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_given_back_is_free_at_once_and_counts_as_no_failure() {
    let home = Home::new(TWO).await;
    let trial = asked(&home, "a", Duration::ZERO).await;
    asked(&home, "b", Duration::ZERO).await;
    let back = TrialReport { outcome: ReportedOutcome::GivenBack, metrics: Vec::new(), step: 0 };
    assert_eq!(tell(&home, &trial, &back).await, ReportVerdict::Free);
    assert_eq!(tell(&home, &trial, &back).await, ReportVerdict::Free);
    let again = asked(&home, "c", Duration::ZERO).await;
    assert_eq!((again.claim.trial, again.claim.preemptions), (trial.claim.trial, 1));
}

#[tokio::test]
async fn a_failure_that_is_to_be_repeated_is_given_to_who_asks_next() {
    let home = Home::new(&format!("{TWO}retries: 1\n")).await;
    let trial = asked(&home, "a", Duration::ZERO).await;
    asked(&home, "b", Duration::ZERO).await;
    let failed = TrialReport { outcome: ReportedOutcome::Failed, metrics: Vec::new(), step: 0 };
    assert_eq!(tell(&home, &trial, &failed).await, ReportVerdict::Free);
    let again = asked(&home, "c", Duration::ZERO).await;
    assert_eq!((again.claim.trial, again.claim.attempt), (trial.claim.trial, 2));
    assert_eq!(tell(&home, &again, &failed).await, ReportVerdict::Result { value: None, beside: Vec::new() });
    let results = Ledger::read(&home.store, &home.sweep.ledger).await.unwrap().results();
    assert_eq!(results.get(&TrialIndex(trial.claim.trial.0)), Some(&again.run.id));
}
