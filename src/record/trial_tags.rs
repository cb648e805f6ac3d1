//! What the run of a trial says of itself.

use super::tags;
use crate::space::Point;
use crate::tracking::{Metric, Run};
use crate::trial::{RunStatus, STOPPED, TrialIndex};

/// The trial that a run is of.
#[must_use]
pub fn index_of(run: &Run) -> Option<TrialIndex> {
    run.tag(tags::TRIAL)?.parse().ok().map(TrialIndex)
}

/// Which attempt at its trial a run is.
#[must_use]
pub fn attempt_of(run: &Run) -> u32 {
    run.tag(tags::ATTEMPT).and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}

/// The time of a run's last sign of life, by its agent's clock: its start, a heartbeat, a value of its metric, its end.
#[must_use]
pub fn last_sign(run: &Run) -> i64 {
    let beat = run.tag(tags::HEARTBEAT).and_then(|beat| beat.split_once(' ')?.1.parse().ok());
    let logged = run.metrics.iter().map(|metric: &Metric| metric.timestamp).max();
    [Some(run.info.start_time), beat, logged, run.info.end_time].into_iter().flatten().max().unwrap_or(0)
}

/// Whether a stopping rule ended a run.
#[must_use]
pub fn stopped_early(run: &Run) -> bool {
    run.info.status == RunStatus::Killed && run.tag(tags::STOPPED_RULE).is_some()
}

/// What became of a run's trial, in the word that people and programs read.
#[must_use]
pub fn status_word(run: &Run) -> &'static str {
    if stopped_early(run) { STOPPED } else { run.info.status.as_str() }
}

/// The exit code of a run's command; of a run that ended well it need not be written.
#[must_use]
pub fn exit_code_of(run: &Run) -> Option<i32> {
    let written = run.tag(tags::EXIT_CODE).and_then(|code| code.parse().ok());
    written.or((run.info.status == RunStatus::Finished).then_some(0))
}

/// The sampled point as the run's tag has it; empty where the tag is gone.
#[must_use]
pub fn point_of(run: &Run) -> Point {
    run.tag(tags::POINT)
        .and_then(|text| serde_json::from_str(text).ok())
        .and_then(|json| Point::from_json(&json))
        .unwrap_or_default()
}
