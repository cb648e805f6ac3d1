//! What an agent says while it works, as plain lines.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use itertools::Itertools as _;

use super::progress::{Progress, ProgressLine};
use super::table::display_width;
use super::{Style, Ui, words};
use crate::agent::{Event, Outcome, TrialFate};
use crate::config::{Config, Goal, nearest};
use crate::record::{BestTrial, Claim, SweepView, params_text};
use crate::space::Point;
use crate::stopping::StopDecision;
use crate::trial::{RunStatus, TrialIndex};

/// Which trials' output is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Of all, as it comes.
    All,
    /// Of those that fail, once they have.
    Failed,
    /// Of none.
    None,
}

/// Turns an agent's events into lines: what it says to stderr, what commands print to stdout; on a terminal with a
/// status line that shows how far the sweep is.
pub struct RunLines {
    ui: Ui,
    config: Config,
    output: Output,
    /// Whether lines of commands carry their trial: several run side by side.
    prefixed: bool,
    state: Mutex<LineState>,
}

struct LineState {
    progress: Progress,
    standing: ProgressLine,
    /// The best trial of the sweep, as far as it is known here.
    best: Option<BestTrial>,
    /// Output that is held back, by trial: lines that have started, or all of it where only that of failed ones is shown.
    held: HashMap<TrialIndex, Vec<u8>>,
    /// The trial whose lines are being shown, where they are shown one trial after the other.
    shown: Option<TrialIndex>,
    /// The trial that waits for it to be settled.
    next: Option<Next>,
    /// The how-many-th run of the same trial this is, from 1; `None`: trials are run, each once.
    again: Option<u32>,
    /// How long the server had been away when that was last said in a line.
    said_away: Option<Duration>,
}

/// What a trial has said before the former was settled.
struct Next {
    trial: TrialIndex,
    line: String,
    output: Vec<u8>,
}

/// Lines that say that the server is away are so far apart, where there is no line that can be redrawn.
const AWAY_LINES: Duration = Duration::from_secs(30);
/// Bytes that are held back for the sake of order, at most.
const MOST_HELD: usize = 1 << 20;
/// The fewest columns in which params are worth showing.
const LEAST_PARAMS: usize = 12;

impl RunLines {
    /// For an agent with so many trials side by side, of a sweep of `limit` trials. Without `output` that of the one
    /// trial that runs is shown, and of several none.
    #[must_use]
    pub fn new(ui: Ui, config: Config, jobs: usize, limit: Option<u64>, output: Option<Output>) -> Self {
        let state = LineState {
            progress: Progress::new(&ui, limit),
            standing: ProgressLine::default(),
            best: None,
            held: HashMap::new(),
            shown: None,
            next: None,
            again: None,
            said_away: None,
        };
        let output = output.unwrap_or(if jobs > 1 { Output::None } else { Output::All });
        Self { ui, config, output, prefixed: jobs > 1, state: Mutex::new(state) }
    }

    /// For the `first`th and further runs of one and the same trial.
    #[must_use]
    pub fn again_from(mut self, first: u32) -> Self {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner).again = Some(first);
        self
    }

    /// Takes in an event.
    pub fn on(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        match event {
            Event::Started { claim, point, taken, .. } => {
                state.progress.begin();
                state.standing.running_here += 1;
                // Until somebody has counted: what is taken and does not run here is over.
                let standing = &mut state.standing;
                standing.done =
                    standing.done.max(taken.saturating_sub(standing.running.max(standing.running_here)));
                self.started(state, *claim, point);
            }
            Event::Output { trial, bytes } => return self.output(state, *trial, bytes),
            Event::Settled(outcome) => {
                let standing = &mut state.standing;
                standing.running_here = standing.running_here.saturating_sub(1);
                standing.done_here += 1;
                standing.took(outcome.took);
                self.settled(state, outcome);
            }
            Event::Sweep(view) => self.sweep(state, view),
            Event::Waiting { others } => self.waiting(state, *others),
            Event::Edited { version, changes, limit } => {
                state.progress.set_limit(*limit);
                let changes = words::printable(&changes.join(", "));
                self.say(state, &format!("The sweep was edited (version {version}): {changes}"));
            }
            Event::Paused(paused) => state.standing.paused = *paused,
            Event::WouldStop { trial, stop } => {
                let why = self.why(stop);
                self.say(state, &format!("trial {trial} would have been stopped early: {why}"));
            }
            Event::Note { trial, text } => {
                state.progress.above(|| self.ui.warn(&format!("trial {trial}: {text}")));
            }
            Event::Unmeasured(outcome) => self.unmeasured(state, outcome),
            Event::Away { since, next_try, kept } => self.away(state, *since, *next_try, *kept),
            Event::Back { after } => {
                state.standing.away = None;
                state.said_away = None;
                self.say(state, &format!("server back after {}", words::duration(*after)));
            }
            Event::Warning { text } => state.progress.above(|| self.ui.warn(text)),
            Event::Ended => return state.progress.clear(),
        }
        state.progress.show(&state.standing);
    }

    fn say(&self, state: &LineState, line: &str) {
        state.progress.above(|| self.ui.say(line));
    }

    /// Takes in how far the sweep is, over all its agents.
    fn sweep(&self, state: &mut LineState, view: &SweepView) {
        let standing = &mut state.standing;
        (standing.done, standing.failed, standing.running) = (view.done, view.failed, view.running);
        if let Some(best) = &view.best {
            self.beats(state, best);
        }
    }

    /// Whether a trial is the best that is known; then it is remembered.
    fn beats(&self, state: &mut LineState, best: &BestTrial) -> bool {
        let Some(goal) = self.config.only_metric().map(|metric| metric.goal) else { return false };
        let wins = best.beats(state.best.as_ref(), goal);
        if wins {
            state.standing.best = Some((words::number(best.value), best.trial.to_string()));
            state.best = Some(best.clone());
        }
        wins
    }

    /// Side by side, lines carry their trial. One after the other, what the next trial has to say waits until the former
    /// is settled, so that each trial is one piece.
    fn started(&self, state: &mut LineState, claim: Claim, point: &Point) {
        if self.output != Output::All {
            return;
        }
        let head = self.ui.err(Style::Strong, &self.name(state, claim.trial));
        let attempt = match claim.attempt {
            1 => String::new(),
            number => format!(" (attempt {number})"),
        };
        let available = self.available(&format!("{}{attempt}", self.name(state, claim.trial)));
        let line = format!("{head}{attempt}  {}", self.params(point, available));
        if self.prefixed || state.shown.is_none() {
            state.shown = Some(claim.trial);
            self.say(state, &line);
        } else {
            state.next = Some(Next { trial: claim.trial, line, output: Vec::new() });
        }
    }

    /// `trial 3`, or `again 2`.
    fn name(&self, state: &LineState, trial: TrialIndex) -> String {
        match state.again {
            Some(number) => format!("again {number}"),
            None => format!("trial {trial}"),
        }
    }

    /// The columns that are left beside a text; no limit where there is no terminal.
    fn available(&self, beside: &str) -> usize {
        if !self.ui.live {
            return usize::MAX;
        }
        self.ui.width.saturating_sub(display_width(beside) + 3)
    }

    /// What a trial logged in the place of the metric.
    fn unmeasured(&self, state: &LineState, outcome: &Outcome) {
        // What `from_output` found, or did not, has been said already.
        let Some(missing) = self.missing(outcome) else { return };
        let logged = outcome.logged.iter().map(|name| words::quoted(name)).join(", ");
        let near = nearest(&missing, outcome.logged.iter().map(String::as_str));
        let within = |name: &&String| missing.contains(name.as_str()) || name.contains(&missing);
        let near = near.or_else(|| outcome.logged.iter().find(within).map(String::as_str));
        let what = match near {
            Some(near) => format!("it logged: {logged} – did you mean {}?", words::quoted(near)),
            None if outcome.logged.is_empty() => "it logged no metric at all".to_owned(),
            None => format!("it logged: {logged}"),
        };
        let name = words::quoted(&missing);
        let line = format!("trial {} did not log {name}; {what}", outcome.trial);
        state.progress.above(|| self.ui.warn(&line));
    }

    /// The first of what trials are judged by that this one did not log; `None`: `from_output` looked for it, and has said so.
    fn missing(&self, outcome: &Outcome) -> Option<String> {
        let objectives = self.config.objectives();
        let first = objectives.first()?;
        let by_output = |name: &str| {
            objectives.metrics.iter().any(|metric| metric.name == name && metric.from_output.is_some())
        };
        let beside = objectives.beside();
        let names = std::iter::once(first.name.as_str()).chain(beside.iter().map(|one| one.name));
        let values = std::iter::once(&outcome.metric).chain(&outcome.beside);
        let missing = names.zip(values).find(|(_, value)| value.is_none()).map(|(name, _)| name);
        missing.filter(|name| !by_output(name)).map(str::to_owned)
    }

    /// `server away for 12 s, trying again in 5 s; 2 results kept here`.
    fn away(&self, state: &mut LineState, since: Duration, next_try: Duration, kept: usize) {
        let whole = |time: Duration| words::duration(Duration::from_secs(time.as_secs().max(1)));
        let again = if next_try.as_millis() > 500 {
            format!("trying again in {}", whole(next_try + Duration::from_millis(500)))
        } else {
            "trying again".to_owned()
        };
        let results = match kept {
            0 => String::new(),
            kept => format!("; {} kept here", words::count(kept as u64, "result")),
        };
        let text = format!("server away for {}, {again}{results}", whole(since));
        if state.progress.is_shown() {
            state.standing.away = Some(text);
        } else if state.said_away.is_none_or(|said| since >= said + AWAY_LINES) {
            state.said_away = Some(since);
            self.ui.say(&text);
        }
    }

    fn waiting(&self, state: &LineState, others: usize) {
        let trials = words::count(others as u64, "trial");
        self.say(
            state,
            &format!(
                "Nothing is left to start; waiting for {trials} of other agents, to take them over if an agent is lost \
                 (--no-wait does not wait)."
            ),
        );
    }

    fn output(&self, state: &mut LineState, trial: TrialIndex, bytes: &[u8]) {
        if self.ui.quiet || self.output == Output::None {
            return;
        }
        if self.output == Output::Failed {
            let held = state.held.entry(trial).or_default();
            held.extend_from_slice(bytes);
            // The end says why it failed.
            let surplus = held.len().saturating_sub(MOST_HELD);
            held.drain(..surplus);
            return;
        }
        if let Some(next) = state.next.as_mut().filter(|next| next.trial == trial) {
            if next.output.len() < MOST_HELD {
                next.output.extend_from_slice(bytes);
                return;
            }
            self.show_next(state);
        }
        if !self.prefixed && !state.progress.is_shown() {
            return self.ui.print_bytes(bytes);
        }
        let open = state.held.entry(trial).or_default();
        open.extend_from_slice(bytes);
        // Whole lines only, so that trials do not write into each other's.
        if let Some(end) = open.iter().rposition(|byte| *byte == b'\n') {
            let rest = open.split_off(end + 1);
            let lines = std::mem::replace(open, rest);
            self.print_lines(state, trial, &lines);
        }
    }

    fn print_lines(&self, state: &LineState, trial: TrialIndex, lines: &[u8]) {
        let lines = if self.prefixed { with_prefix(trial, lines) } else { lines.to_vec() };
        state.progress.above(|| self.ui.print_bytes(&lines));
    }

    fn settled(&self, state: &mut LineState, outcome: &Outcome) {
        let held = state.held.remove(&outcome.trial).unwrap_or_default();
        let is_wanted = self.output == Output::All || outcome.status == RunStatus::Failed;
        if is_wanted && !held.is_empty() {
            let end: &[u8] = if held.ends_with(b"\n") { b"" } else { b"\n" };
            self.print_lines(state, outcome.trial, &[held.as_slice(), end].concat());
        }
        let line = self.line(state, outcome);
        self.say(state, &line);
        // Somebody who sees no output must know why it failed all the same.
        if self.output == Output::None && outcome.status == RunStatus::Failed {
            for line in outcome.last_lines.iter().rev().take(3).rev() {
                self.say(state, &format!("    {}", words::printable(line)));
            }
        }
        if let Some(number) = &mut state.again {
            *number += 1;
        }
        if state.shown == Some(outcome.trial) {
            state.shown = None;
            self.show_next(state);
        }
    }

    /// `trial 3  FINISHED in 1.2 s  loss 0.42, best 0.40 (trial 1)  lr=0.01`.
    fn line(&self, state: &mut LineState, outcome: &Outcome) -> String {
        let name = self.name(state, outcome.trial);
        let (style, status) = match outcome.status {
            _ if outcome.stopped.is_some() => (Style::Warning, "STOPPED".to_owned()),
            RunStatus::Finished => (Style::Good, "FINISHED".to_owned()),
            RunStatus::Failed => (Style::Bad, "FAILED".to_owned()),
            status => (Style::Warning, status.to_string()),
        };
        let ended = match outcome.status {
            RunStatus::Finished => String::new(),
            _ if outcome.stopped.is_some() => String::new(),
            _ => format!(" ({})", outcome.ended),
        };
        let mut rest = format!("{ended} in {}", words::duration(outcome.took));
        rest += &match &outcome.stopped {
            Some(stop) => format!("  {}{}", self.why(stop), self.best_words(state, outcome)),
            None => self.metric_words(state, outcome),
        };
        rest += match outcome.fate {
            TrialFate::Result if outcome.counts => "",
            TrialFate::Apart => "",
            TrialFate::Result | TrialFate::Superseded => {
                "  (does not count: another agent has taken the trial over)"
            }
            TrialFate::GivenBack => "  (given back, to be run again)",
            TrialFate::Retried => "  (will be tried again)",
            TrialFate::Dropped => "  (does not count: its run was deleted)",
        };
        // Where the output is shown the params stand above it.
        if self.output != Output::All {
            let available = self.available(&format!("{name}  {status}{rest}"));
            if available >= LEAST_PARAMS {
                rest += &format!("  {}", self.params(&outcome.point, available));
            }
        }
        let (name, status) = (self.ui.err(Style::Strong, &name), self.ui.err(style, &status));
        format!("{name}  {status}{rest}").trim_end().to_owned()
    }

    /// Lets the next trial speak.
    fn show_next(&self, state: &mut LineState) {
        if let Some(next) = state.next.take() {
            state.shown = Some(next.trial);
            self.say(state, &next.line);
            self.output(state, next.trial, &next.output);
        }
    }

    /// `asha at rung 9: loss 0.42, needed at most 0.31`.
    fn why(&self, stop: &StopDecision) -> String {
        let metric = self.config.watched_metric();
        let name = metric.map_or("the metric", |metric| metric.name.as_str());
        let bound = match metric.map(|metric| metric.goal) {
            Some(Goal::Maximize) => "at least",
            _ => "at most",
        };
        words::stop(stop, name, bound)
    }

    /// A point in at most so many columns, in the order of the config; what does not fit is left out, param by param.
    fn params(&self, point: &Point, available: usize) -> String {
        let point = self.config.ordered(point);
        let all = words::point(&point);
        if display_width(&all) <= available {
            return all;
        }
        format!("{} …", params_text(&point, available.saturating_sub(2)))
    }

    /// `  r2 0.42, best 0.44 (trial 3)`.
    fn metric_words(&self, state: &mut LineState, outcome: &Outcome) -> String {
        let Some(metric) = self.config.metric.as_ref().filter(|_| outcome.status == RunStatus::Finished)
        else {
            return String::new();
        };
        let Some(value) = outcome.metric else {
            return format!("  {} was not logged", metric.name);
        };
        let objectives = self.config.objectives();
        let further = objectives.metrics.iter().skip(1).zip(&outcome.beside).map(|(metric, value)| {
            let value = value.map_or_else(|| "not logged".to_owned(), words::number);
            format!(", {} {value}", metric.name)
        });
        let broken = objectives.broken(outcome.metric, &outcome.beside).join(", ");
        let broken = if broken.is_empty() { broken } else { format!(" (not within {broken})") };
        let best = self.best_words(state, outcome);
        format!("  {} {}{}{broken}{best}", metric.name, words::number(value), further.collect::<String>())
    }

    /// `, the best so far`, or `, best 0.44 (trial 3)`: the best of the sweep, over all its agents.
    fn best_words(&self, state: &mut LineState, outcome: &Outcome) -> String {
        let own = outcome.candidate(&self.config.objectives()).map(|value| BestTrial {
            trial: outcome.trial,
            run: outcome.run.clone(),
            value,
            params: String::new(),
        });
        let knew = state.best.as_ref().is_some_and(|best| best.run == outcome.run);
        if own.is_some_and(|own| self.beats(state, &own)) || knew {
            return ", the best so far".to_owned();
        }
        // What is run again is no trial: it is compared with nobody. The status line shows the best already.
        let is_said = outcome.fate == TrialFate::Apart || state.progress.is_shown();
        match state.best.as_ref().filter(|_| !is_said) {
            Some(best) => format!(", best {} (trial {})", words::number(best.value), best.trial),
            None => String::new(),
        }
    }
}

/// Each line with `[trial] ` before it.
fn with_prefix(trial: TrialIndex, lines: &[u8]) -> Vec<u8> {
    let prefix = format!("[{trial}] ");
    lines.split_inclusive(|byte| *byte == b'\n').flat_map(|line| [prefix.as_bytes(), line].concat()).collect()
}
