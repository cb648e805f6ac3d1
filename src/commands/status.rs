//! `sweep status`: how far a sweep is, what runs, who works on it; with `-w` again and again until it is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value as Json;

use super::context::{Context, Setting, SweepChoice};
use super::exit::Exit;
use super::failure::Failure;
use super::format::{AnswerFormat, print_json};
use super::overview::{BestJson, Counts, MetricJson, Overview, State};
use super::trial_row::took;
use super::values::histories;
use crate::process::now_ms;
use crate::record::{index_of, last_sign, latest_ended, lease_of, point_of, tags};
use crate::space::Value;
use crate::tracking::{Result as StoreResult, Run, RunId, Store};
use crate::ui::{Cell, Column, Facts, Screen, Sheet, Style, Ui, words};

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct StatusArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// Again and again until the sweep is over.
    pub watch: bool,
    /// How it is printed.
    pub format: AnswerFormat,
}

/// Runs that ended last, by which the rate is measured.
const RECENT: usize = 50;
/// Running trials that are shown with their histories.
const MOST_RUNNING: usize = 20;
/// Agents that are shown.
const MOST_AGENTS: usize = 12;
/// Characters of a sparkline.
const SPARK: usize = 16;
/// A look follows the one before after this, or later where looks take long.
const PAUSE: Duration = Duration::from_secs(1);

/// Prints how far a sweep is.
///
/// # Errors
/// Where the sweep can't be opened, or the store fails.
pub async fn status(setting: &Setting, args: &StatusArgs) -> Result<Exit, Failure> {
    let context = Context::open_to_read(setting)?;
    let id = context.sweep_id(&args.sweep).await?;
    let overview = Overview::read(&context.store, context.store.run(&id).await?).await?;
    let mut look = Look::read(&context.store, overview).await?;
    if !args.watch {
        look.print(setting, args.format);
        return Ok(Exit::Done);
    }
    let mut screen = Screen::open(&setting.ui).filter(|_| args.format == AnswerFormat::Table);
    let mut last = String::new();
    loop {
        match &mut screen {
            // The terminal may have another width by now.
            Some(screen) => screen.show(&look.text(&setting.ui.again())),
            None => {
                let line = look.line(args.format);
                if look.key() != last {
                    match args.format {
                        AnswerFormat::Json => setting.ui.json(&line),
                        AnswerFormat::Csv => setting.ui.data(&line),
                        AnswerFormat::Table => setting.ui.tell(&line),
                    }
                    last = look.key();
                }
            }
        }
        if look.overview.state().is_over() {
            return Ok(Exit::Done);
        }
        tokio::time::sleep(PAUSE.max(5 * look.cost)).await;
        look = look.again(&context.store).await?;
    }
}

/// What one look at a sweep shows.
struct Look {
    overview: Overview,
    /// The running trials that are shown, with the histories of the metric.
    running: Vec<(Run, Vec<f64>)>,
    agents: Vec<AgentSigns>,
    /// Trials that end in a second; `None`: too few have ended.
    rate: Option<f64>,
    now: i64,
    /// What the look took.
    cost: Duration,
}

/// What is known of an agent.
struct AgentSigns {
    agent: String,
    host: String,
    running: Vec<u64>,
    /// For how long it may be silent: the others take it for lost then.
    lease: Duration,
    /// Epoch milliseconds, by the agent's own clock.
    last: i64,
}

impl Look {
    async fn read(store: &Arc<dyn Store>, overview: Overview) -> StoreResult<Self> {
        let begun = Instant::now();
        let runs: Vec<Run> = overview.standing.running.values().cloned().collect();
        let shown: Vec<Run> = runs.iter().take(MOST_RUNNING).cloned().collect();
        let mut told = match &overview.metric {
            Some(metric) => {
                let ids: Vec<RunId> = shown
                    .iter()
                    .filter(|run| run.metric(&metric.name).is_some())
                    .map(|run| run.info.id.clone())
                    .collect();
                histories(store, ids, &metric.name).await?
            }
            None => std::collections::HashMap::new(),
        };
        let history = |run: Run| {
            let history = told.remove(&run.info.id).unwrap_or_default();
            (run, history.into_iter().map(|entry| entry.value).collect())
        };
        let running = shown.into_iter().map(history).collect();
        let ended = latest_ended(store.as_ref(), &overview.sweep, RECENT).await?;
        let agents = agents(&runs, &ended);
        let rate = rate(&ended).filter(|_| overview.state() == State::Running);
        Ok(Self { overview, running, agents, rate, now: now_ms(), cost: begun.elapsed() })
    }

    async fn again(self, store: &Arc<dyn Store>) -> StoreResult<Self> {
        let begun = Instant::now();
        let mut overview = self.overview;
        overview.refresh(store).await?;
        let mut look = Self::read(store, overview).await?;
        look.cost = begun.elapsed();
        Ok(look)
    }

    fn print(&self, setting: &Setting, format: AnswerFormat) {
        match format {
            AnswerFormat::Json => print_json(&setting.ui, &self.json()),
            AnswerFormat::Csv => setting.ui.data(&self.summary().csv()),
            AnswerFormat::Table => setting.ui.print(&self.text(&setting.ui)),
        }
    }

    /// What makes a look differ from the one before, where lines are printed.
    fn key(&self) -> String {
        format!(
            "{} {} {:?}",
            self.overview.state().word(),
            self.overview.counts_words(),
            self.overview.best_json()
        )
    }

    /// One line, where nothing can be drawn anew.
    fn line(&self, format: AnswerFormat) -> String {
        match format {
            AnswerFormat::Json => format!("{}\n", serde_json::to_string(&self.json()).unwrap_or_default()),
            AnswerFormat::Csv => self.summary().csv(),
            AnswerFormat::Table => {
                let parts: Vec<String> = [
                    Some(words::moment(self.now)),
                    Some(self.overview.state().word().to_owned()),
                    Some(self.overview.counts_words()),
                    self.best_words().map(|best| format!("best {best}")),
                ]
                .into_iter()
                .flatten()
                .collect();
                format!("{}\n", parts.join(" · "))
            }
        }
    }

    fn best_words(&self) -> Option<String> {
        let best = self.overview.best.as_ref()?;
        let trial = index_of(&best.run)?;
        Some(format!("{} in trial {trial}", words::number(best.value)))
    }

    /// Seconds until every trial has its result, at the present rate.
    fn seconds_left(&self) -> Option<f64> {
        let left = self.overview.limit()?.saturating_sub(self.overview.standing.done());
        #[allow(clippy::cast_precision_loss)]
        self.rate.map(|rate| left as f64 / rate)
    }

    fn text(&self, ui: &Ui) -> String {
        let overview = &self.overview;
        let state = overview.state();
        let style = match state {
            State::Running | State::Complete | State::Finished => Style::Good,
            State::Cancelled | State::Stopped | State::Paused => Style::Warning,
            State::New | State::Idle => Style::Strong,
        };
        let name = Style::Strong.paint(&overview.sweep.parent.info.name, ui.color_out);
        let mut out = format!("{name}  {}\n\n", style.paint(state.word(), ui.color_out));
        out += &self.facts(ui).text(ui);
        if !self.running.is_empty() {
            out += &format!("\n{}", self.running_sheet().draw(ui, self.now).table);
            let more = overview.standing.running.len() - self.running.len();
            if more > 0 {
                out += &format!("and {more} more\n");
            }
        }
        if !self.agents.is_empty() && !state.is_over() {
            out += &format!("\n{}", self.agent_sheet().draw(ui, self.now).table);
        }
        out
    }

    fn facts(&self, ui: &Ui) -> Facts {
        let overview = &self.overview;
        let mut facts = Facts::default();
        facts.add("sweep", overview.sweep.id().to_string());
        let bar = overview.limit().map(|limit| bar(overview.standing.done(), limit, (ui.width / 4).min(30)));
        let bar = bar.map(|bar| format!("{bar}  ")).unwrap_or_default();
        facts.add("trials", format!("{bar}{}", overview.counts_words()));
        if let Some(metric) = &overview.metric {
            let best = self.best_words().unwrap_or_else(|| "no value yet".to_owned());
            facts.add("best", format!("{} {best}", metric.name));
        }
        if let Some(rate) = self.rate {
            let left = self.seconds_left().and_then(|left| Duration::try_from_secs_f64(left).ok());
            let left = left.map(|left| format!(", {} left", words::duration(left))).unwrap_or_default();
            facts.add("rate", format!("{}{left}", rate_words(rate)));
        }
        facts.add_some("next", self.next_step());
        facts
    }

    /// What to do where nothing goes on by itself.
    fn next_step(&self) -> Option<String> {
        let id = self.overview.sweep.id().as_str();
        let id = id.get(..8).unwrap_or(id);
        match self.overview.state() {
            State::New | State::Idle => Some(format!("sweep run {id}")),
            State::Paused | State::Stopped | State::Cancelled => Some(format!("sweep resume {id}")),
            State::Complete => Some(format!("sweep finalize {id}")),
            State::Finished | State::Running => None,
        }
    }

    fn running_sheet(&self) -> Sheet {
        let metric = self.overview.metric.as_ref().map(|metric| metric.name.as_str());
        let mut paths: Vec<String> = Vec::new();
        for (path, _) in self.running.iter().flat_map(|(run, _)| own_leaves(run)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let mut columns = vec![
            Column::new("Trial", "trial"),
            Column::new("Runs for", "seconds"),
            Column::new(metric.unwrap_or("Metric"), "value"),
            Column::new("So far", "history"),
        ];
        columns.extend(paths.iter().map(|path| Column::new(path, path).rank(2)));
        columns.push(Column::new("Host", "host").rank(1));
        let row = |(run, history): &(Run, Vec<f64>)| {
            let leaves = own_leaves(run);
            let mut cells = vec![
                index_of(run).map_or(Cell::Empty, |trial| Cell::Count(trial.0)),
                took(run, self.now).map_or(Cell::Empty, Cell::Took),
                Cell::number(metric.and_then(|name| Some(run.metric(name)?.value))),
                Cell::Text(words::sparkline(history, SPARK)),
            ];
            cells.extend(paths.iter().map(|path| {
                leaves
                    .iter()
                    .find(|(name, _)| name == path)
                    .map_or(Cell::Empty, |(_, value)| Cell::Value(value.clone()))
            }));
            cells.push(Cell::text(run.tag(tags::HOST)));
            cells
        };
        Sheet { columns, rows: self.running.iter().map(row).collect() }
    }

    fn agent_sheet(&self) -> Sheet {
        let columns = vec![
            Column::new("Agent", "agent").rank(1),
            Column::new("Host", "host"),
            Column::new("Runs trial", "running"),
            Column::new("Last heard of", "last_heard"),
        ];
        let row = |signs: &AgentSigns| {
            let trials: Vec<String> = signs.running.iter().map(ToString::to_string).collect();
            let since = since(signs.last, self.now);
            let lost = if since > signs.lease && !trials.is_empty() { " (lost?)" } else { "" };
            vec![
                Cell::Text(signs.agent.clone()),
                Cell::Text(signs.host.clone()),
                Cell::Text(trials.join(", ")),
                Cell::Text(format!("{}{lost}", words::ago(since))),
            ]
        };
        Sheet { columns, rows: self.agents.iter().take(MOST_AGENTS).map(row).collect() }
    }

    fn json(&self) -> StatusJson {
        let overview = &self.overview;
        let metric = overview.metric.as_ref().map(|metric| metric.name.as_str());
        let float = |value: f64| Value::Float(value).to_json();
        let running = self.running.iter().map(|(run, history)| RunningJson {
            trial: index_of(run).map_or(0, |trial| trial.0),
            run_id: run.info.id.to_string(),
            agent: run.tag(tags::AGENT).map(str::to_owned),
            host: run.tag(tags::HOST).map(str::to_owned),
            seconds: took(run, self.now).map_or(0.0, |took| took.as_secs_f64()),
            value: metric.and_then(|name| Some(float(run.metric(name)?.value))),
            history: history.iter().copied().map(float).collect(),
            params: point_of(run).to_json(),
        });
        let agents = self.agents.iter().map(|signs| AgentJson {
            agent: signs.agent.clone(),
            host: signs.host.clone(),
            running: signs.running.clone(),
            last_heard: words::moment(signs.last),
            seconds_ago: since(signs.last, self.now).as_secs_f64(),
        });
        StatusJson {
            sweep_id: overview.sweep.id().to_string(),
            sweep_name: overview.sweep.parent.info.name.clone(),
            state: overview.state(),
            time: words::moment(self.now),
            metric: overview.metric_json(),
            trials: overview.counts(),
            best: overview.best_json(),
            trials_per_minute: self.rate.map(|rate| rate * 60.0),
            seconds_left: self.seconds_left(),
            running: running.collect(),
            agents: agents.collect(),
        }
    }

    /// The counts as one row, for spreadsheets.
    fn summary(&self) -> Sheet {
        let counts = self.overview.counts();
        let best = self.overview.best_json();
        let told = [
            ("time", Cell::Moment(self.now)),
            ("sweep_id", Cell::Id(self.overview.sweep.id().to_string())),
            ("state", Cell::Text(self.overview.state().word().to_owned())),
            ("limit", counts.limit.map_or(Cell::Empty, Cell::Count)),
            ("begun", Cell::Count(counts.begun)),
            ("running", Cell::Count(counts.running)),
            ("finished", Cell::Count(counts.finished)),
            ("failed", Cell::Count(counts.failed)),
            ("stopped_early", Cell::Count(counts.stopped_early)),
            ("killed", Cell::Count(counts.killed)),
            ("deleted", Cell::Count(counts.deleted)),
            ("best_trial", best.as_ref().and_then(BestJson::trial).map_or(Cell::Empty, Cell::Count)),
            ("best", Cell::number(best.as_ref().map(BestJson::value))),
            ("trials_per_minute", Cell::number(self.rate.map(|rate| rate * 60.0))),
            ("seconds_left", Cell::number(self.seconds_left())),
        ];
        let (columns, row) = told.into_iter().map(|(key, cell)| (Column::new(key, key), cell)).unzip();
        Sheet { columns, rows: vec![row] }
    }
}

/// How far a sweep is, for programs.
#[derive(Debug, Serialize)]
struct StatusJson {
    sweep_id: String,
    sweep_name: String,
    state: State,
    time: String,
    metric: Option<MetricJson>,
    trials: Counts,
    best: Option<BestJson>,
    trials_per_minute: Option<f64>,
    seconds_left: Option<f64>,
    running: Vec<RunningJson>,
    agents: Vec<AgentJson>,
}

#[derive(Debug, Serialize)]
struct RunningJson {
    trial: u64,
    run_id: String,
    agent: Option<String>,
    host: Option<String>,
    seconds: f64,
    value: Option<Json>,
    history: Vec<Json>,
    params: Json,
}

#[derive(Debug, Serialize)]
struct AgentJson {
    agent: String,
    host: String,
    running: Vec<u64>,
    last_heard: String,
    seconds_ago: f64,
}

fn own_leaves(run: &Run) -> Vec<(String, Value)> {
    let point = point_of(run);
    point.leaves().into_iter().map(|(path, value)| (path, value.clone())).collect()
}

fn since(then: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(then)).unwrap_or(0))
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

/// Trials that end in a second, by the ends of the latest.
fn rate(ended: &[Run]) -> Option<f64> {
    let ends: Vec<i64> = ended.iter().filter_map(|run| run.info.end_time).collect();
    let span = ends.iter().max()? - ends.iter().min()?;
    #[allow(clippy::cast_precision_loss)]
    (ends.len() > 1 && span > 0).then(|| (ends.len() - 1) as f64 * 1000.0 / span as f64)
}

/// Who has shown a sign of life, the latest first; those that run trials before the others.
fn agents(running: &[Run], ended: &[Run]) -> Vec<AgentSigns> {
    let mut known: BTreeMap<String, AgentSigns> = BTreeMap::new();
    for run in running.iter().chain(ended) {
        let Some(agent) = run.tag(tags::AGENT) else { continue };
        let signs = known.entry(agent.to_owned()).or_insert_with(|| AgentSigns {
            agent: agent.to_owned(),
            host: run.tag(tags::HOST).unwrap_or_default().to_owned(),
            running: Vec::new(),
            lease: lease_of(run),
            last: 0,
        });
        signs.last = signs.last.max(last_sign(run));
        if !run.info.status.is_final() {
            signs.running.extend(index_of(run).map(|trial| trial.0));
        }
    }
    let mut agents: Vec<AgentSigns> = known.into_values().collect();
    agents.sort_by_key(|signs| (signs.running.is_empty(), std::cmp::Reverse(signs.last)));
    agents
}

/// A bar of so many characters.
fn bar(done: u64, limit: u64, width: usize) -> String {
    let share = (u128::from(done) * width as u128).checked_div(u128::from(limit)).unwrap_or(0);
    let full = usize::try_from(share).unwrap_or(width).min(width);
    format!("{}{}", "━".repeat(full), "╌".repeat(width - full))
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
