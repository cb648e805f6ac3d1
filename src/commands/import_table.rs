//! A table of runs, on its way into a store: the sweep around them is inferred.

use std::collections::BTreeMap;
use std::path::Path;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::imported::{AskedToEnd, ImportArgs, Imported, finish, unless_asked_to_end};
use super::importer::Importer;
use super::read_table::read_table;
use crate::plain::{Around, Asked, Table, TableTrial, TrialRecord, infer_config};
use crate::process::now_ms;
use crate::query::IMPORTED;
use crate::record::{NewSweep, tags};
use crate::tracking::Metric;
use crate::trial::TrialIndex;
use crate::ui::{Ui, words};

/// A table, and what is made of it.
pub(super) struct Guess {
    table: Table,
    config: String,
    name: String,
    experiment: String,
    source: String,
}

impl Guess {
    /// Reads a table, and infers the sweep around it.
    pub(super) fn read(from: &Path, args: &ImportArgs) -> Result<Self, Failure> {
        let asked = Asked { metric: args.metric.clone(), params: args.params.clone() };
        let table = read_table(from, &asked)?;
        let Some(goal) = args.goal else {
            let message =
                format!("`--goal` is missing: minimize or maximize `{}`?", words::printable(&table.metric));
            return Err(Failure::new(Exit::Usage, message).hint("Add --goal minimize or --goal maximize."));
        };
        let source = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = from.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = args.name.clone().unwrap_or(stem);
        let experiment = args.experiment.clone().unwrap_or_else(|| "Default".to_owned());
        if let Some(unknown) = args.log.iter().find(|name| !table.params.contains(name)) {
            let message = format!("--log {unknown}: there is no such parameter");
            return Err(
                Failure::new(Exit::Usage, message).hint(format!("Parameters: {}.", table.params.join(", ")))
            );
        }
        let (name_of, experiment_of) = (name.as_str(), experiment.as_str());
        let around =
            Around { name: name_of, experiment: experiment_of, goal, source: &source, log: &args.log };
        let config = infer_config(&table, &around);
        Ok(Self { table, config, name, experiment, source })
    }
}

/// Says what was taken for what.
pub(super) fn tell(ui: &Ui, table: &Table) {
    let params = table.params.join(", ");
    ui.say(&format!("Read as {}. Metric: {}. Params: {params}", table.dialect.name(), table.metric));
    if let Some((line, why)) = table.left_out.first() {
        let rows = words::count(table.left_out.len() as u64, "row");
        ui.warn(&format!("{rows} left out; line {line}: {why}"));
    }
}

/// Enters the runs of a table.
pub(super) async fn import(context: &Context, guess: &Guess) -> Result<Imported, Failure> {
    tell(&context.ui, &guess.table);
    let now = now_ms();
    let identity = context.identity();
    let first = guess.table.trials.iter().filter_map(|trial| trial.start).min();
    let note = format!("Imported from {} ({}).", guess.source, guess.table.dialect.name());
    let new = NewSweep {
        name: &guess.name,
        experiment: &guess.experiment,
        config: guess.config.as_bytes(),
        seed: 0,
        method: IMPORTED,
        note: Some(&note),
        user: &identity.user,
        tags: Vec::new(),
        prior: None,
        now: first.unwrap_or(now),
    };
    let source = format!("table {} {}", guess.name, guess.config);
    let trials = guess.table.trials.len();
    let asked = AskedToEnd::listen().await;
    let mut importer = Importer::begin(context, new, source.as_bytes(), trials).await?;
    let all = unless_asked_to_end(asked, all(guess, now, &mut importer)).await;
    finish(importer, all, trials as u64).await
}

async fn all(guess: &Guess, now: i64, importer: &mut Importer<'_>) -> Result<(), Failure> {
    for (index, trial) in (0..).map(TrialIndex).zip(&guess.table.trials) {
        let record = record(index, trial, now);
        let timestamp = record.end.unwrap_or(record.start).max(0);
        let metric =
            |(key, value): (&String, &f64)| Metric { key: key.clone(), value: *value, timestamp, step: 0 };
        importer.add(&record, record.metrics.iter().map(metric).collect()).await?;
    }
    importer.conclude().await
}

/// A row as a trial. A moment that the table does not tell is now.
fn record(index: TrialIndex, trial: &TableTrial, now: i64) -> TrialRecord {
    let leaves = || trial.point.leaves().into_iter().map(|(name, value)| (name, value.text()));
    let mut all: BTreeMap<String, String> = trial.tags.iter().cloned().collect();
    all.extend(leaves().map(|(name, text)| (format!("{}{name}", tags::PARAM_PREFIX), text)));
    if trial.stopped_early {
        all.insert(tags::STOPPED_RULE.into(), "imported".into());
    }
    let start = trial.start.unwrap_or_else(|| trial.end.unwrap_or(now));
    TrialRecord {
        index,
        attempt: 1,
        run_id: String::new(),
        run_name: trial.name.clone().unwrap_or_else(|| format!("trial-{:04}", index.0)),
        sweep_id: String::new(),
        status: trial.status,
        start,
        end: Some(trial.end.unwrap_or(start)),
        exit_code: None,
        point: trial.point.clone(),
        params: leaves().collect(),
        metrics: trial.metrics.iter().cloned().collect(),
        tags: all,
    }
}
