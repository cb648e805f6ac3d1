//! Settling a trial: its log, its params, its final state, and whether it counts.
//!
//! Everything here may be done twice: a settlement is in the journal before it is delivered, and one that was not
//! delivered is delivered later from the beginning.

use super::settlement::Settlement;
use super::values::{is_deleted, is_refusal};
use crate::agent::error::AgentError;
use crate::agent::outcome::TrialFate;
use crate::agent::trial::StopReason;
use crate::record::{Claim, LOG_ARTIFACT, Ledger, SettleOutcome, last_sign, tags};
use crate::tracking::{ErrorKind, Result, Run, RunId, RunInfo, RunUpdate, Store, TrackingError};
use crate::trial::RunStatus;

/// What the store said when a trial was settled.
pub(in crate::agent) struct Delivered {
    /// Whether it is the trial's result.
    pub(in crate::agent) verdict: SettleOutcome,
    /// Its run was deleted: nothing was written down but that the trial is over.
    pub(in crate::agent) dropped: bool,
    /// Why the store has no log of it.
    pub(in crate::agent) log_refused: Option<TrackingError>,
}

/// What is known of a run before its settlement is written down. Each call to a server counts.
pub(in crate::agent) enum KnownParent<'a> {
    /// As it was made. Nobody asks what the script logged: a param of its own is found out by the refusal of ours.
    AsMade(&'a RunInfo),
    /// As it is now.
    Read(Box<Run>),
}

impl KnownParent<'_> {
    fn info(&self) -> &RunInfo {
        match self {
            Self::AsMade(info) => info,
            Self::Read(run) => &run.info,
        }
    }

    /// Whether somebody has deleted the run, as far as is known.
    fn is_deleted(&self) -> bool {
        matches!(self, Self::Read(run) if !run.info.active)
    }

    /// Whether the script has logged this param, as far as is known.
    fn has_param(&self, name: &str) -> bool {
        matches!(self, Self::Read(run) if run.param(name).is_some())
    }

    /// Whether the script has ended its run as we would.
    fn has_ended(&self, status: RunStatus) -> bool {
        matches!(self, Self::Read(run) if run.info.status == status && run.info.end_time.is_some())
    }
}

/// Writes a settlement down.
///
/// The order matters: an agent may be lost between any two writes. Values and log come first, then in one write the params
/// and how the command ended, which says that nothing else is missing; then the state; then the ledger. Anyone who takes
/// the trial over goes by that (`takeover`): what says how it ended is entered, not run again.
pub(in crate::agent) async fn deliver(
    store: &dyn Store,
    ledger: &Ledger,
    settlement: &Settlement,
    log: Vec<u8>,
    known: KnownParent<'_>,
) -> Result<Delivered> {
    if known.is_deleted() {
        return drop_trial(ledger, settlement).await;
    }
    let log_refused = put_log(store, known.info(), log).await?;
    write_data(store, &known, settlement).await?;
    let claim = settlement.claim;
    let verdict = match settlement.fate {
        TrialFate::Result => ledger.settle(claim, &settlement.run).await?,
        TrialFate::GivenBack => {
            ledger.give_back(claim.trial, claim.attempt).await?;
            SettleOutcome::TooLate
        }
        TrialFate::Retried | TrialFate::Superseded | TrialFate::Apart | TrialFate::Dropped => {
            SettleOutcome::TooLate
        }
    };
    if settlement.fate == TrialFate::Result && verdict == SettleOutcome::TooLate {
        discount(store, &settlement.run, settlement.end_time).await?;
    }
    Ok(Delivered { verdict, dropped: false, log_refused })
}

/// What is left to do where a delivery was refused because somebody has deleted the run.
pub(in crate::agent) async fn drop_if_deleted(
    delivery: Result<Delivered>,
    store: &dyn Store,
    ledger: &Ledger,
    settlement: &Settlement,
) -> Result<Delivered> {
    match delivery {
        Err(error) if is_refusal(&error) => match is_deleted(store, &settlement.run).await {
            Ok(true) => drop_trial(ledger, settlement).await,
            _ => Err(error),
        },
        delivery => delivery,
    }
}

/// Ends a trial whose run was deleted. It keeps its place in the ledger: anyone who deletes a run does not want it made
/// again by the next agent.
async fn drop_trial(ledger: &Ledger, settlement: &Settlement) -> Result<Delivered> {
    if matches!(settlement.fate, TrialFate::Result | TrialFate::Retried | TrialFate::GivenBack) {
        ledger.settle(settlement.claim, &settlement.run).await?;
    }
    Ok(Delivered { verdict: SettleOutcome::TooLate, dropped: true, log_refused: None })
}

/// Saves the log. A result is worth more than its log: what the store will never take is given up, with a warning.
async fn put_log(store: &dyn Store, run: &RunInfo, log: Vec<u8>) -> Result<Option<TrackingError>> {
    if log.is_empty() {
        return Ok(None);
    }
    match store.put_artifact(run, LOG_ARTIFACT, log).await {
        Ok(()) => Ok(None),
        Err(error) if is_refusal(&error) || matches!(error.kind, ErrorKind::Io | ErrorKind::Unsupported) => {
            Ok(Some(error))
        }
        Err(error) => Err(error),
    }
}

/// Enters the run of a lost agent, which says how its command ended, as the result of its trial.
pub(in crate::agent) async fn settle_for(
    store: &dyn Store,
    ledger: &Ledger,
    claim: Claim,
    run: &Run,
) -> Result<SettleOutcome> {
    let status = written_status(run);
    // What the lost agent did not write is as near as it was last seen alive.
    let end_time = run.info.end_time.unwrap_or_else(|| last_sign(run));
    if run.info.status != status || run.info.end_time.is_none() {
        end_run(store, &run.info.id, status, end_time).await?;
    }
    let verdict = ledger.settle(claim, &run.info.id).await?;
    if verdict == SettleOutcome::TooLate {
        discount(store, &run.info.id, end_time).await?;
    }
    Ok(verdict)
}

/// The state of a run by what its agent wrote about its command's end.
pub(in crate::agent) fn written_status(run: &Run) -> RunStatus {
    // What never began has a reason, too, and nobody has ended it.
    if run.tag(tags::REASON).is_some_and(StopReason::is_reason) {
        RunStatus::Killed
    } else if run.tag(tags::EXIT_CODE) == Some("0") {
        RunStatus::Finished
    } else {
        RunStatus::Failed
    }
}

/// A run that does not count must not look like one that does.
pub(in crate::agent) async fn discount(store: &dyn Store, run: &RunId, end_time: i64) -> Result<()> {
    let note = (tags::REASON.to_owned(), NOT_FIRST.to_owned());
    store.log_batch(run, &[], &[], &[note]).await?;
    end_run(store, run, RunStatus::Killed, end_time).await
}

const NOT_FIRST: &str = "another attempt was settled first";

/// Closes the run of a trial whose command could not be started or watched, as well as it can be.
pub(in crate::agent) async fn abandon(store: &dyn Store, run: &RunId, error: &AgentError, now: i64) {
    let reason = [(tags::REASON.to_owned(), error.to_string())];
    // The error that led here is the one to be told.
    let _ = store.log_batch(run, &[], &[], &reason).await;
    let _ = end_run(store, run, RunStatus::Failed, now).await;
}

pub(in crate::agent) async fn end_run(
    store: &dyn Store,
    run: &RunId,
    status: RunStatus,
    end_time: i64,
) -> Result<()> {
    store.update_run(run, &end_of(status, end_time)).await
}

fn end_of(status: RunStatus, end_time: i64) -> RunUpdate {
    RunUpdate { status: Some(status), end_time: Some(end_time), ..RunUpdate::default() }
}

/// Logs the params that the script did not log itself, and the tags, and ends the run unless the script did so.
async fn write_data(store: &dyn Store, known: &KnownParent<'_>, settlement: &Settlement) -> Result<()> {
    let missing: Vec<(String, String)> =
        settlement.params.iter().filter(|(name, _)| !known.has_param(name)).cloned().collect();
    let (run, tags) = (&settlement.run, &settlement.tags);
    let end = (!known.has_ended(settlement.status)).then(|| end_of(settlement.status, settlement.end_time));
    let written = match &end {
        Some(end) => store.conclude_run(run, &missing, tags, end).await,
        None => store.log_batch(run, &[], &missing, tags).await,
    };
    match written {
        Err(error) if error.kind == ErrorKind::Invalid => {
            write_one_by_one(store, settlement, &missing).await?;
            match &end {
                Some(end) => store.update_run(run, end).await,
                None => Ok(()),
            }
        }
        written => written,
    }
}

/// A batch was refused for the sake of one of its parts, or because the run is deleted.
async fn write_one_by_one(
    store: &dyn Store,
    settlement: &Settlement,
    params: &[(String, String)],
) -> Result<()> {
    for (name, value) in params {
        match store.log_param(&settlement.run, name, value).await {
            // Refused means that the script's own text stands, which is what is wanted.
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::Invalid => pass_over(store, settlement, error).await?,
            Err(error) => return Err(error),
        }
    }
    // How the command ended stands first, and is written last: it says that nothing else is missing.
    for tag in settlement.tags.iter().rev() {
        match store.log_batch(&settlement.run, &[], &[], std::slice::from_ref(tag)).await {
            Ok(()) => {}
            Err(error) if error.kind == ErrorKind::Invalid => pass_over(store, settlement, error).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Something that the store will never take is no reason to lose a result, unless it is the run that is gone.
async fn pass_over(store: &dyn Store, settlement: &Settlement, error: TrackingError) -> Result<()> {
    if is_deleted(store, &settlement.run).await? {
        return Err(error);
    }
    tracing::warn!(%error, run = %settlement.run, "not kept with the run");
    Ok(())
}
