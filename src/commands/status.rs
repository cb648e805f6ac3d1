//! `sweep status`: how far a sweep is, what runs, who works on it; with `-w` again and again until it is over.

mod keys;
mod pause;
mod pick;
mod text;
mod watch;

use serde::Serialize;
use serde_json::Value as Json;

use pause::until_next_look;

use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Setting, SweepChoice, counts_words, print_json, sweep_run,
};
use crate::analysis::FailureGroup;
use crate::query::{
    BestJson, Counts, FrontTrialJson, MetricJson, MetricNoise, Overview, SweepSnapshot, SweepState, since,
    took,
};
use crate::record::{index_of, point_of, tags};
use crate::space::Value;
use crate::trial::TrialIndex;
use crate::ui::{Screen, Sheet, SheetCell, SheetColumn, words};

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

/// Prints how far a sweep is.
///
/// # Errors
/// Where the sweep can't be opened, or the store fails.
pub async fn status(setting: &Setting, args: &StatusArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let parent = sweep_run(&context, &args.sweep).await?;
    let overview = Overview::read(&context.store, parent).await?;
    let mut look = SweepSnapshot::read(&context.store, overview).await?;
    if !args.watch {
        look.look_at_failures(&context.store).await?;
        look.look_at_noise(&context.store).await?;
        look.print(setting, args.format);
        return Ok(Exit::Done);
    }
    match Screen::open(&setting.ui).filter(|_| args.format == AnswerFormat::Table) {
        Some(screen) => watch::watch(setting, &context, look, screen).await,
        None => in_lines(setting, &context, look, args.format).await,
    }
}

/// A line for each change, where nothing can be redrawn.
async fn in_lines(
    setting: &Setting,
    context: &Context,
    mut look: SweepSnapshot,
    format: AnswerFormat,
) -> Result<Exit, CommandFailure> {
    let mut last = String::new();
    loop {
        if look.key() != last {
            let line = look.line(format);
            match format {
                AnswerFormat::Json => setting.ui.json(&line),
                AnswerFormat::Csv => setting.ui.data(&line),
                AnswerFormat::Table => setting.ui.tell(&line),
            }
            last = look.key();
        }
        if look.overview.state().is_over() {
            return Ok(Exit::Done);
        }
        tokio::time::sleep(until_next_look(&look)).await;
        look = look.again(&context.store).await?;
    }
}

impl SweepSnapshot {
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
            "{} {} {:?} {:?}",
            self.overview.state().word(),
            counts_words(&self.overview),
            self.overview.best_json(),
            self.overview.front_json()
        )
    }

    /// One line, where nothing can be redrawn.
    fn line(&self, format: AnswerFormat) -> String {
        match format {
            AnswerFormat::Json => format!("{}\n", serde_json::to_string(&self.json()).unwrap_or_default()),
            AnswerFormat::Csv => self.summary().csv(),
            AnswerFormat::Table => {
                let parts: Vec<String> = [
                    Some(words::moment(self.now)),
                    Some(self.overview.state().word().to_owned()),
                    Some(counts_words(&self.overview)),
                    self.best_words().map(|best| format!("best {best}")).or_else(|| self.front_words()),
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

    /// `front of 5 trials`, where there are several metrics.
    fn front_words(&self) -> Option<String> {
        let front = self.overview.front.as_ref()?;
        Some(format!("front of {}", words::count(front.trials.len() as u64, "trial")))
    }

    fn json(&self) -> StatusJson {
        let overview = &self.overview;
        let metric = overview.metric.as_ref().map(|metric| metric.name.as_str());
        let float = |value: f64| Value::Float(value).to_json();
        let running = self.running.iter().map(|(run, history)| RunningJson {
            trial: index_of(run).unwrap_or(TrialIndex(0)),
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
            metrics: overview.metrics_json(),
            limits: overview.limits_json(),
            trials: overview.counts(),
            best: overview.best_json(),
            front: overview.front_json(),
            unmeasured: self.unmeasured,
            noise: self.noise.clone(),
            failing: self.failing.as_ref().map(|found| found.groups.clone()),
            report_behind: overview.report_behind(),
            trials_per_minute: self.pace.map(|pace| pace.rate * 60.0),
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
            ("time", SheetCell::Moment(self.now)),
            ("sweep_id", SheetCell::Id(self.overview.sweep.id().to_string())),
            ("state", SheetCell::Text(self.overview.state().word().to_owned())),
            ("limit", counts.limit.map_or(SheetCell::Empty, SheetCell::Count)),
            ("begun", SheetCell::Count(counts.begun)),
            ("running", SheetCell::Count(counts.running)),
            ("finished", SheetCell::Count(counts.finished)),
            ("failed", SheetCell::Count(counts.failed)),
            ("stopped_early", SheetCell::Count(counts.stopped_early)),
            ("killed", SheetCell::Count(counts.killed)),
            ("deleted", SheetCell::Count(counts.deleted)),
            ("best_trial", best.as_ref().and_then(BestJson::trial).map_or(SheetCell::Empty, SheetCell::from)),
            ("best", SheetCell::number(best.as_ref().map(BestJson::value))),
            ("unmeasured", SheetCell::Count(self.unmeasured)),
            ("trials_per_minute", SheetCell::number(self.pace.map(|pace| pace.rate * 60.0))),
            ("seconds_left", SheetCell::number(self.seconds_left())),
        ];
        let (columns, row) = told.into_iter().map(|(key, cell)| (SheetColumn::new(key, key), cell)).unzip();
        Sheet { columns, rows: vec![row] }
    }
}

/// How far a sweep is, for programs.
#[derive(Debug, Serialize)]
struct StatusJson {
    sweep_id: String,
    sweep_name: String,
    state: SweepState,
    time: String,
    metric: Option<MetricJson>,
    metrics: Vec<MetricJson>,
    limits: Vec<String>,
    trials: Counts,
    best: Option<BestJson>,
    front: Option<Vec<FrontTrialJson>>,
    unmeasured: u64,
    noise: Option<MetricNoise>,
    failing: Option<Vec<FailureGroup>>,
    report_behind: Option<u64>,
    trials_per_minute: Option<f64>,
    seconds_left: Option<f64>,
    running: Vec<RunningJson>,
    agents: Vec<AgentJson>,
}

#[derive(Debug, Serialize)]
struct RunningJson {
    trial: TrialIndex,
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
    running: Vec<TrialIndex>,
    last_heard: String,
    seconds_ago: f64,
}
