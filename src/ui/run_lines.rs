//! What an agent says while it works, as plain lines.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::progress::{Progress, Standing};
use super::{Style, Ui, words};
use crate::agent::{Event, Fate, Outcome};
use crate::config::{Goal, Metric, nearest};
use crate::record::Claim;
use crate::space::Point;
use crate::stopping::Stop;
use crate::trial::{RunStatus, TrialIndex};

/// Turns an agent's events into lines: what it says to stderr, what commands print to stdout; on a terminal with a line
/// at the foot that tells how far it is.
pub struct RunLines {
    ui: Ui,
    metric: Option<Metric>,
    /// Whether lines of commands carry their trial: several run side by side.
    prefixed: bool,
    progress: Progress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    best: Option<(TrialIndex, f64)>,
    /// Lines that have begun, by trial.
    open: HashMap<TrialIndex, Vec<u8>>,
    standing: Standing,
    /// The trial whose lines are being shown, where they are shown one trial after the other.
    shown: Option<TrialIndex>,
    /// The trial that waits for it to be settled.
    next: Option<Next>,
    /// How long the server had been away when that was last said in a line.
    said_away: Option<Duration>,
}

/// What a trial has said before the former was settled.
struct Next {
    trial: TrialIndex,
    line: String,
    output: Vec<u8>,
}

/// Lines that say that the server is away are so far apart, where there is no line that can be drawn anew.
const AWAY_LINES: Duration = Duration::from_secs(30);
/// Bytes that are held back for the sake of order, at most.
const MOST_HELD: usize = 1 << 20;

impl RunLines {
    /// For an agent with so many trials side by side, of a sweep of `limit` trials.
    #[must_use]
    pub fn new(ui: Ui, metric: Option<Metric>, jobs: usize, limit: Option<u64>) -> Self {
        let progress = Progress::new(&ui, limit);
        Self { ui, metric, prefixed: jobs > 1, progress, state: Mutex::default() }
    }

    /// Takes in an event.
    pub fn on(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { claim, point, taken, .. } => {
                state.standing.running += 1;
                state.standing.taken = *taken;
                self.started(&mut state, *claim, point);
            }
            Event::Output { trial, bytes } => return self.output(&mut state, *trial, bytes),
            Event::Settled(outcome) => {
                state.standing.running = state.standing.running.saturating_sub(1);
                state.standing.done += 1;
                state.standing.failed += u64::from(outcome.status == RunStatus::Failed);
                self.settled(&mut state, outcome);
            }
            Event::Waiting { others } => self.waiting(*others),
            Event::WouldStop { trial, stop } => {
                let why = self.why(stop);
                self.say(&format!("trial {trial} would have been stopped early: {why}"));
            }
            Event::Note { trial, text } => {
                self.progress.above(|| self.ui.warn(&format!("trial {trial}: {text}")));
            }
            Event::Unmeasured(outcome) => self.unmeasured(outcome),
            Event::Away { since, next_try, kept } => self.away(&mut state, *since, *next_try, *kept),
            Event::Back { after } => {
                state.standing.away = None;
                state.said_away = None;
                self.say(&format!("server back after {}", words::duration(*after)));
            }
            Event::Warning { text } => self.progress.above(|| self.ui.warn(text)),
            Event::Ended => return self.progress.clear(),
        }
        self.progress.show(&state.standing);
    }

    fn say(&self, line: &str) {
        self.progress.above(|| self.ui.say(line));
    }

    /// Side by side, lines carry their trial. One after the other, what the next trial has to say waits until the former
    /// is settled, so that each trial is one piece.
    fn started(&self, state: &mut State, claim: Claim, point: &Point) {
        let head = self.ui.err(Style::Strong, &format!("trial {}", claim.trial));
        let attempt = match claim.attempt {
            1 => String::new(),
            number => format!(" (attempt {number})"),
        };
        let line = format!("{head}{attempt}  {}", words::point(point));
        if self.prefixed || state.shown.is_none() {
            state.shown = Some(claim.trial);
            self.say(&line);
        } else {
            state.next = Some(Next { trial: claim.trial, line, output: Vec::new() });
        }
    }

    /// What a trial logged in the place of the metric.
    fn unmeasured(&self, outcome: &Outcome) {
        // What `from_output` found, or did not, has been said already.
        let Some(metric) = self.metric.as_ref().filter(|metric| metric.from_output.is_none()) else { return };
        let logged = outcome.logged.iter().map(|name| words::quoted(name));
        let logged = logged.collect::<Vec<_>>().join(", ");
        let near = nearest(&metric.name, outcome.logged.iter().map(String::as_str));
        let within = |name: &&String| metric.name.contains(name.as_str()) || name.contains(&metric.name);
        let near = near.or_else(|| outcome.logged.iter().find(within).map(String::as_str));
        let what = match near {
            Some(near) => format!("it logged: {logged} – did you mean {}?", words::quoted(near)),
            None if outcome.logged.is_empty() => "it logged no metric at all".to_owned(),
            None => format!("it logged: {logged}"),
        };
        let name = words::quoted(&metric.name);
        self.progress.above(|| self.ui.warn(&format!("trial {} did not log {name}; {what}", outcome.trial)));
    }

    /// `server away for 12 s, trying again in 5 s; 2 results kept here`.
    fn away(&self, state: &mut State, since: Duration, next_try: Duration, kept: usize) {
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
        if self.progress.is_shown() {
            state.standing.away = Some(text);
        } else if state.said_away.is_none_or(|said| since >= said + AWAY_LINES) {
            state.said_away = Some(since);
            self.ui.say(&text);
        }
    }

    fn waiting(&self, others: usize) {
        let trials = words::count(others as u64, "trial");
        self.say(&format!(
            "Nothing is left to start; waiting for {trials} of other agents, to take over what they may leave behind \
             (--no-wait does not)."
        ));
    }

    fn output(&self, state: &mut State, trial: TrialIndex, bytes: &[u8]) {
        if self.ui.quiet {
            return;
        }
        if let Some(next) = state.next.as_mut().filter(|next| next.trial == trial) {
            if next.output.len() < MOST_HELD {
                next.output.extend_from_slice(bytes);
                return;
            }
            self.show_next(state);
        }
        if !self.prefixed && !self.progress.is_shown() {
            return self.ui.print_bytes(bytes);
        }
        let open = state.open.entry(trial).or_default();
        open.extend_from_slice(bytes);
        // Whole lines only, so that trials do not write into each other's.
        if let Some(end) = open.iter().rposition(|byte| *byte == b'\n') {
            let rest = open.split_off(end + 1);
            let lines = std::mem::replace(open, rest);
            self.print_lines(trial, &lines);
        }
    }

    fn print_lines(&self, trial: TrialIndex, lines: &[u8]) {
        let lines = if self.prefixed { with_prefix(trial, lines) } else { lines.to_vec() };
        self.progress.above(|| self.ui.print_bytes(&lines));
    }

    fn settled(&self, state: &mut State, outcome: &Outcome) {
        if let Some(rest) = state.open.remove(&outcome.trial).filter(|rest| !rest.is_empty()) {
            self.print_lines(outcome.trial, &[rest.as_slice(), b"\n"].concat());
        }
        let mut line = self.ui.err(Style::Strong, &format!("trial {}", outcome.trial));
        line += "  ";
        line += &match outcome.status {
            _ if outcome.stopped.is_some() => self.ui.err(Style::Warning, "STOPPED EARLY"),
            RunStatus::Finished => self.ui.err(Style::Good, "FINISHED"),
            RunStatus::Failed => format!("{} ({})", self.ui.err(Style::Bad, "FAILED"), outcome.ended),
            status => format!("{} ({})", self.ui.err(Style::Warning, status.as_str()), outcome.ended),
        };
        line += &format!(" in {}", words::duration(outcome.took));
        line += &outcome.stopped.as_ref().map(|stop| format!("  {}", self.why(stop))).unwrap_or_default();
        line += &self.metric_words(state, outcome);
        line += match outcome.fate {
            Fate::Result if outcome.counts => "",
            Fate::Apart => "",
            Fate::Result | Fate::Superseded => "  (does not count: another agent has taken the trial over)",
            Fate::GivenBack => "  (given back, to be run again)",
            Fate::Retried => "  (will be tried again)",
            Fate::Dropped => "  (does not count: its run was deleted)",
        };
        self.say(&line);
        if state.shown == Some(outcome.trial) {
            state.shown = None;
            self.show_next(state);
        }
    }

    /// Lets the next trial speak.
    fn show_next(&self, state: &mut State) {
        if let Some(next) = state.next.take() {
            state.shown = Some(next.trial);
            self.say(&next.line);
            self.output(state, next.trial, &next.output);
        }
    }

    /// `asha at rung 9: loss was 0.42, and at most 0.31 was needed`.
    fn why(&self, stop: &Stop) -> String {
        let metric = self.metric.as_ref();
        let name = metric.map_or("the metric", |metric| metric.name.as_str());
        let bound = match metric.map(|metric| metric.goal) {
            Some(Goal::Maximize) => "at least",
            _ => "at most",
        };
        words::stop(stop, name, bound)
    }

    /// `  r2 0.42, best 0.44 (trial 3)`.
    fn metric_words(&self, state: &mut State, outcome: &Outcome) -> String {
        let Some(metric) = self.metric.as_ref().filter(|_| has_value(outcome)) else {
            return String::new();
        };
        let Some(value) = outcome.metric else {
            return format!("  {} was not logged", metric.name);
        };
        let better = |best: f64| match metric.goal {
            Goal::Minimize => value < best,
            Goal::Maximize => value > best,
        };
        let is_best = value.is_finite() && state.best.is_none_or(|(_, best)| better(best));
        if is_best {
            state.best = Some((outcome.trial, value));
            state.standing.best = Some(format!("{} (trial {})", words::number(value), outcome.trial));
        }
        let best = match state.best {
            Some(_) if is_best => ", the best so far".to_owned(),
            Some((trial, best)) => format!(", best {} (trial {trial})", words::number(best)),
            None => String::new(),
        };
        format!("  {} {}{best}", metric.name, words::number(value))
    }
}

/// Whether the metric of a trial is worth telling.
fn has_value(outcome: &Outcome) -> bool {
    outcome.status == RunStatus::Finished || outcome.stopped.is_some()
}

/// Each line with `[trial] ` before it.
fn with_prefix(trial: TrialIndex, lines: &[u8]) -> Vec<u8> {
    let prefix = format!("[{trial}] ");
    lines.split_inclusive(|byte| *byte == b'\n').flat_map(|line| [prefix.as_bytes(), line].concat()).collect()
}
