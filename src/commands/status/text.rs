//! What `sweep status` shows a person: as much of each part as fits the terminal.

use super::super::shared::{counts_words, noise_words, status_cell};
use super::pick::PickedTrials;
use crate::query::{AgentHeartbeat, Front, SweepSnapshot, SweepState, since, took, why_failed};
use crate::record::{index_of, tags};
use crate::space::Value;
use crate::tracking::Run;
use crate::ui::{Facts, Sheet, SheetCell, SheetColumn, Style, Ui, words};

/// Characters of a sparkline.
const SPARK: usize = 16;

/// How much of each part is shown.
#[derive(Debug, Clone, Copy)]
struct Limits {
    running: usize,
    ended: usize,
    failures: usize,
    agents: usize,
}

/// From everything to almost nothing: the first that fits is shown.
const LIMITS: [Limits; 8] = [
    Limits { running: 20, ended: 5, failures: 5, agents: 12 },
    Limits { running: 12, ended: 5, failures: 3, agents: 6 },
    Limits { running: 8, ended: 3, failures: 3, agents: 4 },
    Limits { running: 5, ended: 3, failures: 2, agents: 2 },
    Limits { running: 5, ended: 0, failures: 1, agents: 2 },
    Limits { running: 3, ended: 0, failures: 1, agents: 0 },
    Limits { running: 2, ended: 0, failures: 0, agents: 0 },
    Limits { running: 0, ended: 0, failures: 0, agents: 0 },
];

impl SweepSnapshot {
    /// Everything.
    pub(super) fn text(&self, ui: &Ui) -> String {
        self.text_with(ui, LIMITS[0], &PickedTrials::all(self))
    }

    /// What fits so many lines.
    pub(super) fn text_within(&self, ui: &Ui, rows: usize, picked: &PickedTrials<'_>) -> String {
        let texts = LIMITS.iter().map(|limits| self.text_with(ui, *limits, picked));
        let mut last = String::new();
        for text in texts {
            if text.lines().count() <= rows {
                return text;
            }
            last = text;
        }
        last
    }

    fn text_with(&self, ui: &Ui, limits: Limits, picked: &PickedTrials<'_>) -> String {
        let overview = &self.overview;
        let state = overview.state();
        let style = match state {
            SweepState::Running | SweepState::Complete | SweepState::Finished => Style::Good,
            SweepState::Cancelled | SweepState::Stopped | SweepState::Paused | SweepState::Importing => {
                Style::Warning
            }
            SweepState::New | SweepState::Idle => Style::Strong,
        };
        let name = Style::Strong.paint(&words::printable(&overview.sweep.parent.info.name), ui.color_out);
        let mut out = format!("{name}  {}\n\n", style.paint(state.word(), ui.color_out));
        let mut facts = self.facts(ui, limits.failures);
        facts.add_some("shown", picked.filter.as_ref().map(|filter| format!("trials where {filter}")));
        out += &facts.text(ui);
        let mut part = |sheet: Sheet, of: usize| {
            let shown = sheet.rows.len();
            if shown > 0 {
                out += &format!("\n{}", sheet.draw(ui, self.now).table);
                if of > shown {
                    out += &format!("and {} more\n", of - shown);
                }
            }
        };
        part(self.running_sheet(&picked.running, limits.running), picked.of_running);
        let ended = self.ended_sheet(&picked.ended, limits.ended);
        let count = ended.rows.len();
        part(ended, count);
        if !state.is_over() {
            part(self.agent_sheet(limits.agents), self.agents.len());
        }
        out
    }

    fn facts(&self, ui: &Ui, most_failures: usize) -> Facts {
        let overview = &self.overview;
        let mut facts = Facts::default();
        facts.add("sweep", overview.sweep.id().to_string());
        let version = overview.sweep.version();
        facts.add_some("config", (version > 1).then(|| format!("version {version} (sweep edit)")));
        let bar = overview.limit().map(|limit| bar(overview.standing.done(), limit, (ui.width / 4).min(30)));
        let bar = bar.map(|bar| format!("{bar}  ")).unwrap_or_default();
        facts.add("trials", format!("{bar}{}", counts_words(overview)));
        if let Some(metric) = &overview.metric {
            match &overview.front {
                Some(front) => facts.add("front", front_words(front)),
                None => {
                    let best = self.best_words().unwrap_or_else(|| "no value yet".to_owned());
                    facts.add("best", format!("{} {best}{}", metric.name, metric.limits_words()));
                }
            }
            facts.add_some(
                "with",
                overview.best.as_ref().map(|best| words::point(&overview.point(&best.run))),
            );
            if let (Some(best), Some(said)) = (&overview.best, self.noise.as_ref().and_then(noise_words)) {
                facts.add("noise", format!("{}{said}", words::number(best.value)));
            }
            if self.unmeasured > 0 {
                let trials = words::count(self.unmeasured, "trial");
                let names: Vec<String> =
                    overview.judged_names().iter().map(|name| words::quoted(name)).collect();
                facts.add("warning", format!("{trials} finished without {}", names.join(" or ")));
            }
        }
        if let Some(pace) = self.pace {
            let left = self.time_left().map(|left| format!(", {} left", words::about(left)));
            facts.add("rate", format!("{}{}", rate_words(pace.rate), left.unwrap_or_default()));
        }
        for (trial, run) in overview.standing.failures.iter().rev().take(most_failures) {
            facts.add("failed", format!("trial {trial} ({})", why_failed(run)));
        }
        if let Some(group) = self.failing.iter().flat_map(|found| &found.groups).next() {
            facts.add("failures", format!("{} of {} with {}", group.failed, group.trials, group.rule()));
        }
        if let Some(behind) = overview.report_behind() {
            let id = overview.sweep.id().short();
            let trials = words::count(behind, "trial");
            facts.add("report", format!("older than {trials}: sweep finalize {id}"));
        }
        facts.add_some("next", self.next_step());
        facts
    }

    /// What to do where nothing continues by itself, or everything fails.
    fn next_step(&self) -> Option<String> {
        let id = self.overview.sweep.id().short();
        let standing = &self.overview.standing;
        if let Some((trial, _)) = standing.failures.first_key_value().filter(|_| standing.finished == 0) {
            return Some(format!("sweep logs {trial}"));
        }
        match self.overview.state() {
            SweepState::New | SweepState::Idle => Some(format!("sweep run {id}")),
            SweepState::Paused | SweepState::Stopped | SweepState::Cancelled => {
                Some(format!("sweep resume {id}"))
            }
            SweepState::Importing => {
                Some("run the same `sweep import` again: it replaces what was cut off".to_owned())
            }
            SweepState::Complete => Some(format!("sweep finalize {id}")),
            SweepState::Finished | SweepState::Running => None,
        }
    }

    /// The trials that ended last.
    fn ended_sheet(&self, ended: &[&Run], most: usize) -> Sheet {
        let metric = self.overview.metric.as_ref().map(|metric| metric.name.as_str());
        let columns = vec![
            SheetColumn::new("Ended", "trial"),
            SheetColumn::new("Status", "status"),
            SheetColumn::new(metric.unwrap_or("Metric"), "value"),
            SheetColumn::new("Took", "seconds"),
            SheetColumn::new("When", "end"),
            SheetColumn::new("Params", "params").rank(1),
        ];
        let row = |run: &Run| {
            vec![
                index_of(run).map_or(SheetCell::Empty, |trial| SheetCell::Count(trial.0)),
                status_cell(run),
                SheetCell::number(metric.and_then(|name| Some(run.metric(name)?.value))),
                took(run, self.now).map_or(SheetCell::Empty, SheetCell::Took),
                run.info.end_time.map_or(SheetCell::Empty, SheetCell::Moment),
                SheetCell::Text(words::point(&self.overview.point(run))),
            ]
        };
        Sheet { columns, rows: ended.iter().take(most).copied().map(row).collect() }
    }

    fn leaves(&self, run: &Run) -> Vec<(String, Value)> {
        let point = self.overview.point(run);
        point.leaves().into_iter().map(|(path, value)| (path, value.clone())).collect()
    }

    fn running_sheet(&self, running: &[&(Run, Vec<f64>)], most: usize) -> Sheet {
        let metric = self.overview.metric.as_ref().map(|metric| metric.name.as_str());
        let mut paths: Vec<String> = Vec::new();
        for (path, _) in running.iter().take(most).flat_map(|(run, _)| self.leaves(run)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let mut columns = vec![
            SheetColumn::new("Trial", "trial"),
            SheetColumn::new("Runs for", "seconds"),
            SheetColumn::new(metric.unwrap_or("Metric"), "value"),
            SheetColumn::new("So far", "history"),
        ];
        columns.extend(paths.iter().map(|path| SheetColumn::new(path, path).rank(2)));
        columns.push(SheetColumn::new("Host", "host").rank(1));
        let row = |(run, history): &(Run, Vec<f64>)| {
            let leaves = self.leaves(run);
            let mut cells = vec![
                index_of(run).map_or(SheetCell::Empty, |trial| SheetCell::Count(trial.0)),
                took(run, self.now).map_or(SheetCell::Empty, SheetCell::Took),
                SheetCell::number(metric.and_then(|name| Some(run.metric(name)?.value))),
                SheetCell::Text(words::sparkline(history, SPARK)),
            ];
            cells.extend(paths.iter().map(|path| {
                leaves
                    .iter()
                    .find(|(name, _)| name == path)
                    .map_or(SheetCell::Empty, |(_, value)| SheetCell::Value(value.clone()))
            }));
            cells.push(SheetCell::text(run.tag(tags::HOST)));
            cells
        };
        Sheet { columns, rows: running.iter().take(most).copied().map(row).collect() }
    }

    fn agent_sheet(&self, most: usize) -> Sheet {
        let columns = vec![
            SheetColumn::new("Agent", "agent").rank(1),
            SheetColumn::new("Host", "host"),
            SheetColumn::new("Runs trial", "running"),
            SheetColumn::new("Last heard of", "last_heard"),
        ];
        let row = |signs: &AgentHeartbeat| {
            let trials: Vec<String> = signs.running.iter().map(ToString::to_string).collect();
            let since = since(signs.last, self.now);
            let lost = if since > signs.lease && !trials.is_empty() { " (lost?)" } else { "" };
            vec![
                SheetCell::Text(signs.agent.clone()),
                SheetCell::Text(signs.host.clone()),
                SheetCell::Text(trials.join(", ")),
                SheetCell::Text(format!("{}{lost}", words::ago(since))),
            ]
        };
        Sheet { columns, rows: self.agents.iter().take(most).map(row).collect() }
    }
}

/// `21 a minute`; slow ones by the hour.
fn rate_words(rate: f64) -> String {
    let rounded = |rate: f64| words::number((rate * 10.0).round() / 10.0);
    if rate * 60.0 >= 1.0 {
        format!("{} a minute", rounded(rate * 60.0))
    } else {
        format!("{} an hour", rounded(rate * 3600.0))
    }
}

/// A bar of so many characters.
fn bar(done: u64, limit: u64, width: usize) -> String {
    let share = (u128::from(done) * width as u128).checked_div(u128::from(limit)).unwrap_or(0);
    let full = usize::try_from(share).unwrap_or(width).min(width);
    format!("{}{}", "━".repeat(full), "╌".repeat(width - full))
}

/// `5 of 32 trials by loss and time; 3 are no candidates`.
fn front_words(front: &Front) -> String {
    let names: Vec<&str> = front.names().collect();
    let of = words::count(front.candidates() as u64, "trial");
    let others = match front.others {
        0 => String::new(),
        1 => "; 1 more breaks a limit or lacks a value".to_owned(),
        count => format!("; {count} more break a limit or lack a value"),
    };
    format!("{} of {of} by {} (sweep best){others}", front.trials.len(), names.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_when_all_is_done() {
        assert_eq!(bar(0, 10, 4), "╌╌╌╌");
        assert_eq!(bar(5, 10, 4), "━━╌╌");
        assert_eq!(bar(12, 10, 4), "━━━━");
        assert_eq!(bar(0, 0, 2), "╌╌");
    }

    #[test]
    fn slow_sweeps_are_counted_by_the_hour() {
        assert_eq!(rate_words(0.35), "21 a minute");
        assert_eq!(rate_words(0.001), "3.6 an hour");
    }
}
