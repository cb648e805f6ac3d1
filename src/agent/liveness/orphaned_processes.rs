//! The processes of a trial, told from all others; and those that an earlier attempt has left behind.

use std::time::Duration;

use super::heartbeat::pulse;
use crate::agent::event::Event;
use crate::agent::setup::Agent;
use crate::process::OwnerMark;
use crate::record::{Claim, tags};
use crate::tracking::{Run, RunId};

/// What an earlier attempt has left behind has this long to end: its results are not read any more.
const GRACE: Duration = Duration::from_secs(5);

/// The mark of a run's processes. The store belongs to it: a copy of a database holds the same runs, and its agents must
/// not end the commands of the original.
pub(in crate::agent) fn mark_of(agent: &Agent, run: &RunId) -> OwnerMark {
    OwnerMark::of(&[agent.store.uri(), run.as_str()])
}

/// Ends what the earlier attempts at a trial have left on this machine, should both their agent and its guard have been
/// killed. They would work on the same checkpoints, and hold the GPU.
pub(in crate::agent) async fn end_earlier(agent: &Agent, claim: Claim, attempts: &[Run]) {
    let here = attempts.iter().filter(|run| run.tag(tags::HOST) == Some(agent.identity.host.as_str()));
    let mut ended = 0;
    for run in here {
        let grace = GRACE.min(agent.options.grace).min(pulse(agent.options.lease));
        let mark = mark_of(agent, &run.info.id);
        ended += agent.machine.processes.end_abandoned(&mark, process_of(run), grace).await;
    }
    if ended > 0 {
        let text = format!("ended {} that its lost agent had left running here", processes(ended));
        (agent.events)(Event::Note { trial: claim.trial, text: &text });
    }
}

/// `3 processes`.
fn processes(number: usize) -> String {
    if number == 1 { "1 process".to_owned() } else { format!("{number} processes") }
}

/// The process number of a run's agent, which is part of its token.
fn process_of(run: &Run) -> Option<i32> {
    run.tag(tags::AGENT)?.rsplit('-').nth(1)?.parse().ok()
}

/// What is said, once, of a command that left processes outside its group.
pub(in crate::agent) fn left_behind(number: usize) -> String {
    format!(
        "its command left {} running in the background, now ended with it. To keep one on purpose, start it with \
         `env -u SWEEP_OWNER`. (Reported once.)",
        processes(number)
    )
}
