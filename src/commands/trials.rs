//! `sweep trials`: the trials of a sweep as a table that can be sorted and filtered.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::shared::{
    AnswerFormat, Context, Exit, Failure, Setting, SweepChoice, deleted_words, load_sweep, print_csv,
    print_json, print_sheet, status_cell,
};
use crate::config::{Config, ConstraintError, Filter, Goal, Summary};
use crate::exchange::TRIAL_COLUMNS;
use crate::process::now_ms;
use crate::query::{ChosenMetric, Columns, Field, MetricJson, ROW_TAGS, TrialJson, TrialRow, plain_name};
use crate::record::{Ledger, Ranking, Sweep, TrialRuns, attempt_of, best_runs, stopped_early, tags};
use crate::space::{Point, Value};
use crate::tracking::{Run, RunId, Want};
use crate::trial::RunStatus;
use crate::ui::{Cell, Column, MINOR, Sheet, words};

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
    /// How they are printed.
    pub format: AnswerFormat,
}

/// Prints the trials of a sweep.
///
/// # Errors
/// Where the sweep can't be read, or a column is asked for that there is not.
pub async fn trials(setting: &Setting, args: &TrialsArgs) -> Result<Exit, Failure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    let metric = ChosenMetric::of(config.metric.as_ref(), None, None);
    let asked = Asked { args, config: &config, metric: metric.as_ref(), now: now_ms() };
    let rows = asked.rows(&context, &sweep).await?;
    let list = List { rows: &rows, asked: &asked, important: important(&sweep) };
    match args.format {
        AnswerFormat::Json => print_json(
            &setting.ui,
            &TrialsJson {
                sweep_id: sweep.id().to_string(),
                sweep_name: sweep.parent.info.name.clone(),
                metric: metric.as_ref().map(MetricJson::of),
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

/// The trials of a sweep, for programs.
#[derive(Debug, Serialize)]
struct TrialsJson {
    sweep_id: String,
    sweep_name: String,
    metric: Option<MetricJson>,
    trials: Vec<TrialJson>,
}

/// What is asked of a sweep's trials.
struct Asked<'a> {
    args: &'a TrialsArgs,
    config: &'a Config,
    metric: Option<&'a ChosenMetric>,
    now: i64,
}

/// A way to sort: by what, and whether the largest comes first.
struct Sorting {
    field: Field,
    descending: bool,
}

impl Asked<'_> {
    async fn rows(&self, context: &Context, sweep: &Sweep) -> Result<Vec<TrialRow>, Failure> {
        let filter = self.args.filter.as_deref().map(parse_filter).transpose()?;
        if filter.is_none()
            && let Some(top) = self.args.top
            && let Some(rows) = self.top_of_store(context, sweep, top).await?
        {
            return Ok(rows);
        }
        let want = Want { metrics: None, ..Want::only(&ROW_TAGS, &[]) };
        let runs = TrialRuns::read_of(context.store.as_ref(), sweep, want).await?;
        if !runs.deleted.is_empty() {
            context.ui.say(&format!("{}.", deleted_words(runs.deleted.len() as u64)));
        }
        // Only where more than the latest value is asked for are histories read.
        let values = match self.metric.filter(|metric| metric.summary != Summary::Last) {
            Some(metric) => metric.values(&context.store, runs.iter().map(|(_, run)| run)).await?,
            None => HashMap::<RunId, f64>::new(),
        };
        let row = |run: Run| {
            let value = values.get(&run.info.id).copied();
            TrialRow::of(run, self.metric, value)
        };
        let mut rows: Vec<TrialRow> = runs.into_runs().filter_map(row).collect();
        let known = self.known(&rows);
        if let Some(filter) = &filter {
            rows = self.filtered(rows, filter, &known)?;
        }
        if self.args.top.is_some() && self.args.sort.is_none() && self.metric.is_some() {
            // The best of them are asked for.
            let has_result = |run: &Run| run.info.status == RunStatus::Finished || stopped_early(run);
            rows.retain(|row| has_result(&row.run) && row.value.is_some());
        }
        if let Some(sorting) = self.sorting(&known)? {
            self.sort(&mut rows, &sorting);
        }
        rows.truncate(self.args.top.unwrap_or(usize::MAX));
        Ok(rows)
    }

    /// The first by a metric, as the store sorts them; `None`: it can't, or something else is asked for.
    async fn top_of_store(
        &self,
        context: &Context,
        sweep: &Sweep,
        top: usize,
    ) -> Result<Option<Vec<TrialRow>>, Failure> {
        let Some(metric) = self.metric.filter(|metric| metric.summary == Summary::Last) else {
            return Ok(None);
        };
        let goal = match &self.args.sort {
            None => metric.goal,
            Some(name) if *name == metric.name => {
                Some(if self.args.desc { Goal::Maximize } else { Goal::Minimize })
            }
            Some(_) => None,
        };
        let Some(goal) = goal else { return Ok(None) };
        let by = Ranking { metric: &metric.name, goal, most: top, finished: self.args.sort.is_none() };
        if !by.can_be_said() || top == 0 {
            return Ok(None);
        }
        let store = context.store.as_ref();
        let results = Ledger::read(store, &sweep.ledger).await?.results();
        let want = Want { metrics: None, ..Want::only(&ROW_TAGS, &[]) };
        let runs = best_runs(store, sweep, &results, by, want).await?;
        Ok(Some(runs.into_iter().filter_map(|run| TrialRow::of(run, Some(metric), None)).collect()))
    }

    fn known(&self, rows: &[TrialRow]) -> Columns {
        let mut known = Columns::default();
        known.params.extend(self.config.space.leaves().into_iter().map(|leaf| leaf.name));
        known.metrics.extend(self.metric.map(|metric| metric.name.clone()));
        for row in rows {
            for (path, _) in row.point.leaves() {
                if !known.params.contains(&path) {
                    known.params.insert(path);
                }
            }
            for metric in &row.run.metrics {
                if !known.metrics.contains(&metric.key) {
                    known.metrics.insert(metric.key.clone());
                }
            }
        }
        known
    }

    fn filtered(
        &self,
        rows: Vec<TrialRow>,
        filter: &Filter,
        known: &Columns,
    ) -> Result<Vec<TrialRow>, Failure> {
        let fields = filter
            .names()
            .iter()
            .map(|name| Ok((name.clone(), known.field(name)?)))
            .collect::<Result<Vec<(String, Field)>, Failure>>()?;
        let mut kept = Vec::new();
        for row in rows {
            let values =
                fields.iter().map(|(name, field)| (name.clone(), row.field(field, self.metric, self.now)));
            if filter.lets_through(&Point(values.collect())).map_err(|error| unreadable(&error))? {
                kept.push(row);
            }
        }
        Ok(kept)
    }

    fn sorting(&self, known: &Columns) -> Result<Option<Sorting>, Failure> {
        if let Some(name) = &self.args.sort {
            return Ok(Some(Sorting { field: known.field(name)?, descending: self.args.desc }));
        }
        let by_metric =
            self.args.top.and(self.metric).and_then(|metric| Some((metric.name.clone(), metric.goal?)));
        Ok(match by_metric {
            Some((name, goal)) => {
                Some(Sorting { field: Field::Metric(name), descending: goal == Goal::Maximize })
            }
            None if self.args.desc => Some(Sorting { field: Field::Trial, descending: true }),
            None => None,
        })
    }

    /// What is not known comes last, whatever the direction.
    fn sort(&self, rows: &mut Vec<TrialRow>, sorting: &Sorting) {
        let key = |row: &TrialRow| row.field(&sorting.field, self.metric, self.now);
        let mut keyed: Vec<(Value, TrialRow)> = rows.drain(..).map(|row| (key(&row), row)).collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let order = compare(a, b);
            let both_known = !is_unknown(a) && !is_unknown(b);
            if sorting.descending && both_known { order.reverse() } else { order }
        });
        rows.extend(keyed.into_iter().map(|(_, row)| row));
    }

    /// The names that were asked for: their columns stay, however little room there is.
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
            None if self.args.top.is_some() => "No trial has a value of the metric yet.".to_owned(),
            None => format!("No trial yet. Start some: sweep run --sweep-id={}", sweep.id()),
        }
    }
}

fn parse_filter(text: &str) -> Result<Filter, Failure> {
    Filter::parse(text).map_err(|error| unreadable(&error))
}

fn unreadable(error: &ConstraintError) -> Failure {
    Failure::new(Exit::Usage, format!("--where: {error}"))
        .hint(
            "Example: --where 'lr < 0.01 and status = \"FINISHED\"'. Texts go in quotes, names that are not words in \
             backticks: --where '`val/loss` < 0.5'.",
        )
}

fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Float(number) => number.is_nan(),
        _ => false,
    }
}

/// Numbers before texts, what is not known last.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (is_unknown(a), is_unknown(b)) {
        (false, false) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.text().cmp(&b.text()),
        },
        (a, b) => a.cmp(&b),
    }
}

/// The trials that are shown.
struct List<'a> {
    rows: &'a [TrialRow],
    asked: &'a Asked<'a>,
    /// Parameters, the most important first, where the sweep was analysed.
    important: Vec<String>,
}

/// The parameters of a sweep in the order of their importance, as `sweep finalize` has left it.
fn important(sweep: &Sweep) -> Vec<String> {
    let names = sweep.parent.tag(tags::IMPORTANCE).and_then(|names| serde_json::from_str(names).ok());
    names.unwrap_or_default()
}

impl List<'_> {
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

    /// Metrics besides the sweep's own, those that most trials have first.
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
        names.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        names.into_iter().map(|(_, name)| name.to_owned()).collect()
    }

    fn sheet(&self) -> Sheet {
        let (differ, same) = self.params();
        let others = self.other_metrics();
        let metric = self.asked.metric.map(|metric| metric.name.clone());
        let columns = self.columns(&differ, &same, metric.as_deref(), &others);
        let cell = |value: Option<&Value>| value.cloned().map_or(Cell::Empty, Cell::Value);
        let row = |row: &TrialRow| {
            let info = &row.run.info;
            let took = row.took(self.asked.now).map_or(Cell::Empty, Cell::Took);
            let attempt = u64::from(attempt_of(&row.run));
            let mut cells = vec![
                Cell::Count(row.trial),
                Cell::Count(attempt),
                Cell::Id(info.id.to_string()),
                status_cell(&row.run),
                Cell::Moment(info.start_time),
                info.end_time.map_or(Cell::Empty, Cell::Moment),
                took.clone(),
                Cell::number(row.value),
            ];
            cells.extend(differ.iter().chain(&same).map(|path| cell(row.point.get(path))));
            cells.push(Cell::number(row.value));
            cells.extend(others.iter().map(|name| Cell::number(row.metric(name))));
            cells.extend([took, Cell::Id(info.id.to_string())]);
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
    ) -> Vec<Column> {
        let again = self.rows.iter().any(|row| attempt_of(&row.run) > 1);
        let hidden = |column: Column, shown: bool| if shown { column } else { column.csv_only() };
        let [index, attempt, run_id, status, start, end, duration] = TRIAL_COLUMNS;
        let taken = |name: &str| TRIAL_COLUMNS.contains(&name);
        let param = |path: &str| if taken(path) { format!("params.{path}") } else { path.to_owned() };
        let is_param = |name: &str| differ.iter().chain(same).any(|path| path == name);
        let key = |name: &str| {
            if taken(name) || is_param(name) { format!("metrics.{name}") } else { name.to_owned() }
        };
        let mut columns = vec![
            Column::new("Trial", index),
            hidden(Column::new("Attempt", attempt).rank(MINOR), again),
            Column::new("", run_id).csv_only(),
            Column::new("Status", status),
            Column::new("", start).csv_only(),
            Column::new("", end).csv_only(),
            Column::new("", duration).csv_only(),
            match metric {
                Some(name) => Column::new(name, "").table_only(),
                None => Column::new("", "").nobody(),
            },
        ];
        let named = self.asked.named();
        let rank = |name: &String, rank: u32| if named.contains(name) { 0 } else { rank };
        // The most important parameters stay the longest, or the first where nothing is known of that.
        let place = |path: &String| {
            self.important.iter().position(|name| name == path).unwrap_or(self.important.len())
        };
        columns.extend(
            differ.iter().map(|path| Column::new(path, &param(path)).rank(rank(path, 1)).place(place(path))),
        );
        columns.extend(same.iter().map(|path| Column::new(path, &param(path)).csv_only()));
        columns.push(match metric {
            Some(name) => Column::new(name, &key(name)).csv_only(),
            None => Column::new("", "").nobody(),
        });
        columns.extend(others.iter().map(|name| Column::new(name, &key(name)).rank(rank(name, 2))));
        columns.push(Column::new("Took", "").table_only().rank(MINOR + 1));
        columns.push(Column::new("Run", "").table_only().rank(MINOR + 2));
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
