//! The end of an attempt: how its command ended is kept in the journal first, then brought to the store.

use std::time::Duration;

use super::beside::conclude;
use super::channels::{CommandEnded, FailedTrial, TrialChannels, UploadTask};
use super::cut::{StopReason, WatchedCommand};
use super::measure::{MeasuredMetric, measure};
use super::prepare::PreparedTrial;
use crate::agent::error::AgentError;
use crate::agent::event::Event;
use crate::agent::journal::{
    Delivered, KeptSettlement, KnownParent, Settlement, deliver, deliver_kept_values, drop_if_deleted,
    is_refusal,
};
use crate::agent::outcome::{Outcome, TrialFate};
use crate::agent::setup::Agent;
use crate::agent::tasks::block;
use crate::process::Tail;
use crate::record::{SettleOutcome, tags};
use crate::tracking::{RunInfo, TrackingError};
use crate::trial::RunStatus;

/// What MLflow's client says when a script's `set_experiment` and the run it was given do not go together.
const OTHER_EXPERIMENT: &str = "active experiment ID does not match environment run ID";
const OTHER_EXPERIMENT_HINT: &str = "the script calls mlflow.set_experiment() with another name than the sweep's: \
                                     remove the call, or set experiment_name in the sweep's config to that name";
const DROPPED: &str = "its run was deleted meanwhile: the trial is dropped";
const NO_JOURNAL: &str = "results can't be kept in .sweep/journal until the store has them";
/// How long the store may take until what it was given is made safe from a power cut.
const SYNC_AFTER: Duration = Duration::from_secs(1);
const KEPT: &str = "its result could not be delivered and is kept here; the next `sweep run` in this directory \
                    delivers it";

/// Writes down how an attempt ended: in the journal first, then in the store.
pub(in crate::agent) async fn finish(
    agent: &Agent,
    run: &RunInfo,
    prepared: &PreparedTrial,
    mut watched: WatchedCommand,
    patch: Option<UploadTask>,
    wires: &TrialChannels,
) -> Result<Outcome, FailedTrial> {
    let claim = prepared.claim;
    let point = &prepared.proposed.point;
    let mut settlement = Settlement::new(claim, run, point, &watched, agent.options.retries);
    if prepared.apart {
        settlement.fate = TrialFate::Apart;
    }
    let stopped = watched.verdict.filter(|_| watched.cut == Some(StopReason::StoppedEarly));
    if settlement.fate != TrialFate::Retried {
        let (status, stopped_early, ended) = (settlement.status, stopped.is_some(), watched.ended);
        // The agent may be gone already: then nobody waits for the place.
        let _ = wires.ended.send(CommandEnded { trial: claim.trial, status, stopped_early, ended });
    }
    let last_lines = watched.tail.last_lines();
    if settlement.status == RunStatus::Failed && last_lines.iter().any(|line| line.contains(OTHER_EXPERIMENT))
    {
        (agent.events)(Event::Note { trial: claim.trial, text: OTHER_EXPERIMENT_HINT });
    }
    let (delivered, measured) =
        deliver_safely(agent, run, &settlement, &mut watched.tail, patch, wires).await?;
    if !watched.beside.is_empty() {
        let concluded = async {
            conclude(agent, &settlement, &watched.beside, measured.value.is_some()).await;
            Ok::<_, TrackingError>(())
        };
        // What is left open by then stays as the script left it.
        let _ = wires.bounded(agent, concluded).await;
    }
    Ok(Outcome {
        trial: claim.trial,
        run: run.id.clone(),
        status: settlement.status,
        ended: watched.ended,
        took: watched.took,
        point: point.clone(),
        metric: measured.value,
        beside: measured.beside,
        logged: measured.logged,
        stopped,
        last_lines,
        fate: if delivered.dropped { TrialFate::Dropped } else { settlement.fate },
        counts: delivered.verdict == SettleOutcome::Counts,
    })
}

/// Keeps a settlement in the journal, and delivers it: killed at any moment, the next agent here delivers it.
async fn deliver_safely(
    agent: &Agent,
    run: &RunInfo,
    settlement: &Settlement,
    tail: &mut Tail,
    patch: Option<UploadTask>,
    wires: &TrialChannels,
) -> Result<(Delivered, MeasuredMetric), FailedTrial> {
    let note = |text: &str| (agent.events)(Event::Note { trial: settlement.claim.trial, text });
    let log = tail.log();
    let live = agent.live_log(&run.id);
    let kept = agent.journal.keep(settlement, tail.is_whole().then_some(live.as_path()), &log);
    let kept = kept.inspect_err(|error| agent.warn_once(NO_JOURNAL, error)).ok();
    let delivery = async {
        match write_down(agent, run, settlement, log, patch).await {
            Ok(written) => Ok(written),
            Err(error) => drop_if_deleted(Err(error), agent.store.as_ref(), &agent.ledger, settlement)
                .await
                .map(|dropped| (dropped, MeasuredMetric::default())),
        }
    };
    let sync = sync_in_a_while(agent, kept.as_ref());
    let delivery = tokio::select! {
        biased;
        delivery = wires.bounded(agent, delivery) => delivery,
        never = sync => match never {},
    };
    match (delivery, kept) {
        (Ok((delivered, measured)), kept) => {
            if let Some(kept) = kept {
                kept.delivered();
            }
            match &delivered.log_refused {
                Some(error) => note(&format!("its log stays in {}: {error}", live.display())),
                // It is among the run's artifacts now.
                None => drop(std::fs::remove_file(&live)),
            }
            if delivered.dropped {
                note(DROPPED);
            }
            Ok((delivered, measured))
        }
        (Err(error), Some(kept)) => {
            if is_refusal(&error) {
                kept.refuse();
            } else {
                block(&agent.machine.tasks, kept.sync()).await;
                // The journal has it under another name.
                let _ = std::fs::remove_file(&live);
                note(KEPT);
            }
            Err(FailedTrial { error: error.into(), kept: true })
        }
        (Err(error), None) => Err(AgentError::from(error).into()),
    }
}

/// A store that takes its time may be away: then what it was to be given must outlive a power cut, too. On a store that
/// answers at once, no trial waits for the disk.
async fn sync_in_a_while(agent: &Agent, kept: Option<&KeptSettlement>) -> std::convert::Infallible {
    if let Some(kept) = kept {
        tokio::time::sleep(SYNC_AFTER).await;
        block(&agent.machine.tasks, kept.sync()).await;
    }
    std::future::pending().await
}

async fn write_down(
    agent: &Agent,
    run: &RunInfo,
    settlement: &Settlement,
    log: Vec<u8>,
    patch: Option<UploadTask>,
) -> Result<(Delivered, MeasuredMetric), TrackingError> {
    if let Some(mut patch) = patch
        && let Some(Err(error)) = patch.join().await
    {
        // No reason to lose a trial.
        tracing::warn!(%error, run = %run.id, "git.diff is not kept");
    }
    let store = agent.store.as_ref();
    let scripts = deliver_kept_values(&agent.journal, store, Some(&run.id)).await?;
    let refused = scripts.refused + settlement.deliver_values(store).await?;
    if refused > 0 {
        let text = format!("the tracking store refused {refused} of its values");
        (agent.events)(Event::Note { trial: settlement.claim.trial, text: &text });
    }
    // What the script logged is read for the sake of the metric alone.
    let (known, measured) = match &agent.config.metric {
        Some(_) => {
            let run = store.run(&run.id).await?;
            let measured = measure(&agent.store, &run, &agent.config.objectives()).await?;
            (KnownParent::Read(Box::new(run)), measured)
        }
        None => (KnownParent::AsMade(run), MeasuredMetric::default()),
    };
    let mut settlement = settlement.clone();
    if agent.config.metric.is_some() && !measured.is_whole() && settlement.status == RunStatus::Finished {
        settlement.tags.push((tags::UNMEASURED.to_owned(), "true".to_owned()));
    }
    if let Some(early) = &agent.early {
        settlement.tags.extend(early.reached(store, &run.id).await);
    }
    let delivered = deliver(store, &agent.ledger, &settlement, log, known).await?;
    Ok((delivered, measured))
}
