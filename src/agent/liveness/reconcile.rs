//! The last look at a sweep in which every trial has its result: no run that does not count looks as if it did.

use std::collections::HashSet;

use crate::agent::journal::{discount, end_run};
use crate::agent::setup::Agent;
use crate::record::{attempt_of, attempts_of, finished_runs, index_of, stopped_early, superseded_runs, tags};
use crate::tracking::{Result, Run, RunId};
use crate::trial::{RunStatus, TrialIndex};

/// So many trials are asked for one by one; of more, all runs that ended well are read.
const FEW: usize = 10;

/// Marks runs that ended well and do not count: of agents that were lost before they could say so. Only trials with
/// several attempts have any; where there are none, nothing is asked.
pub(in crate::agent) async fn reconcile(agent: &Agent) -> Result<()> {
    let store = agent.store.as_ref();
    let known = agent.ledger.known().await;
    let suspects = known.attempted_again();
    if suspects.is_empty() {
        return Ok(());
    }
    let counted: HashSet<RunId> = known.all_settled().into_iter().map(|settled| settled.run).collect();
    let mut runs = Vec::new();
    if suspects.len() <= FEW {
        for trial in suspects.keys() {
            runs.extend(attempts_of(store, &agent.sweep, *trial).await?);
        }
    } else {
        runs = finished_runs(store, &agent.sweep).await?;
        runs.extend(superseded_runs(store, &agent.sweep).await?);
    }
    let of_known_attempt = |run: &Run| {
        let of: Option<&u32> = index_of(run).and_then(|trial: TrialIndex| suspects.get(&trial));
        // A later one may be about to be settled.
        of.is_some_and(|attempts| attempt_of(run) <= *attempts)
    };
    for run in runs.iter().filter(|run| of_known_attempt(run)) {
        let end = run.info.end_time.unwrap_or_else(|| agent.machine.clock.now_ms());
        if counted.contains(&run.info.id) {
            if let Some(status) = taken_for_lost(run) {
                end_run(store, &run.info.id, status, end).await?;
            }
        } else if run.info.status == RunStatus::Finished {
            discount(store, &run.info.id, end).await?;
        }
    }
    Ok(())
}

/// How a result has ended that was marked by an agent which took it for lost at the same moment; `None`: it was not, or
/// it was ended by its own agent.
fn taken_for_lost(run: &Run) -> Option<RunStatus> {
    let is_marked = run.info.status == RunStatus::Killed && run.tag(tags::SUPERSEDED_BY).is_some();
    let code = run.tag(tags::EXIT_CODE).filter(|_| is_marked && !stopped_early(run))?;
    Some(if code == "0" { RunStatus::Finished } else { RunStatus::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::RunInfo;

    fn run(status: RunStatus, tags: &[(&str, &str)]) -> Run {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Run { tags, ..Run::bare(RunInfo::sample("run", status)) }
    }

    #[test]
    fn a_result_that_was_taken_for_lost_ended_as_its_own_agent_says() {
        use RunStatus::{Failed, Finished, Killed};
        let (marked, exit) = ((tags::SUPERSEDED_BY, "2"), |code| (tags::EXIT_CODE, code));
        for (run, status) in [
            (run(Killed, &[marked, exit("0")]), Some(Finished)),
            (run(Killed, &[marked, exit("1")]), Some(Failed)),
            (run(Killed, &[marked, (tags::SIGNAL, "SIGTERM")]), None),
            (run(Killed, &[marked, exit("0"), (tags::STOPPED_RULE, "hyperband")]), None),
            (run(Killed, &[exit("0")]), None),
            (run(Finished, &[marked, exit("0")]), None),
        ] {
            assert_eq!(taken_for_lost(&run), status, "{run:?}");
        }
    }
}
