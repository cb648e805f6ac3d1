//! `sweep trials`: the trials of a sweep as a table that can be sorted and filtered.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Setting, SweepChoice, deleted_words, load_sweep, print_csv,
    print_json, print_sheet, status_cell,
};
use crate::config::{Config, Filter, MetricConfig};
use crate::exchange::TRIAL_COLUMNS;
use crate::process::now_ms;
use crate::query::{ChosenMetric, Front, MetricJson, Selected, Selection, TrialJson, TrialRow, plain_name};
use crate::record::{Ledger, Sweep, attempt_of, tags};
use crate::space::{Point, Value};
use crate::ui::{MINOR, Sheet, SheetCell, SheetColumn, words};

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct TrialsArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// By what they are sorted; `None`: by number, with `top` by the sweep's metric.
    pub sort: Option<String>,
    /// The largest first.
    pub desc: bool,
    /// Which of them; `None`: all.
    pub filter: Option<String>,
    /// The first so many.
    pub top: Option<usize>,
    /// Only those that no other one beats in all metrics.
    pub pareto: bool,
    /// How they are printed.
    pub format: AnswerFormat,
}

/// Prints the trials of a sweep.
///
/// # Errors
/// Where the sweep can't be read, or a column is asked for that there is not.
pub async fn trials(setting: &Setting, args: &TrialsArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    let metric = ChosenMetric::of(&config, None, None);
    let asked = TrialsRequest { args, config: &config, metric: metric.as_ref(), now: now_ms() };
    let selection = Selection {
        sort: args.sort.as_deref(),
        descending: args.desc,
        filter: args.filter.as_deref(),
        top: args.top,
        config: &config,
        metric: metric.as_ref(),
        now: asked.now,
    };
    if args.top.is_some() && args.sort.is_none() && config.has_several_metrics() {
        return Err(CommandFailure::new(
            Exit::Usage,
            "the sweep has several metrics: by which one is --top meant?",
        )
        .hint("Add --sort NAME (with --desc for the largest), or show the front: --pareto."));
    }
    let Selected { mut rows, deleted } = selection.rows(&context.store, &sweep).await?;
    if deleted > 0 {
        context.ui.say(&format!("{}.", deleted_words(deleted)));
    }
    if args.pareto {
        rows = on_front(&context, (&sweep, &config), rows, args.sort.is_some()).await?;
    }
    let list = TrialList { rows: &rows, asked: &asked, important: important(&sweep) };
    match args.format {
        AnswerFormat::Json => print_json(
            &setting.ui,
            &TrialsJson {
                sweep_id: sweep.id().to_string(),
                sweep_name: sweep.parent.info.name.clone(),
                metric: metric.as_ref().map(MetricJson::of),
                metrics: metrics_of(&config),
                trials: rows.iter().map(|row| row.json(asked.now)).collect(),
            },
        ),
        AnswerFormat::Csv => print_csv(setting, &list.sheet())?,
        AnswerFormat::Table if rows.is_empty() => setting.ui.say(&asked.nothing(&sweep)),
        AnswerFormat::Table => {
            print_sheet(setting, &list.sheet())?;
            list.tell_what_is_the_same(setting);
        }
    }
    Ok(Exit::Done)
}

/// The rows that are on the front, in its order unless they were sorted.
async fn on_front(
    context: &Context,
    (sweep, config): (&Sweep, &Config),
    mut rows: Vec<TrialRow>,
    sorted: bool,
) -> Result<Vec<TrialRow>, CommandFailure> {
    if config.metric.is_none() {
        return Err(CommandFailure::new(Exit::Usage, "--pareto needs metrics, and the config names none")
            .hint("`metrics: [{name: …, goal: …}, …]` in the sweep file does."));
    }
    let results = Ledger::read(context.store.as_ref(), &sweep.ledger).await?.results();
    let front = Front::read(&context.store, sweep, config, &results).await?;
    let place = |row: &TrialRow| front.trials.iter().position(|trial| trial.run.info.id == row.run.info.id);
    rows.retain(|row| place(row).is_some());
    if !sorted {
        rows.sort_by_key(place);
    }
    Ok(rows)
}

/// The trials of a sweep, for programs.
#[derive(Debug, Serialize)]
struct TrialsJson {
    sweep_id: String,
    sweep_name: String,
    metric: Option<MetricJson>,
    metrics: Vec<MetricJson>,
    trials: Vec<TrialJson>,
}

fn metrics_of(config: &Config) -> Vec<MetricJson> {
    let objectives = config.objectives();
    let chosen = |metric: &MetricConfig| ChosenMetric::of(config, Some(&metric.name), None);
    objectives.metrics.iter().filter_map(chosen).map(|metric| MetricJson::of(&metric)).collect()
}

/// What was typed, with the sweep that it is about.
struct TrialsRequest<'a> {
    args: &'a TrialsArgs,
    config: &'a Config,
    metric: Option<&'a ChosenMetric>,
    now: i64,
}

impl TrialsRequest<'_> {
    /// The names that were asked for: their columns stay, however little space there is.
    fn named(&self) -> Vec<String> {
        let filter = self.args.filter.as_deref().and_then(|text| Filter::parse(text).ok());
        let filter = filter.map(|filter| filter.names().to_vec()).unwrap_or_default();
        let plain = |name: String| plain_name(&name.replace('`', "")).1.to_owned();
        let asked = self.args.sort.iter().cloned().chain(filter);
        asked.flat_map(|name| [plain(name.clone()), name]).collect()
    }

    fn nothing(&self, sweep: &Sweep) -> String {
        match &self.args.filter {
            Some(filter) if filter.contains("status") => {
                format!(
                    "No trial matches. A status is FINISHED, STOPPED, FAILED, KILLED or RUNNING: {filter}"
                )
            }
            Some(filter) => format!("No trial matches: {filter}"),
            None if self.args.pareto => "No trial is on the front yet.".to_owned(),
            None if self.args.top.is_some() => "No trial has a value of the metric yet.".to_owned(),
            None => format!("No trial yet. Start some: sweep run --sweep-id={}", sweep.id()),
        }
    }
}

/// The trials that are shown.
struct TrialList<'a> {
    rows: &'a [TrialRow],
    asked: &'a TrialsRequest<'a>,
    /// Parameters, the most important first, where the sweep was analysed.
    important: Vec<String>,
}

/// The parameters of a sweep in the order of their importance, as `sweep finalize` has left it.
fn important(sweep: &Sweep) -> Vec<String> {
    let names = sweep.parent.tag(tags::IMPORTANCE).and_then(|names| serde_json::from_str(names).ok());
    names.unwrap_or_default()
}

impl TrialList<'_> {
    /// Parameters that some trial has, by whether they differ among those that are shown.
    fn params(&self) -> (Vec<String>, Vec<String>) {
        let mut paths: Vec<String> =
            self.asked.config.space.leaves().into_iter().map(|leaf| leaf.name).collect();
        let mut seen: BTreeSet<String> = paths.iter().cloned().collect();
        for row in self.rows {
            paths.extend(
                row.point.leaves().into_iter().map(|(path, _)| path).filter(|path| seen.insert(path.clone())),
            );
        }
        let paths = self.asked.config.in_order(paths, |path| path);
        let differs = |path: &String| {
            let first = self.rows.first().map(|row| row.point.get(path));
            self.rows.len() < 2 || self.rows.iter().any(|row| Some(row.point.get(path)) != first)
        };
        paths.into_iter().partition(differs)
    }

    /// Metrics besides the sweep's own: the one that is reported, then those that most trials have first.
    fn other_metrics(&self) -> Vec<String> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for metric in self.rows.iter().flat_map(|row| &row.run.metrics) {
            *counts.entry(&metric.key).or_default() += 1;
        }
        let own = self.asked.metric.map(|metric| metric.name.as_str());
        let mut names: Vec<(usize, &str)> = counts
            .into_iter()
            .filter(|(name, _)| Some(*name) != own)
            .map(|(name, count)| (count, name))
            .collect();
        let reported = self.asked.config.report_metric.as_ref().map(|metric| metric.name.as_str());
        names.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        names.sort_by_key(|(_, name)| Some(*name) != reported);
        names.into_iter().map(|(_, name)| name.to_owned()).collect()
    }

    fn sheet(&self) -> Sheet {
        let (differ, same) = self.params();
        let others = self.other_metrics();
        let metric = self.asked.metric.map(|metric| metric.name.clone());
        let columns = self.columns(&differ, &same, metric.as_deref(), &others);
        let cell = |value: Option<&Value>| value.cloned().map_or(SheetCell::Empty, SheetCell::Value);
        let row = |row: &TrialRow| {
            let info = &row.run.info;
            let took = row.took(self.asked.now).map_or(SheetCell::Empty, SheetCell::Took);
            let attempt = u64::from(attempt_of(&row.run));
            let mut cells = vec![
                row.trial.into(),
                SheetCell::Count(attempt),
                SheetCell::Id(info.id.to_string()),
                status_cell(&row.run),
                SheetCell::Moment(info.start_time),
                info.end_time.map_or(SheetCell::Empty, SheetCell::Moment),
                took.clone(),
                SheetCell::number(row.value),
            ];
            cells.extend(differ.iter().chain(&same).map(|path| cell(row.point.get(path))));
            cells.push(SheetCell::number(row.value));
            cells.extend(others.iter().map(|name| SheetCell::number(row.metric(name))));
            cells.extend([took, SheetCell::Id(info.id.to_string())]);
            cells
        };
        Sheet { columns, rows: self.rows.iter().map(row).collect() }
    }

    /// In CSV first the columns of `finalize`'s table of trials, which `sweep analyze --csv` knows.
    fn columns(
        &self,
        differ: &[String],
        same: &[String],
        metric: Option<&str>,
        others: &[String],
    ) -> Vec<SheetColumn> {
        let again = self.rows.iter().any(|row| attempt_of(&row.run) > 1);
        let hidden = |column: SheetColumn, shown: bool| if shown { column } else { column.csv_only() };
        let [index, attempt, run_id, status, start, end, duration] = TRIAL_COLUMNS;
        let taken = |name: &str| TRIAL_COLUMNS.contains(&name);
        let param = |path: &str| if taken(path) { format!("params.{path}") } else { path.to_owned() };
        let is_param = |name: &str| differ.iter().chain(same).any(|path| path == name);
        let key = |name: &str| {
            if taken(name) || is_param(name) { format!("metrics.{name}") } else { name.to_owned() }
        };
        let mut columns = vec![
            SheetColumn::new("Trial", index),
            hidden(SheetColumn::new("Attempt", attempt).rank(MINOR), again),
            SheetColumn::new("", run_id).csv_only(),
            SheetColumn::new("Status", status),
            SheetColumn::new("", start).csv_only(),
            SheetColumn::new("", end).csv_only(),
            SheetColumn::new("", duration).csv_only(),
            match metric {
                Some(name) => SheetColumn::new(name, "").table_only(),
                None => SheetColumn::new("", "").nobody(),
            },
        ];
        let mut named = self.asked.named();
        named.extend(self.asked.config.report_metric.as_ref().map(|metric| metric.name.clone()));
        let rank = |name: &String, rank: u32| if named.contains(name) { 0 } else { rank };
        // The most important parameters stay the longest, or the first where nothing is known of that.
        let place = |path: &String| {
            self.important.iter().position(|name| name == path).unwrap_or(self.important.len())
        };
        columns.extend(
            differ
                .iter()
                .map(|path| SheetColumn::new(path, &param(path)).rank(rank(path, 1)).place(place(path))),
        );
        columns.extend(same.iter().map(|path| SheetColumn::new(path, &param(path)).csv_only()));
        columns.push(match metric {
            Some(name) => SheetColumn::new(name, &key(name)).csv_only(),
            None => SheetColumn::new("", "").nobody(),
        });
        columns.extend(others.iter().map(|name| SheetColumn::new(name, &key(name)).rank(rank(name, 2))));
        columns.push(SheetColumn::new("Took", "").table_only().rank(MINOR + 1));
        columns.push(SheetColumn::new("Run", "").table_only().rank(MINOR + 2));
        columns
    }

    fn tell_what_is_the_same(&self, setting: &Setting) {
        // Who names columns has said what is to be seen.
        if !setting.columns.is_empty() {
            return;
        }
        let (_, same) = self.params();
        let Some(first) = self.rows.first() else { return };
        let pairs: Vec<(String, Value)> = same
            .into_iter()
            .filter_map(|path| first.point.get(&path).cloned().map(|value| (path, value)))
            .collect();
        if !pairs.is_empty() {
            setting.ui.say(&format!("The same in all of them: {}", words::point(&Point(pairs))));
        }
    }
}
