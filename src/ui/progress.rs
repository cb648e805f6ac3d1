//! The status line of a terminal: how far the sweep is, and what this agent does for it.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::table::{display_width, shorten};
use super::{Ui, words};

/// Durations of trials by which the time left is judged.
const RECENT: usize = 50;
/// Columns of the bar, with its gap.
const BAR: usize = 13;

/// What the line shows.
#[derive(Debug, Clone, Default)]
pub(super) struct ProgressLine {
    /// Trials of the sweep that have their result.
    pub(super) done: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// Trials of the sweep that are running.
    pub(super) running: u64,
    /// Trials that this agent has run.
    pub(super) done_here: u64,
    /// Trials that this agent is running.
    pub(super) running_here: u64,
    /// The best value so far, and its trial.
    pub(super) best: Option<(String, String)>,
    /// How long the latest trials here took.
    pub(super) took: Vec<Duration>,
    /// Whether agents wait until the sweep is resumed.
    pub(super) paused: bool,
    /// That the server is away, where it is.
    pub(super) away: Option<String>,
}

impl ProgressLine {
    /// Takes in how long a trial took.
    pub(super) fn took(&mut self, took: Duration) {
        if self.took.len() >= RECENT {
            self.took.remove(0);
        }
        self.took.push(took);
    }

    /// The time until the last trial is over: as many rounds as are left, each of a median trial; but no less than the
    /// rate so far has it, which knows what lies between two trials.
    fn left(&self, limit: u64, elapsed: Duration) -> Option<Duration> {
        let left = limit.saturating_sub(self.done);
        let mut took = self.took.clone();
        took.sort_unstable();
        let median = *took.get(took.len() / 2)?;
        let slots = self.running.max(self.running_here).max(1);
        let rounds = u32::try_from(left.div_ceil(slots)).unwrap_or(u32::MAX);
        let here = self.running_here.clamp(1, slots);
        let by_rate = rate(self.done_here, elapsed).map(|here_a_second| {
            #[allow(clippy::cast_precision_loss)]
            let a_second = here_a_second * slots as f64 / here as f64;
            #[allow(clippy::cast_precision_loss)]
            Duration::try_from_secs_f64(left as f64 / a_second).unwrap_or(Duration::MAX)
        });
        // One round says nothing about what lies between two.
        let by_rate = by_rate.filter(|_| self.done_here > self.running_here);
        (left > 0).then(|| median.saturating_mul(rounds).max(by_rate.unwrap_or_default()))
    }
}

/// Trials in a second since the first was started.
fn rate(done: u64, elapsed: Duration) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)]
    (done > 0 && !elapsed.is_zero()).then(|| done as f64 / elapsed.as_secs_f64())
}

/// The line; nothing at all where there is no terminal.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    started: Option<Instant>,
    limit: Option<u64>,
    width: usize,
}

impl Progress {
    /// For a sweep of so many trials; `None`: they have no end.
    pub(super) fn new(ui: &Ui, limit: Option<u64>) -> Self {
        let bar = (ui.live && !ui.quiet).then(|| {
            let bar = ProgressBar::with_draw_target(limit, ProgressDrawTarget::stderr());
            // Not padded to the edge: what the terminal echoes there (`^C`) would begin another line.
            let template = if limit.is_some() { "{bar:12} {msg}" } else { "{msg}" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━━╌"));
            }
            bar
        });
        Self { bar, started: None, limit, width: ui.width }
    }

    /// The sweep has so many trials from now on.
    pub(super) fn set_limit(&mut self, limit: Option<u64>) {
        self.limit = limit;
        if let (Some(bar), Some(limit)) = (&self.bar, limit) {
            bar.set_length(limit);
        }
    }

    /// The first trial has been started: time counts from here.
    pub(super) fn begin(&mut self) {
        self.started.get_or_insert_with(Instant::now);
    }

    /// Whether lines must be whole: a line that is not ended would be overdrawn.
    pub(super) fn is_shown(&self) -> bool {
        self.bar.is_some()
    }

    /// Writes above the line.
    pub(super) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Shows how far the sweep is now.
    pub(super) fn show(&self, standing: &ProgressLine) {
        if let Some(bar) = &self.bar {
            bar.set_position(standing.done);
            let elapsed = self.started.map(|started| started.elapsed()).unwrap_or_default();
            let available = self.width.saturating_sub(if self.limit.is_some() { BAR } else { 0 });
            bar.set_message(shorten(&sentence(standing, self.limit, elapsed, available), available));
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `8/12 done (2 here) · 5 running (1 here) · best 0.47 (trial 3) · 21/min · ~20 s left`, in at most `room` columns: the
/// rate goes first, then the number of the best trial, then what is said of this agent alone.
fn sentence(standing: &ProgressLine, limit: Option<u64>, elapsed: Duration, available: usize) -> String {
    if let Some(away) = &standing.away {
        return away.clone();
    }
    let mut shown = Shown { rate: true, trial: true, here: true };
    for narrower in [Shown::without_rate, Shown::without_trial, Shown::without_here] {
        let line = parts(standing, limit, elapsed, shown);
        if display_width(&line) <= available {
            return line;
        }
        shown = narrower(shown);
    }
    parts(standing, limit, elapsed, shown)
}

/// What of the line is shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    rate: bool,
    trial: bool,
    here: bool,
}

impl Shown {
    fn without_rate(self) -> Self {
        Self { rate: false, ..self }
    }

    fn without_trial(self) -> Self {
        Self { trial: false, ..self }
    }

    fn without_here(self) -> Self {
        Self { here: false, ..self }
    }
}

fn parts(standing: &ProgressLine, limit: Option<u64>, elapsed: Duration, shown: Shown) -> String {
    let here = |all: u64, here: u64| match all == here || !shown.here {
        true => String::new(),
        false => format!(" ({here} here)"),
    };
    let total = limit.map(|limit| format!("/{limit}")).unwrap_or_default();
    let running = standing.running.max(standing.running_here);
    let mut parts = vec![
        format!("{}{total} done{}", standing.done, here(standing.done, standing.done_here)),
        format!("{running} running{}", here(running, standing.running_here)),
    ];
    if standing.failed > 0 {
        parts.push(format!("{} failed", standing.failed));
    }
    if let Some((value, trial)) = &standing.best {
        let trial = if shown.trial { format!(" (trial {trial})") } else { String::new() };
        parts.push(format!("best {value}{trial}"));
    }
    if let Some(a_second) = rate(standing.done_here, elapsed).filter(|_| shown.rate) {
        let a_minute = a_second * 60.0;
        let digits = if a_minute < 10.0 { 1 } else { 0 };
        parts.push(format!("{a_minute:.digits$}/min"));
    }
    if standing.paused {
        parts.push("paused".to_owned());
    }
    let left = limit.and_then(|limit| standing.left(limit, elapsed)).filter(|_| !standing.paused);
    parts.extend(left.map(|left| format!("{} left", words::about(left))));
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> ProgressLine {
        ProgressLine {
            done: 64,
            failed: 2,
            running: 8,
            done_here: 30,
            running_here: 4,
            best: Some(("0.123456".into(), "137".into())),
            took: vec![Duration::from_secs(9); 3],
            away: None,
            paused: false,
        }
    }

    #[test]
    fn a_sweep_that_is_paused_says_so_and_has_no_time_left() {
        let paused = ProgressLine { paused: true, ..standing() };
        let line = sentence(&paused, Some(120), Duration::from_secs(60), 200);
        assert!(line.ends_with("· 30/min · paused"), "{line}");
    }

    #[test]
    fn the_line_shows_the_sweep_and_what_this_agent_does_for_it() {
        let line = sentence(&standing(), Some(120), Duration::from_secs(60), 200);
        assert_eq!(
            line,
            "64/120 done (30 here) · 8 running (4 here) · 2 failed · best 0.123456 (trial 137) · 30/min · ~1 min left"
        );
        let first = ProgressLine { running: 1, running_here: 1, ..ProgressLine::default() };
        assert_eq!(sentence(&first, Some(12), Duration::from_secs(5), 80), "0/12 done · 1 running");
        assert_eq!(sentence(&first, None, Duration::from_secs(5), 80), "0 done · 1 running");
    }

    #[test]
    fn the_line_fits_by_leaving_out_the_rate_first_and_then_the_trial() {
        let at = |available| sentence(&standing(), Some(120), Duration::from_secs(60), available);
        let wide = at(200);
        let without_rate = at(display_width(&wide) - 1);
        assert!(!without_rate.contains("/min") && without_rate.contains("(trial 137)"), "{without_rate}");
        let without_trial = at(display_width(&without_rate) - 1);
        assert!(!without_trial.contains("trial") && without_trial.contains("here"), "{without_trial}");
        assert!(!at(display_width(&without_trial) - 1).contains("here"));
        assert!(display_width(&at(80 - BAR)) <= 80 - BAR, "{}", at(80 - BAR));
    }

    #[test]
    fn the_time_left_counts_rounds_of_a_median_trial_and_no_milliseconds() {
        // One wave of four has ended at the same moment: the rate alone would say that all is over soon.
        let wave = ProgressLine {
            done: 4,
            done_here: 4,
            running: 4,
            running_here: 4,
            took: vec![Duration::from_secs(10); 4],
            ..ProgressLine::default()
        };
        assert_eq!(wave.left(12, Duration::from_secs(10)), Some(Duration::from_secs(20)));
        assert_eq!(wave.left(4, Duration::from_secs(10)), None);
        let quick = ProgressLine { took: vec![Duration::from_millis(4); 4], ..wave };
        let line = sentence(&quick, Some(12), Duration::from_secs(1), 200);
        assert!(line.ends_with("~1 s left"), "{line}");
    }
}
