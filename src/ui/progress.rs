//! One line at the foot of a terminal: how far an agent is.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Ui, words};

/// What the line tells.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Trials of this agent that are over.
    pub(super) done: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// Trials of this agent that are running.
    pub(super) running: u64,
    /// Trials of all agents that are taken, as far as this one knows.
    pub(super) taken: u64,
    /// The best value so far.
    pub(super) best: Option<String>,
    /// That the server is away, where it is.
    pub(super) away: Option<String>,
}

/// The line; nothing at all where there is no terminal.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    limit: Option<u64>,
}

impl Progress {
    /// For a sweep of so many trials; `None`: they have no end.
    pub(super) fn new(ui: &Ui, limit: Option<u64>) -> Self {
        let bar = (ui.live && !ui.quiet).then(|| {
            let bar = ProgressBar::with_draw_target(limit, ProgressDrawTarget::stderr());
            // Cut where the terminal is narrow: a line that is broken can't be drawn anew.
            let template = if limit.is_some() { "{bar:12} {wide_msg}" } else { "{wide_msg}" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━━╌"));
            }
            bar
        });
        Self { bar, started: Instant::now(), limit }
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

    /// Shows how far the agent is now.
    pub(super) fn show(&self, standing: &Standing) {
        if let Some(bar) = &self.bar {
            bar.set_position(standing.taken.saturating_sub(standing.running));
            bar.set_message(sentence(standing, self.limit, self.started.elapsed()));
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `12 done, 2 running, 1 failed · best 0.47 (trial 3) · 21/min · 4 min 10 s left`.
fn sentence(standing: &Standing, limit: Option<u64>, elapsed: Duration) -> String {
    if let Some(away) = &standing.away {
        return away.clone();
    }
    let mut counts = format!("{} done, {} running", standing.done, standing.running);
    if standing.failed > 0 {
        counts += &format!(", {} failed", standing.failed);
    }
    let mut parts = vec![counts];
    parts.extend(standing.best.as_ref().map(|best| format!("best {best}")));
    #[allow(clippy::cast_precision_loss)]
    let a_second = standing.done as f64 / elapsed.as_secs_f64().max(0.001);
    if standing.done > 0 {
        let a_minute = a_second * 60.0;
        let digits = if a_minute < 10.0 { 1 } else { 0 };
        parts.push(format!("{a_minute:.digits$}/min"));
        let left = limit.map(|limit| limit.saturating_sub(standing.taken) + standing.running);
        #[allow(clippy::cast_precision_loss)]
        let time = left.and_then(|left| Duration::try_from_secs_f64(left as f64 / a_second).ok());
        parts.extend(time.map(|time| format!("{} left", words::duration(time))));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_counts_best_rate_and_time_left() {
        let standing = Standing {
            done: 30,
            failed: 2,
            running: 4,
            taken: 64,
            best: Some("0.5 (trial 3)".into()),
            away: None,
        };
        let line = sentence(&standing, Some(120), Duration::from_secs(60));
        assert_eq!(line, "30 done, 4 running, 2 failed · best 0.5 (trial 3) · 30/min · 2 min 00 s left");
        let first = Standing { running: 1, taken: 1, ..Standing::default() };
        assert_eq!(sentence(&first, None, Duration::from_secs(5)), "0 done, 1 running");
    }
}
