//! What a person reads of an agent before its first trial and after its last.

use super::super::context::Context;
use super::workdir::{self, WorkingDirectory};
use crate::agent::{Agent, AgentSummary, EndReason};
use crate::config::{Config, Method};
use crate::query::method_of;
use crate::record::{Sweep, tags};
use crate::ui::{Style, words};

/// Says what is worked on.
pub fn announce(context: &Context, sweep: &Sweep, config: &Config, limit: Option<u64>, jobs: usize) {
    let trials = limit.map_or_else(|| "trials without end".to_owned(), |limit| words::count(limit, "trial"));
    let side = if jobs > 1 { format!(", {jobs} in parallel") } else { String::new() };
    let name = context.ui.err(Style::Strong, &sweep.parent.info.name);
    let method = method_of(sweep, config);
    context.ui.say(&format!("{name}  {method}, {trials}{side}, in {}", context.store.uri()));
}

/// Says what the agent has done, and why it ended.
pub fn report(context: &Context, agent: &Agent, summary: &AgentSummary) {
    let ui = &context.ui;
    tell_failure(context, agent, summary);
    if summary.end == EndReason::Unmeasured
        && let Some(metric) = &agent.config.metric
    {
        let head = format!(
            "{} trials in a row did not log {}: the agent stops (--max-failures), since the others would not either.",
            agent.options.max_unmeasured,
            words::quoted(&metric.name)
        );
        ui.insist(&ui.err(Style::Bad, &head));
        ui.insist(
            "Log it under this name in the script, or set metric.name to a metric that the script logs and run \
             `sweep init` again.",
        );
    }
    let why = match summary.end {
        EndReason::NothingLeft if summary.others > 0 && !agent.options.wait => {
            format!(
                "{}; others still run {}",
                nothing_left(agent),
                words::count(summary.others as u64, "trial")
            )
        }
        EndReason::NothingLeft => nothing_left(agent),
        EndReason::Count => "--count is reached".to_owned(),
        EndReason::Failures => "too many failures in a row".to_owned(),
        EndReason::Unmeasured => "too many trials without the metric in a row".to_owned(),
        EndReason::CannotRun => "the command cannot run here".to_owned(),
        EndReason::Stopped => "stopped".to_owned(),
        EndReason::OutOfTime => "the time of this agent is nearly up".to_owned(),
        EndReason::Duration => "max_duration has run out".to_owned(),
        EndReason::Target => "metric.target is reached".to_owned(),
        EndReason::Deleted => "the sweep was deleted".to_owned(),
    };
    let mut parts = vec![format!("{} finished", summary.finished)];
    if summary.failed > 0 {
        parts.push(ui.err(Style::Bad, &format!("{} failed", summary.failed)));
    }
    if summary.stopped_early > 0 {
        parts.push(format!("{} stopped early", summary.stopped_early));
    }
    if summary.killed > 0 {
        parts.push(format!("{} killed", summary.killed));
    }
    if summary.unmeasured > 0 {
        parts.push(ui.err(Style::Warning, &format!("{} without the metric", summary.unmeasured)));
    }
    if summary.dropped > 0 {
        parts.push(format!("{} dropped (run deleted)", summary.dropped));
    }
    ui.say(&format!("This agent: {}; {why}.", parts.join(", ")));
}

/// The last failure, where it is why the agent has stopped.
fn tell_failure(context: &Context, agent: &Agent, summary: &AgentSummary) {
    let ui = &context.ui;
    let Some(last) = &summary.last_failure else { return };
    let head = match summary.end {
        EndReason::Failures => format!(
            "{} failures in a row{}: the agent stops (--max-failures). Trial {} ended with {}; its last lines:",
            agent.options.max_failures,
            on_host(agent),
            last.trial,
            last.ended
        ),
        EndReason::CannotRun => {
            format!("Trial {} ended with {}, as all others would; its last lines:", last.trial, last.ended)
        }
        _ => return,
    };
    ui.insist(&ui.err(Style::Bad, &head));
    for line in &last.last_lines {
        ui.insist(&format!("    {line}"));
    }
    if summary.end == EndReason::CannotRun {
        let place = WorkingDirectory { folder: agent.workdir.clone(), misplaced: agent.misplaced.clone() };
        ui.insist(&workdir::advice(&place, &agent.config.command, last));
    }
    ui.insist(&format!(
        "To run them again: sweep retry --failed {id}, then sweep run {id}",
        id = agent.sweep.id().short()
    ));
}

/// An engine's machine may be broken: which one it is.
fn on_host(agent: &Agent) -> String {
    if agent.options.engine { format!(" on {}", agent.identity.host) } else { String::new() }
}

fn nothing_left(agent: &Agent) -> String {
    if agent.sweep.parent.tag(tags::CONFIRMS).is_some() {
        return "nothing is left to confirm".to_owned();
    }
    let points = agent.strategy.size();
    match agent.config.run_cap {
        Some(cap) if points.is_none_or(|points| u128::from(cap) < points) => {
            format!("run_cap is reached: all {} are taken", words::count(cap, "trial"))
        }
        _ if agent.config.method == Method::Grid => {
            format!("the grid is exhausted: all {} points are taken", points.unwrap_or_default())
        }
        _ => match points {
            Some(points) => format!("all {points} points are taken"),
            None => "no point is left to try".to_owned(),
        },
    }
}
