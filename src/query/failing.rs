//! Which trials of a sweep fail, and where: how each run ended, and what the failed ones printed last.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::frame::{SEED, trial_frame};
use crate::analysis::{FailureAnalysis, TrialEnd, TrialFrame, failures};
use crate::config::Config;
use crate::record::{LOG_ARTIFACT, Sweep, TrialRuns, exit_code_of, stopped_early, tags};
use crate::tracking::{Result as StoreResult, Run, RunProjection, Store};
use crate::trial::{RunStatus, Trial};

/// Outputs that are read of a group, and most bytes of one.
const OUTPUTS: usize = 8;
const MOST_BYTES: u64 = 8 << 20;
/// Most characters of a line of output.
const LINE: usize = 160;
/// The reason in a run's tags that its time ran out: the only end from outside for which its parameters may be to blame.
const TIMED_OUT: &str = "trial_timeout";
/// A process that was killed outright: 128 and the number of the signal.
const KILLED_OUTRIGHT: i32 = 137;

/// Finds where the trials of a sweep fail, with the last line of output of each group. `measured`: the trials carry the
/// values of a metric, so that one without a number has failed as well.
///
/// # Errors
/// As the store's. Output that can't be read is none.
pub async fn failing_trials(
    store: &Arc<dyn Store>,
    config: &Config,
    (runs, trials): (&TrialRuns, &[Trial]),
    measured: bool,
) -> StoreResult<FailureAnalysis> {
    let by_id: BTreeMap<&str, &Run> = runs.iter().map(|(_, run)| (run.info.id.as_str(), run)).collect();
    let end = |trial: &Trial| {
        let run = by_id.get(trial.run_id.as_str());
        run.map_or(TrialEnd::Unknown, |run| end_of(run, measured.then_some(trial.metric)))
    };
    let ends: Vec<TrialEnd> = trials.iter().map(end).collect();
    let mut found = failures(&trial_frame(config, trials), &ends, SEED);
    for group in &mut found.groups {
        let failed = group.rows.iter().filter_map(|row| by_id.get(trials.get(*row)?.run_id.as_str()));
        group.last_line = common_last_line(store.as_ref(), failed.copied()).await?;
    }
    Ok(found)
}

/// The same with no more of the runs than that takes; what became of the metric is not looked at.
///
/// # Errors
/// As the store's.
pub async fn failing_at_a_glance(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
) -> StoreResult<FailureAnalysis> {
    let looked_at = [
        tags::TRIAL,
        tags::ATTEMPT,
        tags::POINT,
        tags::STOPPED_RULE,
        tags::EXIT_CODE,
        tags::SIGNAL,
        tags::REASON,
    ];
    let runs = TrialRuns::read_of(store.as_ref(), sweep, RunProjection::only(&looked_at, &[])).await?;
    let trials = runs.trials(|_| None);
    let ends: Vec<TrialEnd> = runs.iter().map(|(_, run)| end_of(run, None)).collect();
    Ok(failures(&trial_frame(config, &trials), &ends, SEED))
}

/// Where the rows of a table fail whose statuses alone are known.
pub fn failing_rows(frame: &TrialFrame) -> FailureAnalysis {
    let ends: Vec<TrialEnd> = frame
        .rows
        .iter()
        .map(|row| match row.status {
            RunStatus::Finished => judged(row.metric),
            RunStatus::Failed => TrialEnd::Failed("no reason recorded".to_owned()),
            _ => TrialEnd::Unknown,
        })
        .collect();
    failures(frame, &ends, SEED)
}

/// How a run ended; `metric`: what it gave, where a number is expected of it.
fn end_of(run: &Run, metric: Option<Option<f64>>) -> TrialEnd {
    match run.info.status {
        RunStatus::Failed => TrialEnd::Failed(why_failed(run)),
        RunStatus::Killed if run.tag(tags::REASON) == Some(TIMED_OUT) => {
            TrialEnd::Failed(TIMED_OUT.to_owned())
        }
        RunStatus::Killed if stopped_early(run) => TrialEnd::Worked,
        RunStatus::Finished => metric.map_or(TrialEnd::Worked, judged),
        _ => TrialEnd::Unknown,
    }
}

/// What the metric of a run that ended well says.
fn judged(metric: Option<f64>) -> TrialEnd {
    match metric {
        Some(value) if value.is_finite() => TrialEnd::Worked,
        Some(value) if value.is_nan() => TrialEnd::Failed("metric is NaN".to_owned()),
        Some(_) => TrialEnd::Failed("metric is infinite".to_owned()),
        None => TrialEnd::Failed("no metric".to_owned()),
    }
}

/// Why a trial failed, in a few words.
pub fn why_failed(run: &Run) -> String {
    let words = |code: i32| match code {
        KILLED_OUTRIGHT => format!("exit code {code}: killed, often out of memory"),
        _ => format!("exit code {code}"),
    };
    let signal = || {
        let signal = run.tag(tags::SIGNAL)?;
        Some(if signal == "SIGKILL" { format!("{signal}: often out of memory") } else { signal.to_owned() })
    };
    let reason = || run.tag(tags::REASON).map(str::to_owned);
    let code = exit_code_of(run).map(words);
    code.or_else(signal).or_else(reason).unwrap_or_else(|| "no reason recorded".to_owned())
}

/// The last line that most of these runs printed; lines that differ by their digits only are the same.
async fn common_last_line(
    store: &dyn Store,
    runs: impl Iterator<Item = &Run>,
) -> StoreResult<Option<String>> {
    let mut lines: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for run in runs.take(OUTPUTS) {
        let Some(line) = last_line(store, run).await? else { continue };
        let alike: String = line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        lines.entry(alike).or_insert((0, line)).0 += 1;
    }
    let most = lines.into_iter().rev().max_by_key(|(_, (count, _))| *count);
    Ok(most.map(|(_, (_, line))| line))
}

/// The last line of a run's output that is not empty.
async fn last_line(store: &dyn Store, run: &Run) -> StoreResult<Option<String>> {
    let folder = LOG_ARTIFACT.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Ok(entries) = store.artifacts(&run.info, folder).await else { return Ok(None) };
    let fits = |size: Option<u64>| size.is_none_or(|size| size <= MOST_BYTES);
    if !entries.iter().any(|entry| entry.path == LOG_ARTIFACT && fits(entry.size)) {
        return Ok(None);
    }
    let Ok(bytes) = store.artifact(&run.info, LOG_ARTIFACT).await else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    // What a progress bar overwrites is no line.
    let shown = |line: &str| {
        line.rsplit('\r').find(|part| !part.trim().is_empty()).map(|part| part.trim().to_owned())
    };
    let last = text.lines().rev().find_map(shown);
    Ok(last.map(|line| line.chars().take(LINE).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_expected_of_a_metric() {
        assert_eq!(judged(Some(1.0)), TrialEnd::Worked);
        assert_eq!(judged(Some(f64::NAN)), TrialEnd::Failed("metric is NaN".to_owned()));
        assert_eq!(judged(None), TrialEnd::Failed("no metric".to_owned()));
    }
}
