//! What must hold once a sweep is over, whatever has happened.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Trouble;
use super::truth::{Execution, Truth};
use super::world::World;
use crate::process::CommandExit;
use crate::record::{
    LOG_ARTIFACT, Ledger, LedgerSnapshot, SweepView, attempt_of, index_of, point_of, search_all, tags,
};
use crate::tracking::{Run, RunId, RunQuery, Store as _};
use crate::trial::{RunStatus, TrialIndex};

/// What does not hold.
pub(super) async fn check(world: &World) -> Vec<String> {
    let mut broken = std::mem::take(&mut world.observer.see().broken);
    let ledger = Ledger::read(&world.store, &world.sweep.ledger).await.unwrap();
    let query = RunQuery {
        experiment_ids: vec![world.sweep.parent.info.experiment_id.clone()],
        filter: format!("tags.`{}` = '{}'", tags::SWEEP_ID, world.sweep.id()),
        ..RunQuery::default()
    };
    let runs = search_all(&world.store, query).await.unwrap();
    let runs: BTreeMap<RunId, Run> = runs.into_iter().map(|run| (run.info.id.clone(), run)).collect();
    each_index_has_one_result(world, &ledger, &mut broken);
    no_other_run_looks_like_a_result(&ledger, &runs, &mut broken);
    let truth = world.observer.see().clone_facts();
    nothing_is_left(world, &truth, &mut broken);
    for (trial, id) in ledger.results().into_iter().filter(|(_, id)| !truth.deleted.contains(id)) {
        let (Some(run), Some(execution)) = (runs.get(&id), truth.executions.get(&id)) else {
            broken.push(format!("the result of trial {trial} is {id}, which was never run"));
            continue;
        };
        result_is_true(world, &truth, (trial, run), execution, &mut broken);
        result_is_whole(world, run, execution, &mut broken).await;
    }
    points_are_kept(&ledger, &truth, &runs, &mut broken);
    failures_are_counted(world, &truth, &runs, &mut broken);
    if world.plan.trouble == Trouble::None && world.plan.quality.lossy == 0 {
        people_see_it(world, &ledger, &runs, &mut broken).await;
    }
    work_is_done_once(world, &truth, &mut broken);
    hooks_are_tried_once(world, &ledger, &truth, &mut broken);
    broken
}

/// No hook is run twice for the same, and where nothing goes wrong each is run.
fn hooks_are_tried_once(world: &World, ledger: &LedgerSnapshot, truth: &Truth, broken: &mut Vec<String>) {
    let of = |event: &str| truth.hooks.iter().filter(|(name, _)| name == event).collect::<Vec<_>>();
    let (ends, bests, finishes) = (of("on_trial_end"), of("on_best"), of("on_finish"));
    for calls in [&ends, &bests] {
        let distinct: BTreeSet<_> = calls.iter().map(|(_, run)| run).collect();
        if distinct.len() != calls.len() {
            broken.push(format!("a hook was run twice: {calls:?}"));
        }
    }
    let settled: BTreeSet<RunId> = ledger.all_settled().into_iter().map(|settled| settled.run).collect();
    let counts = |run: &Option<RunId>| run.as_ref().is_some_and(|run| settled.contains(run));
    if let Some(call) = ends.iter().chain(&bests).find(|(_, run)| !counts(run)) {
        broken.push(format!("{call:?} is about no result"));
    }
    if finishes.len() > 1 {
        broken.push(format!("{} agents announced the end", finishes.len()));
    }
    let is_hooked = world.config.hooks.on_finish.is_some();
    let undisturbed = world.plan.trouble == Trouble::None && world.plan.quality.lossy == 0;
    let results = ledger.results().len();
    if is_hooked && undisturbed && (ends.len(), finishes.len()) != (results, 1) {
        broken.push(format!("{} of {results} results and {} ends were told of", ends.len(), finishes.len()));
    }
}

fn each_index_has_one_result(world: &World, ledger: &LedgerSnapshot, broken: &mut Vec<String>) {
    let results = ledger.results();
    let wanted: BTreeSet<TrialIndex> = (0..world.plan.trials).map(TrialIndex).collect();
    let found: BTreeSet<TrialIndex> = results.keys().copied().collect();
    if found != wanted || ledger.empty() > 0 {
        let missing: Vec<_> = wanted.symmetric_difference(&found).collect();
        broken.push(format!("{} empty indices; missing, or too many: {missing:?}", ledger.empty()));
    }
    let unfinished = ledger.unfinished();
    if !unfinished.is_empty() {
        broken.push(format!("under way: {unfinished:?}"));
    }
    if results.values().collect::<BTreeSet<_>>().len() != results.len() {
        broken.push("a run is the result of two trials".to_owned());
    }
}

fn no_other_run_looks_like_a_result(
    ledger: &LedgerSnapshot,
    runs: &BTreeMap<RunId, Run>,
    broken: &mut Vec<String>,
) {
    let results: BTreeSet<RunId> = ledger.all_settled().into_iter().map(|settled| settled.run).collect();
    for run in runs.values() {
        let status = run.info.status;
        let counts = results.contains(&run.info.id);
        if !status.is_final() || (status == RunStatus::Finished && !counts) {
            broken.push(format!(
                "{} of trial {:?} is {status}, counts: {counts}",
                run.info.id,
                index_of(run)
            ));
        }
    }
}

fn nothing_is_left(world: &World, truth: &Truth, broken: &mut Vec<String>) {
    for host in 0..world.plan.hosts {
        let journal = world.journal_of(host);
        if journal.waiting() > 0 {
            broken.push(format!("{} entries wait in the journal of host {host}", journal.waiting()));
        }
        if truth.deleted.is_empty() && !journal.refused().is_empty() {
            broken.push(format!("set aside on host {host}: {:?}", journal.refused()));
        }
        for left in world.hosts[host].left() {
            broken.push(format!("host {host} still runs {left}"));
        }
    }
}

/// A result says how its command ended, and is of its trial.
fn result_is_true(
    world: &World,
    truth: &Truth,
    (trial, run): (TrialIndex, &Run),
    execution: &Execution,
    broken: &mut Vec<String>,
) {
    let mut wrong = |what: &str| {
        let (id, status) = (&run.info.id, run.info.status);
        broken.push(format!("the result {id} of trial {trial}, {status}, {execution:?}: {what}"));
    };
    if index_of(run) != Some(trial) || execution.trial != trial || execution.attempt != attempt_of(run) {
        wrong("it is another trial's");
    }
    // The reason of one that was taken for lost as it was settled is that of a lost one.
    let is_marked = run.tag(tags::SUPERSEDED_BY).is_some() && run.tag(tags::SIGNAL).is_some();
    let was_ended = matches!(run.tag(tags::REASON), Some("trial_timeout" | "stopped")) || is_marked;
    let expected = match execution.ended {
        _ if was_ended => RunStatus::Killed,
        Some(CommandExit::Exited(0)) => RunStatus::Finished,
        Some(CommandExit::Exited(_)) => RunStatus::Failed,
        _ => return wrong("it never ended by itself, and nobody ended it"),
    };
    if run.info.status != expected {
        wrong(&format!("it should be {expected}; {:?}", run.tag(tags::REASON)));
    }
    let is_first_round = !truth.repeated.contains(&trial);
    if expected == RunStatus::Failed && execution.attempt <= world.plan.retries && is_first_round {
        wrong("it was to be repeated");
    }
}

/// A result has all that its command has logged.
async fn result_is_whole(world: &World, run: &Run, execution: &Execution, broken: &mut Vec<String>) {
    let id = &run.info.id;
    let mut wrong = |what: String| broken.push(format!("the result {id}: {what}"));
    if run.tag(tags::EXIT_CODE).or(run.tag(tags::SIGNAL)).is_none() {
        wrong("nothing says how it ended".to_owned());
    }
    if run.info.end_time.is_none() || run.param("x").is_none() {
        wrong(format!("end {:?}, params {:?}", run.info.end_time, run.params));
    }
    if !execution.printed.is_empty() {
        let history = world.store.metric_history(id, "loss").await.unwrap();
        let mut logged: Vec<f64> = history.into_iter().map(|metric| metric.value).collect();
        logged.sort_by(f64::total_cmp);
        if logged != execution.printed {
            wrong(format!("it printed {:?}, and has {logged:?}", execution.printed));
        }
        if world.store.artifact(&run.info, LOG_ARTIFACT).await.is_err() {
            wrong("it has no log".to_owned());
        }
    }
}

/// All attempts at a trial are run with the same point, and no two trials with one.
fn points_are_kept(
    ledger: &LedgerSnapshot,
    truth: &Truth,
    runs: &BTreeMap<RunId, Run>,
    broken: &mut Vec<String>,
) {
    let mut points: BTreeMap<TrialIndex, BTreeSet<String>> = BTreeMap::new();
    for run in runs.values() {
        let Some(trial) = index_of(run) else { continue };
        points.entry(trial).or_default().insert(point_of(run).to_json().to_string());
    }
    if points.values().any(|of_trial| of_trial.len() > 1) {
        broken.push(format!("the attempts at a trial are run with different points: {points:?}"));
    }
    let distinct: BTreeSet<&String> = points.values().flatten().collect();
    if truth.deleted.is_empty() && distinct.len() != ledger.results().len() {
        broken.push(format!("a point is run twice: {points:?}"));
    }
}

/// A trial fails no more often than it may.
fn failures_are_counted(world: &World, truth: &Truth, runs: &BTreeMap<RunId, Run>, broken: &mut Vec<String>) {
    let mut failures: BTreeMap<TrialIndex, u32> = BTreeMap::new();
    for run in runs.values().filter(|run| run.info.status == RunStatus::Failed) {
        *failures.entry(index_of(run).unwrap_or(TrialIndex(u64::MAX))).or_default() += 1;
    }
    failures.retain(|trial, count| *count > world.plan.retries + 1 && !truth.repeated.contains(trial));
    if !failures.is_empty() {
        broken.push(format!("trials failed more often than they may: {failures:?}"));
    }
}

/// The parent run shows all results, and the best.
async fn people_see_it(
    world: &World,
    ledger: &LedgerSnapshot,
    runs: &BTreeMap<RunId, Run>,
    broken: &mut Vec<String>,
) {
    let parent = world.store.run(world.sweep.id()).await.unwrap();
    let results = ledger.results();
    let counted = results.values().filter_map(|id| runs.get(id));
    let finished = counted.filter(|run| run.info.status == RunStatus::Finished);
    let values = finished.filter_map(|run| run.metric("loss").map(|metric| metric.value));
    let best = values.min_by(f64::total_cmp);
    let posted = SweepView::posted(&parent).unwrap_or_default();
    let posted_best = posted.best.as_ref().map(|best| best.value);
    if posted.done != results.len() as u64 || posted_best != best {
        broken.push(format!("the parent run says {posted:?}; best {best:?} of {}", results.len()));
    }
}

/// Where nothing goes wrong, no command is run that need not be.
fn work_is_done_once(world: &World, truth: &Truth, broken: &mut Vec<String>) {
    let mut of_trial: BTreeMap<TrialIndex, Vec<&Execution>> = BTreeMap::new();
    for execution in truth.executions.values() {
        if execution.trial.0 >= world.plan.trials {
            broken.push(format!("beyond the cap: {execution:?}"));
        }
        of_trial.entry(execution.trial).or_default().push(execution);
    }
    let quality = world.plan.quality;
    let healthy = matches!(world.plan.trouble, Trouble::None | Trouble::Outages);
    if !healthy || quality.lossy > 0 || quality.slow > 0 {
        return;
    }
    for executions in of_trial.values() {
        let failed =
            executions.iter().filter(|one| matches!(one.ended, Some(CommandExit::Exited(1)))).count();
        if executions.len() - failed > 1 || executions.len() > world.plan.retries as usize + 1 {
            broken.push(format!(
                "though no agent was lost a trial was run {} times: {executions:?}",
                executions.len()
            ));
        }
    }
}
