//! An agent is killed after each of the writes with which it settles a trial; another one takes over.

use std::collections::HashSet;

use super::*;
use crate::agent::fixture::Home;
use crate::agent::journal::{KnownParent, Settlement, deliver};
use crate::agent::liveness::reconcile;
use crate::agent::outcome::TrialFate;
use crate::record::{Ledger, exit_code_of};
use crate::space::{Point, Value};
use crate::tracking::{RunInfo, RunUpdate, Store};

const CONFIG: &str = "command: 'true'\nmethod: grid\nparameters: {x: {values: [1]}}\n";

fn point() -> Point {
    Point(vec![("x".into(), Value::Int(1))])
}

fn settlement(claim: Claim, run: &RunInfo, status: RunStatus, fate: TrialFate) -> Settlement {
    let code = if status == RunStatus::Finished { "0" } else { "1" };
    let mut tags = vec![(tags::EXIT_CODE.to_owned(), code.to_owned())];
    if status == RunStatus::Killed {
        tags.push((tags::REASON.to_owned(), "trial_timeout".to_owned()));
    }
    Settlement {
        run: run.id.clone(),
        claim,
        status,
        end_time: 2000,
        params: vec![("x".into(), "1".into())],
        tags,
        values: Vec::new(),
        fate,
    }
}

async fn settle(agent: &Agent, claim: Claim, run: &RunInfo, status: RunStatus) -> Result<()> {
    let settlement = settlement(claim, run, status, TrialFate::Result);
    let log = b"a line\n".to_vec();
    deliver(agent.store.as_ref(), &agent.ledger, &settlement, log, KnownParent::AsMade(run)).await.map(drop)
}

/// Looks until there is nothing to wait for.
async fn look(takeover: &mut Takeover, agent: &Agent) -> TakeoverResult {
    loop {
        match takeover.look(agent, &HashSet::new()).await.unwrap() {
            TakeoverResult::Others(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            found => return found,
        }
    }
}

/// Another agent finishes the sweep; returns how often it had to run the trial.
async fn finish(home: &Home) -> usize {
    let other = home.agent("other").await;
    let mut takeover = Takeover::default();
    let mut ran = 0;
    while let TakeoverResult::Claimed(claim) = look(&mut takeover, &other).await {
        ran += 1;
        let run = home.run(&other, claim, &point()).await;
        settle(&other, claim, &run, RunStatus::Finished).await.unwrap();
    }
    reconcile(&other).await.unwrap();
    ran
}

/// The states of the trial's runs by attempt, with a star where the run counts.
async fn states(home: &Home) -> Vec<String> {
    let results = Ledger::read(&home.store, &home.sweep.ledger).await.unwrap().results();
    let star = |run: &Run| if results.get(&TrialIndex(0)) == Some(&run.info.id) { "*" } else { "" };
    home.attempts(0).await.iter().map(|run| format!("{}{}", run.info.status, star(run))).collect()
}

#[tokio::test]
async fn whatever_write_an_agent_is_killed_after_its_trial_counts_once_and_no_other_run_looks_as_if_it_did() {
    use RunStatus::{Failed, Finished, Killed};
    // The writes are: the log, how it ended, the state, the ledger.
    for (status, writes, expected) in [
        (Finished, 0, vec!["KILLED", "FINISHED*"]),
        (Finished, 1, vec!["KILLED", "FINISHED*"]),
        (Finished, 2, vec!["FINISHED*"]),
        (Finished, 3, vec!["FINISHED*"]),
        (Finished, 4, vec!["FINISHED*"]),
        (Failed, 1, vec!["KILLED", "FINISHED*"]),
        (Failed, 2, vec!["FAILED*"]),
        (Failed, 3, vec!["FAILED*"]),
        (Killed, 2, vec!["KILLED*"]),
        (Killed, 3, vec!["KILLED*"]),
    ] {
        let home = Home::new(CONFIG).await;
        let (agent, mortal) = home.mortal("lost").await;
        let claim = agent.ledger.claim().await.unwrap().unwrap();
        let run = home.run(&agent, claim, &point()).await;
        mortal.live_for(writes);
        let settled = settle(&agent, claim, &run, status).await;
        assert_eq!(settled.is_ok(), writes == 4, "{status} after {writes} writes");
        let ran = finish(&home).await;
        assert_eq!(states(&home).await, expected, "{status} after {writes} writes");
        assert_eq!(ran, expected.len() - 1);
        let first = &home.attempts(0).await[0];
        if expected.len() == 1 {
            assert_eq!(exit_code_of(first), Some(i32::from(status != Finished)));
            assert!(first.info.end_time.is_some() && first.param("x") == Some("1"));
            assert_eq!(home.store.artifact(&run, crate::record::LOG_ARTIFACT).await.unwrap(), b"a line\n");
        }
    }
}

#[tokio::test]
async fn a_run_that_only_its_script_has_ended_does_not_count() {
    let home = Home::new(CONFIG).await;
    let agent = home.agent("lost").await;
    let claim = agent.ledger.claim().await.unwrap().unwrap();
    let run = home.run(&agent, claim, &point()).await;
    let ended = RunUpdate { status: Some(RunStatus::Finished), end_time: Some(9), ..RunUpdate::default() };
    home.store.update_run(&run.id, &ended).await.unwrap();
    assert_eq!(finish(&home).await, 1);
    assert_eq!(states(&home).await, ["KILLED", "FINISHED*"]);
}

#[tokio::test]
async fn one_that_wakes_up_late_leaves_no_second_result_wherever_it_is_killed() {
    for writes in 0..=6 {
        let home = Home::new(CONFIG).await;
        let (agent, mortal) = home.mortal("slow").await;
        let claim = agent.ledger.claim().await.unwrap().unwrap();
        let run = home.run(&agent, claim, &point()).await;
        assert_eq!(finish(&home).await, 1);
        mortal.live_for(writes);
        let _ = settle(&agent, claim, &run, RunStatus::Finished).await;
        assert_eq!(finish(&home).await, 0);
        assert_eq!(states(&home).await, ["KILLED", "FINISHED*"], "after {writes} writes");
    }
}

#[tokio::test]
async fn a_result_that_was_taken_for_lost_as_it_was_entered_is_no_killed_run() {
    let home = Home::new(CONFIG).await;
    let (agent, other) = (home.agent("slow").await, home.agent("quick").await);
    let claim = agent.ledger.claim().await.unwrap().unwrap();
    let run = home.run(&agent, claim, &point()).await;
    let [lost] = &other.ledger.unfinished().await.unwrap()[..] else { panic!("one trial is under way") };
    let second = other.ledger.claim_again(lost).await.unwrap().unwrap();
    // It is settled between the claim and the mark.
    settle(&agent, claim, &run, RunStatus::Finished).await.unwrap();
    supersede(&other, second).await.unwrap();
    finish(&home).await;
    assert_eq!(states(&home).await, ["FINISHED*"]);
}

/// An agent that is killed once its result lies in the journal, and nothing of it in the store.
async fn killed_with_a_result_in_its_journal(home: &Home, status: RunStatus, fate: TrialFate) {
    let agent = home.agent("lost").await;
    let claim = agent.ledger.claim().await.unwrap().unwrap();
    let run = home.run(&agent, claim, &point()).await;
    drop(agent.journal.keep(&settlement(claim, &run, status, fate), None, b"a line\n").unwrap());
}

#[tokio::test]
async fn a_result_in_the_journal_here_is_delivered_by_who_waits_for_its_agent() {
    let home = Home::new(CONFIG).await;
    killed_with_a_result_in_its_journal(&home, RunStatus::Finished, TrialFate::Result).await;
    assert_eq!(finish(&home).await, 0);
    assert_eq!(states(&home).await, ["FINISHED*"]);
}

#[tokio::test]
async fn a_failure_in_the_journal_that_was_to_be_repeated_is_repeated_by_another() {
    let home = Home::new(CONFIG).await;
    killed_with_a_result_in_its_journal(&home, RunStatus::Failed, TrialFate::Retried).await;
    let other = home.agent("other").await;
    let TakeoverResult::Claimed(claim) = look(&mut Takeover::default(), &other).await else {
        panic!("it is free")
    };
    assert_eq!((claim.attempt, claim.preemptions), (2, 0));
    assert_eq!(states(&home).await, ["FAILED"]);
}

/// A run with these tags.
fn run(attempt: u32, status: RunStatus, more: &[(&str, &str)]) -> Run {
    let info = RunInfo { end_time: Some(1), ..RunInfo::sample(&format!("run-{attempt}"), status) };
    let mut all = vec![(tags::ATTEMPT.to_owned(), attempt.to_string())];
    all.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    Run { tags: all, ..Run::bare(info) }
}

fn lost(attempts: u32, round: u32) -> UnfinishedTrial {
    UnfinishedTrial {
        trial: TrialIndex(0),
        attempts,
        token: "lost".into(),
        lease: Duration::from_secs(60),
        round,
        preemptions: 0,
        given_back: false,
    }
}

#[test]
fn what_a_lost_agent_has_written_decides_whether_its_run_is_the_result() {
    use RunStatus::{Failed, Finished, Killed, Running};
    let exit = |code| (tags::EXIT_CODE, code);
    let reason = |why| (tags::REASON, why);
    // The run; the attempts that were claimed; the retries that are allowed; whether it is the result.
    for (run, attempts, retries, is_result) in [
        (run(1, Finished, &[exit("0")]), 1, 0, true),
        (run(1, Running, &[exit("0")]), 1, 0, true),
        (run(1, Finished, &[]), 1, 0, false),
        (run(1, Failed, &[]), 1, 0, false),
        (run(1, Failed, &[exit("1")]), 1, 0, true),
        (run(1, Failed, &[(tags::SIGNAL, "SIGSEGV")]), 1, 0, true),
        // It is to be repeated.
        (run(1, Failed, &[exit("1")]), 1, 2, false),
        (run(2, Failed, &[exit("1")]), 2, 2, false),
        (run(3, Failed, &[exit("1")]), 3, 2, true),
        // It was repeated, and the repetition is lost; one that ended well counts all the same.
        (run(1, Failed, &[exit("1")]), 2, 0, false),
        (run(1, Finished, &[exit("0")]), 2, 0, true),
        (run(1, Finished, &[exit("0"), (tags::SUPERSEDED_BY, "2")]), 2, 0, false),
        (run(1, Killed, &[exit("0"), reason("trial_timeout")]), 1, 0, true),
        (run(1, Killed, &[(tags::SIGNAL, "SIGTERM"), reason("stopped")]), 1, 0, true),
        (run(1, Killed, &[(tags::SIGNAL, "SIGTERM"), reason("given back")]), 1, 0, false),
        (run(1, Killed, &[exit("0"), reason(AGENT_LOST)]), 1, 0, false),
    ] {
        let runs = [run];
        let found = result_among(&runs, &lost(attempts, 1), retries).is_some();
        assert_eq!(found, is_result, "{:?} of {attempts} attempts, {retries} retries", runs[0]);
    }
    // A result of an earlier round is none of this one.
    assert_eq!(result_among(&[run(1, Finished, &[exit("0")])], &lost(2, 2), 0), None);
}

#[test]
fn the_state_of_a_lost_agents_run_is_the_one_that_it_would_have_written() {
    let exit = |code| (tags::EXIT_CODE, code);
    for (tags, status) in [
        (vec![exit("0")], RunStatus::Finished),
        (vec![exit("0"), (tags::REASON, "stopped early")], RunStatus::Killed),
        (vec![(tags::SIGNAL, "SIGTERM"), (tags::REASON, "trial_timeout")], RunStatus::Killed),
        // Its command could not be started: nobody has ended it, and `retry --failed` finds it.
        (vec![exit("126"), (tags::REASON, "cannot start `train`")], RunStatus::Failed),
    ] {
        assert_eq!(written_status(&run(1, RunStatus::Running, &tags)), status, "{tags:?}");
    }
}

#[tokio::test]
async fn a_lost_trial_costs_no_request_of_its_own_while_its_run_can_be_seen() {
    let home = Home::new("command: 'true'\nmethod: grid\nparameters: {x: {values: [1, 2, 3, 4]}}\n").await;
    let agent = home.agent("busy").await;
    let mut runs = Vec::new();
    for _ in 0..4 {
        let claim = agent.ledger.claim().await.unwrap().unwrap();
        runs.push(home.run(&agent, claim, &point()).await);
    }
    let mut sight = Sighting::of(running_runs(agent.store.as_ref(), &agent.sweep).await.unwrap());
    for trial in agent.ledger.unfinished().await.unwrap() {
        let sign = sight.sign(&agent, &trial).await.unwrap().unwrap();
        assert!(runs.iter().any(|run| sign.contains(run.id.as_str())), "{sign}");
    }
    assert_eq!(sight.asked, 0);
}
