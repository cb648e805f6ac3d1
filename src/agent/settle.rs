//! Settling a trial: its log, its params, its final state, and whether it counts.

use super::event::{Event, Outcome};
use super::watch::{Cut, Watched};
use super::{Agent, AgentError};
use crate::process::{Ended, now_ms};
use crate::record::{Claim, Verdict, tags};
use crate::space::Point;
use crate::tracking::{ErrorKind, Run, RunId, RunInfo, RunUpdate, TrackingError};
use crate::trial::RunStatus;

/// Where a command's output lies among its run's artifacts.
const LOG_ARTIFACT: &str = "logs/output.txt";

/// Writes down how a trial ended. The exit code decides its state, whatever the script's exit hook wrote.
pub(super) async fn settle(
    agent: &Agent,
    claim: Claim,
    run: &RunInfo,
    point: &Point,
    mut watched: Watched,
) -> Result<Outcome, AgentError> {
    let status = final_status(&watched);
    let logged = agent.store.run(&run.id).await?;
    write_data(agent, &logged, point, &outcome_tags(&watched)).await?;
    if !watched.tail.is_empty() {
        let log = watched.tail.log().map_err(|source| AgentError::Io {
            what: format!("the output of trial {} can't be read back", claim.trial),
            source,
        })?;
        agent.store.put_artifact(run, LOG_ARTIFACT, log).await?;
    }
    let update = RunUpdate { status: Some(status), end_time: Some(watched.end_time), ..RunUpdate::default() };
    agent.store.update_run(&run.id, &update).await?;
    let verdict = agent.ledger.settle(claim, &run.id).await?;
    let last_lines = watched.tail.last_lines();
    if status == RunStatus::Failed && last_lines.iter().any(|line| line.contains(OTHER_EXPERIMENT)) {
        (agent.events)(Event::Note { trial: claim.trial, text: OTHER_EXPERIMENT_HINT });
    }
    let name = agent.config.metric.as_ref().map(|metric| metric.name.as_str());
    Ok(Outcome {
        trial: claim.trial,
        run: run.id.clone(),
        status,
        ended: watched.ended,
        took: watched.took,
        metric: name.and_then(|name| logged.metric(name)).map(|metric| metric.value),
        last_lines,
        counts: verdict == Verdict::Counts,
    })
}

/// What MLflow's client says when a script's `set_experiment` and the run it was handed do not go together.
const OTHER_EXPERIMENT: &str = "active experiment ID does not match environment run ID";
const OTHER_EXPERIMENT_HINT: &str = "the script calls mlflow.set_experiment() with another name than the sweep's: \
                                     remove the call, or set experiment_name in the sweep's config to that name";

/// Closes the run of a trial whose command could not be started or watched, as well as it can be.
pub(super) async fn abandon(agent: &Agent, run: &RunInfo, error: &AgentError) {
    let reason = [(tags::REASON.to_owned(), error.to_string())];
    let update =
        RunUpdate { status: Some(RunStatus::Failed), end_time: Some(now_ms()), ..RunUpdate::default() };
    // The error that led here is the one to be told.
    let _ = agent.store.log_batch(&run.id, &[], &[], &reason).await;
    let _ = agent.store.update_run(&run.id, &update).await;
}

fn final_status(watched: &Watched) -> RunStatus {
    match watched.cut {
        Some(_) => RunStatus::Killed,
        None if watched.ended.success() => RunStatus::Finished,
        None => RunStatus::Failed,
    }
}

fn outcome_tags(watched: &Watched) -> Vec<(String, String)> {
    let how = match watched.ended {
        Ended::Exited(code) => (tags::EXIT_CODE, code.to_string()),
        Ended::Signaled(_) => (tags::SIGNAL, watched.ended.to_string()),
    };
    let why = watched.cut.map(|cut| {
        let word = match cut {
            Cut::Stopped => "stopped",
            Cut::TimedOut => "trial_timeout",
        };
        (tags::REASON, word.to_owned())
    });
    std::iter::once(how).chain(why).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Logs the params that the script did not log itself, and the tags.
async fn write_data(
    agent: &Agent,
    logged: &Run,
    point: &Point,
    tags: &[(String, String)],
) -> Result<(), TrackingError> {
    let id = &logged.info.id;
    let missing: Vec<(String, String)> = point
        .leaves()
        .into_iter()
        .filter(|(name, _)| logged.param(name).is_none())
        .map(|(name, value)| (name, value.text()))
        .collect();
    match agent.store.log_batch(id, &[], &missing, tags).await {
        // A param was logged in between, by a process that outlived the command.
        Err(error) if error.kind == ErrorKind::Invalid => write_one_by_one(agent, id, &missing, tags).await,
        outcome => outcome,
    }
}

async fn write_one_by_one(
    agent: &Agent,
    id: &RunId,
    params: &[(String, String)],
    tags: &[(String, String)],
) -> Result<(), TrackingError> {
    for (name, value) in params {
        // Refused means that the script's own text stands, which is what is wanted.
        agent.store.log_param(id, name, value).await?;
    }
    agent.store.log_batch(id, &[], &[], tags).await
}
