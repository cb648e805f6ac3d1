//! All that an agent has to say.

use std::time::Duration;

use super::outcome::Outcome;
use crate::record::{Claim, SweepView};
use crate::space::Point;
use crate::stopping::StopDecision;
use crate::tracking::RunId;
use crate::trial::TrialIndex;

/// Something happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A trial's command was started.
    Started {
        /// The trial and its attempt.
        claim: Claim,
        /// Its run.
        run: &'a RunId,
        /// What it is run with.
        point: &'a Point,
        /// Trials of all agents that are taken, as far as this one knows.
        taken: u64,
    },
    /// A command printed something.
    Output {
        /// The trial.
        trial: TrialIndex,
        /// What it printed.
        bytes: &'a [u8],
    },
    /// A trial would have been stopped early, were it not for `--shadow`.
    WouldStop {
        /// The trial.
        trial: TrialIndex,
        /// Why.
        stop: &'a StopDecision,
    },
    /// A trial is over, and the store knows.
    Settled(&'a Outcome),
    /// Nothing is left to start, but others still work: their trials are taken over should they be lost.
    Waiting {
        /// Trials that others run.
        others: usize,
    },
    /// Something that a person should know about a trial.
    Note {
        /// The trial.
        trial: TrialIndex,
        /// What it is.
        text: &'a str,
    },
    /// The sweep was edited: trials that start from now on go by the new version.
    Edited {
        /// Its number.
        version: u32,
        /// What has changed, in words.
        changes: &'a [String],
        /// Trials that may be run in all; `None`: there is no end.
        limit: Option<u64>,
    },
    /// The sweep was paused (`true`) or resumed.
    Paused(bool),
    /// How far the sweep is, over all its agents, as far as this one knows.
    Sweep(&'a SweepView),
    /// A trial has finished without the sweep's metric: the first of this agent.
    Unmeasured(&'a Outcome),
    /// Something that a person should know, whatever the trial.
    Warning {
        /// What it is.
        text: &'a str,
    },
    /// The tracking server does not answer.
    Away {
        /// For how long.
        since: Duration,
        /// How long until the next try.
        next_try: Duration,
        /// Results that are kept here meanwhile.
        kept: usize,
    },
    /// The tracking server answers again.
    Back {
        /// How long it was away.
        after: Duration,
    },
    /// The agent has no more to say.
    Ended,
}

impl Event<'_> {
    /// Writes to the log. What a command prints, and the values of a point, are left out: either may hold anything.
    pub fn trace(&self) {
        match self {
            Self::Started { claim, run, .. } => {
                tracing::info!(trial = %claim.trial, attempt = claim.attempt, %run, "started");
            }
            Self::Settled(outcome) => tracing::info!(
                trial = %outcome.trial,
                run = %outcome.run,
                status = %outcome.status,
                ended = ?outcome.ended,
                took = ?outcome.took,
                counts = outcome.counts,
                "settled"
            ),
            Self::WouldStop { trial, stop } => tracing::info!(%trial, ?stop, "would be stopped"),
            Self::Waiting { others } => tracing::info!(others, "waiting for other agents"),
            Self::Note { trial, text } => tracing::warn!(%trial, "{text}"),
            Self::Unmeasured(outcome) => {
                tracing::warn!(trial = %outcome.trial, logged = ?outcome.logged, "the metric was not logged");
            }
            Self::Warning { text } => tracing::warn!("{text}"),
            Self::Away { since, next_try, kept } => tracing::debug!(?since, ?next_try, kept, "server away"),
            Self::Back { after } => tracing::info!(?after, "server back"),
            Self::Edited { version, changes, .. } => {
                tracing::info!(version, ?changes, "the sweep was edited");
            }
            Self::Paused(paused) => tracing::info!(paused, "the sweep was paused or resumed"),
            Self::Ended => tracing::info!("the agent has ended"),
            Self::Output { .. } | Self::Sweep(_) => {}
        }
    }
}
