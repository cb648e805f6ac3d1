//! What keys do in `sweep status -w`: a state, changed by each key.

use std::cmp::Ordering;

use crate::config::Goal;
use crate::query::{Overview, SweepSnapshot, SweepState, took};
use crate::record::{SweepOrder, index_of};
use crate::tracking::Run;
use crate::trial::TrialIndex;
use crate::ui::{Key, printable};

/// By what running trials and those that ended are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum TrialOrder {
    /// The latest first.
    #[default]
    Latest,
    /// The best value first.
    Best,
    /// Those that take longest first.
    Longest,
    /// By number.
    Number,
}

impl TrialOrder {
    fn next(self) -> Self {
        match self {
            Self::Latest => Self::Best,
            Self::Best => Self::Longest,
            Self::Longest => Self::Number,
            Self::Number => Self::Latest,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Best => "best",
            Self::Longest => "longest",
            Self::Number => "number",
        }
    }

    /// Which of two runs comes first; the latest first where it makes no difference.
    pub(super) fn compare(self, overview: &Overview, now: i64, a: &Run, b: &Run) -> Ordering {
        match self {
            Self::Latest => Ordering::Equal,
            Self::Number => index_of(a).cmp(&index_of(b)),
            Self::Longest => took(b, now).cmp(&took(a, now)),
            Self::Best => {
                let metric = overview.metric.as_ref();
                let value = |run: &Run| metric.and_then(|metric| Some(run.metric(&metric.name)?.value));
                let known = |run: &Run| value(run).filter(|value| !value.is_nan());
                let largest_first = metric.and_then(|metric| metric.goal) == Some(Goal::Maximize);
                match (known(a), known(b)) {
                    (Some(a), Some(b)) if largest_first => b.total_cmp(&a),
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    // What has no value comes last.
                    (a, b) => b.is_some().cmp(&a.is_some()),
                }
            }
        }
    }
}

/// What is on the screen besides the table, or in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Showing {
    /// The table.
    #[default]
    Table,
    /// What the keys do.
    Help,
    /// A filter is being typed.
    Typing(String),
    /// Whether an order is to be given.
    Asking(SweepOrder),
    /// The output of this trial.
    Log(TrialIndex),
}

/// What is to be done after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyAction {
    /// Draw again.
    Draw,
    /// End.
    Quit,
    /// Give this order.
    Order(SweepOrder),
}

/// The state of the screen.
#[derive(Debug, Default)]
pub(super) struct ScreenState {
    pub(super) showing: Showing,
    pub(super) order: TrialOrder,
    /// Only trials for which this holds.
    pub(super) filter: Option<String>,
    /// A message that is shown until the next key.
    pub(super) message: Option<String>,
}

impl ScreenState {
    /// A key was pressed; `shown` are the running trials on the screen, in their order.
    pub(super) fn press(&mut self, key: Key, look: &SweepSnapshot, shown: &[TrialIndex]) -> KeyAction {
        self.message = None;
        let order = SweepOrder::of(&look.overview.sweep.parent);
        match std::mem::take(&mut self.showing) {
            Showing::Typing(text) => self.type_filter(text, key),
            Showing::Asking(order) => return self.answer(order, key),
            // Any other key leads back.
            Showing::Help if key == Key::Char('q') => return KeyAction::Quit,
            Showing::Help => {}
            Showing::Log(trial) => match key {
                Key::Char('l') => self.show_log(shown, Some(trial)),
                Key::Char('q') => return KeyAction::Quit,
                Key::Escape | Key::Enter => {}
                _ => self.showing = Showing::Log(trial),
            },
            Showing::Table => match key {
                Key::Char('q') => return KeyAction::Quit,
                Key::Char('s') => self.order = self.order.next(),
                Key::Char('f' | '/') => {
                    self.showing = Showing::Typing(self.filter.clone().unwrap_or_default());
                }
                Key::Char('l') => self.show_log(shown, None),
                Key::Char('p') => self.ask(look.overview.state(), order),
                Key::Char('?' | 'h') => self.showing = Showing::Help,
                Key::Escape => self.filter = None,
                _ => {}
            },
        }
        KeyAction::Draw
    }

    fn type_filter(&mut self, mut text: String, key: Key) {
        match key {
            Key::Enter => {
                self.filter = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
                return;
            }
            Key::Escape => return,
            Key::Backspace => {
                text.pop();
            }
            Key::Char(c) => text.push(c),
            Key::Other => {}
        }
        self.showing = Showing::Typing(text);
    }

    fn answer(&mut self, order: SweepOrder, key: Key) -> KeyAction {
        if matches!(key, Key::Char('y' | 'Y')) {
            return KeyAction::Order(order);
        }
        self.message = Some("Nothing was changed.".to_owned());
        KeyAction::Draw
    }

    /// The output of the running trial after this one, else of the first.
    fn show_log(&mut self, shown: &[TrialIndex], after: Option<TrialIndex>) {
        let place = after.and_then(|trial| shown.iter().position(|shown| *shown == trial));
        let next = place.and_then(|place| shown.get(place + 1)).or(shown.first());
        match next {
            Some(trial) => self.showing = Showing::Log(*trial),
            None => self.message = Some("No trial on the screen is running.".to_owned()),
        }
    }

    fn ask(&mut self, state: SweepState, order: SweepOrder) {
        match (state, order) {
            (SweepState::Finished | SweepState::Complete | SweepState::Importing, _) => {
                self.message = Some("No agent runs it: there is nothing to pause.".to_owned());
            }
            (_, SweepOrder::Run) => self.showing = Showing::Asking(SweepOrder::Pause),
            (_, SweepOrder::Pause) => self.showing = Showing::Asking(SweepOrder::Run),
            (_, SweepOrder::Stop | SweepOrder::Cancel) => {
                self.message = Some("It was stopped: `sweep resume` lets agents run it again.".to_owned());
            }
        }
    }

    /// The last line of the screen.
    pub(super) fn footer(&self) -> String {
        if let Some(message) = &self.message {
            return message.clone();
        }
        match &self.showing {
            Showing::Typing(text) => format!("where {}_  (Enter: filter, Esc: back)", printable(text)),
            Showing::Asking(SweepOrder::Pause) => {
                "Pause the sweep? Agents finish running trials and start none. [y/n]".to_owned()
            }
            Showing::Asking(_) => "Resume the sweep? Waiting agents start trials again. [y/n]".to_owned(),
            Showing::Log(_) => "Esc back · l next trial · q quit".to_owned(),
            Showing::Help => "Any key: back · q quit".to_owned(),
            Showing::Table => {
                let sort = self.order.word();
                format!("q quit · s sort: {sort} · / filter · l log · p pause or resume · ? help")
            }
        }
    }
}

/// What the keys do.
pub(super) const HELP: &str = "\
  q        quit
  s        sort the trials: latest, best value, longest, number
  / or f   show only trials for which something holds, in the language of
           `sweep trials --where`: lr < 0.01 and status = 'RUNNING'
  Esc      take the filter off; back
  l        the output of a running trial; again: of the next one
  p        pause the sweep, or resume it; asks first
  ?        this page

Sorted and filtered are the running trials, and the last 50 that ended.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> ScreenState {
        let mut state = ScreenState { showing: Showing::Typing(String::new()), ..ScreenState::default() };
        for c in keys.chars() {
            let Showing::Typing(text) = std::mem::take(&mut state.showing) else { break };
            let key = match c {
                '\n' => Key::Enter,
                '<' => Key::Backspace,
                '!' => Key::Escape,
                c => Key::Char(c),
            };
            state.type_filter(text, key);
        }
        state
    }

    #[test]
    fn a_filter_is_typed_corrected_taken_and_given_up() {
        let taken = typed("lrr< = 1\n");
        assert_eq!((taken.filter.as_deref(), taken.showing), (Some("lr = 1"), Showing::Table));
        assert_eq!(typed("lr!").filter, None);
        assert_eq!(typed("  \n").filter, None);
        assert!(typed("lr").footer().starts_with("where lr"));
    }

    #[test]
    fn the_log_goes_from_trial_to_trial_and_round() {
        let shown = [TrialIndex(7), TrialIndex(4)];
        let mut state = ScreenState::default();
        for expected in [7, 4, 7] {
            let after = match state.showing {
                Showing::Log(trial) => Some(trial),
                _ => None,
            };
            state.show_log(&shown, after);
            assert_eq!(state.showing, Showing::Log(TrialIndex(expected)));
        }
        state.show_log(&[], Some(TrialIndex(7)));
        assert!(state.message.is_some());
    }

    #[test]
    fn a_sweep_is_paused_only_by_a_yes_and_where_agents_may_run() {
        let mut state = ScreenState::default();
        state.ask(SweepState::Running, SweepOrder::Run);
        assert_eq!(state.showing, Showing::Asking(SweepOrder::Pause));
        assert_eq!(state.answer(SweepOrder::Pause, Key::Enter), KeyAction::Draw);
        assert_eq!(state.answer(SweepOrder::Pause, Key::Char('y')), KeyAction::Order(SweepOrder::Pause));
        let mut state = ScreenState::default();
        state.ask(SweepState::Paused, SweepOrder::Pause);
        assert_eq!(state.showing, Showing::Asking(SweepOrder::Run));
        let mut state = ScreenState::default();
        state.ask(SweepState::Complete, SweepOrder::Run);
        assert_eq!(state.showing, Showing::Table);
    }

    #[test]
    fn every_footer_and_the_help_fit_80_columns() {
        for showing in [
            Showing::Table,
            Showing::Help,
            Showing::Asking(SweepOrder::Pause),
            Showing::Asking(SweepOrder::Run),
            Showing::Log(TrialIndex(0)),
        ] {
            let state = ScreenState { showing, order: TrialOrder::Longest, ..ScreenState::default() };
            assert!(state.footer().chars().count() < 80, "{}", state.footer());
        }
        assert!(HELP.lines().all(|line| line.chars().count() < 80));
    }
}
