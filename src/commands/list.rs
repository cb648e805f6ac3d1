//! `sweep list`: all sweeps of the store, the newest first.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use super::shared::workspace::LatestSweep;
use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Setting, print_csv, print_json, print_sheet,
};
use crate::query::{BestJson, Counts, MetricJson, Overview, SweepState};
use crate::record::{ImportMark, Sweep, tags};
use crate::tracking::{Result as StoreResult, Run, Store};
use crate::ui::{MINOR, Sheet, SheetCell, SheetColumn, words};

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct ListArgs {
    /// The newest so many; `None`: all.
    pub most: Option<usize>,
    /// How the list is printed.
    pub format: AnswerFormat,
}

/// Sweeps that are read side by side.
const AT_ONCE: usize = 8;

/// Prints all sweeps of the store.
///
/// # Errors
/// Where the store can't be read.
pub async fn list(setting: &Setting, args: &ListArgs) -> Result<Exit, CommandFailure> {
    let context = match Context::open_to_read(setting) {
        Ok(context) => context,
        // No database is no fault of a list: it has nothing in it.
        Err(failure) if failure.exit == Exit::Usage && setting.tracking_uri.is_none() => {
            return print(setting, &[], args.format);
        }
        Err(failure) => return Err(failure),
    };
    let mut parents = Sweep::all(context.store.as_ref()).await?;
    parents.sort_by(|a, b| (b.info.start_time, &b.info.id).cmp(&(a.info.start_time, &a.info.id)));
    parents.truncate(args.most.unwrap_or(usize::MAX));
    let experiments: HashMap<String, String> = context
        .store
        .experiments()
        .await?
        .into_iter()
        .map(|experiment| (experiment.id.0, experiment.name))
        .collect();
    let latest = LatestSweep::load(&context.folder)
        .filter(|latest| latest.tracking_uri == context.store.uri())
        .map(|latest| latest.sweep_id);
    let overviews = read_all(&context.store, &parents).await?;
    let entries: Vec<ListedSweep> = parents
        .iter()
        .zip(overviews)
        .map(|(parent, overview)| ListedSweep {
            id: parent.info.id.to_string(),
            name: parent.info.name.clone(),
            experiment: experiments.get(&parent.info.experiment_id.0).cloned().unwrap_or_default(),
            state: overview
                .as_ref()
                .map_or_else(|| half_or_unreadable(parent), |overview| overview.state().word()),
            method: parent.tag(tags::METHOD).map(str::to_owned),
            created: words::moment(parent.info.start_time),
            metric: overview.as_ref().and_then(Overview::metric_json),
            metrics: overview.as_ref().map(Overview::metrics_json).unwrap_or_default(),
            trials: overview.as_ref().map(Overview::counts),
            best: overview.as_ref().and_then(Overview::best_json),
            front: overview.as_ref().and_then(|overview| Some(overview.front.as_ref()?.trials.len())),
            report_behind: overview.as_ref().and_then(Overview::report_behind),
            latest: latest.as_ref() == Some(&parent.info.id.0),
            created_ms: parent.info.start_time,
        })
        .collect();
    print(setting, &entries, args.format)
}

/// What is said of a sweep that has no ledger or no config.
fn half_or_unreadable(parent: &Run) -> &'static str {
    if ImportMark::of(parent).is_some() { SweepState::Importing.word() } else { "unreadable" }
}

/// Looks at all of them, some side by side; `None`: another program made it, or its ledger is gone.
async fn read_all(store: &Arc<dyn Store>, parents: &[Run]) -> StoreResult<Vec<Option<Overview>>> {
    let read = |parent: Run| Overview::read_if_ours(store, parent);
    stream::iter(parents.to_vec()).map(read).buffered(AT_ONCE).try_collect().await
}

/// A sweep of the list.
#[derive(Debug, Serialize)]
struct ListedSweep {
    id: String,
    name: String,
    experiment: String,
    state: &'static str,
    method: Option<String>,
    created: String,
    metric: Option<MetricJson>,
    /// All metrics.
    metrics: Vec<MetricJson>,
    trials: Option<Counts>,
    best: Option<BestJson>,
    /// With several metrics, how many trials no other one beats.
    front: Option<usize>,
    /// Results that have come in since it was finalized.
    report_behind: Option<u64>,
    /// Whether commands mean this one where none is named.
    latest: bool,
    #[serde(skip)]
    created_ms: i64,
}

fn print(setting: &Setting, entries: &[ListedSweep], format: AnswerFormat) -> Result<Exit, CommandFailure> {
    match format {
        AnswerFormat::Json => print_json(&setting.ui, &entries),
        AnswerFormat::Csv => print_csv(setting, &sheet(entries))?,
        AnswerFormat::Table if entries.is_empty() => {
            setting.ui.say("No sweep yet. Write a sweep file, then: sweep init config.yaml");
        }
        AnswerFormat::Table => print_sheet(setting, &sheet(entries))?,
    }
    Ok(Exit::Done)
}

fn sheet(entries: &[ListedSweep]) -> Sheet {
    let any = |of: fn(&Counts) -> u64| entries.iter().filter_map(|e| e.trials.as_ref()).any(|t| of(t) > 0);
    let shown = |column: SheetColumn, shown: bool| if shown { column } else { column.csv_only() };
    let columns = vec![
        SheetColumn::new("Name", "name"),
        SheetColumn::new("State", "state"),
        SheetColumn::new("Trials", "").table_only(),
        shown(SheetColumn::new("Running", "running"), any(|trials| trials.running)),
        shown(SheetColumn::new("Failed", "failed"), any(|trials| trials.failed)),
        shown(SheetColumn::new("Stopped early", "stopped_early").rank(2), any(|trials| trials.stopped_early)),
        shown(SheetColumn::new("Killed", "killed").rank(2), any(|trials| trials.killed)),
        SheetColumn::new("Best", "best"),
        stale(entries),
        SheetColumn::new("Metric", "metric").rank(MINOR + 3),
        SheetColumn::new("Method", "method").rank(MINOR + 1),
        SheetColumn::new("Experiment", "experiment").rank(MINOR + 2),
        SheetColumn::new("Created", "created").rank(MINOR),
        SheetColumn::new("Id", "id"),
        SheetColumn::new("", "finished").csv_only(),
        SheetColumn::new("", "begun").csv_only(),
        SheetColumn::new("", "limit").csv_only(),
        SheetColumn::new("", "best_trial").csv_only(),
        SheetColumn::new("", "report_behind").csv_only(),
    ];
    Sheet { columns, rows: entries.iter().map(row).collect() }
}

/// The column of reports that are out of date, where there are any.
fn stale(entries: &[ListedSweep]) -> SheetColumn {
    let column = SheetColumn::new("Report", "");
    let any = entries.iter().any(|entry| entry.report_behind.is_some());
    if any { column.table_only() } else { column.nobody() }
}

/// `loss`, or `loss, time (front of 5)`.
fn metric_words(entry: &ListedSweep) -> Option<String> {
    let names: Vec<&str> = entry.metrics.iter().map(MetricJson::name).collect();
    let front = entry.front.map(|size| format!(" (front of {size})")).unwrap_or_default();
    (!names.is_empty()).then(|| format!("{}{front}", names.join(", ")))
}

fn row(entry: &ListedSweep) -> Vec<SheetCell> {
    let count =
        |of: fn(&Counts) -> u64| entry.trials.as_ref().map_or(SheetCell::Empty, |t| SheetCell::Count(of(t)));
    let best = entry.best.as_ref();
    let done = entry.trials.map(|trials| match trials.limit {
        Some(limit) => format!("{}/{limit}", trials.done()),
        None => trials.done().to_string(),
    });
    vec![
        SheetCell::Text(entry.name.clone()),
        SheetCell::Text(entry.state.to_owned()),
        SheetCell::figure(done),
        count(|trials| trials.running),
        count(|trials| trials.failed),
        count(|trials| trials.stopped_early),
        count(|trials| trials.killed),
        SheetCell::number(best.map(BestJson::value)),
        entry.report_behind.map_or(SheetCell::Empty, |behind| {
            SheetCell::Figure(format!("older than {}", words::count(behind, "trial")))
        }),
        SheetCell::text(metric_words(entry)),
        SheetCell::text(entry.method.clone()),
        SheetCell::Text(entry.experiment.clone()),
        SheetCell::Moment(entry.created_ms),
        SheetCell::Id(entry.id.clone()),
        count(|trials| trials.finished),
        count(|trials| trials.begun),
        entry.trials.and_then(|trials| trials.limit).map_or(SheetCell::Empty, SheetCell::Count),
        best.and_then(BestJson::trial).map_or(SheetCell::Empty, SheetCell::from),
        entry.report_behind.map_or(SheetCell::Empty, SheetCell::Count),
    ]
}
