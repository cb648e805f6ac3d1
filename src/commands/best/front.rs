//! The front of a sweep with several metrics, and the one of it that was asked for.

use super::super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Setting, print_csv, print_json, print_sheet,
};
use super::shape::{BestArgs, BestTrialJson, BestTrialsJson, FrontChoice, paths};
use super::spelled::spell_rows;
use super::trial_form::TrialForm;
use crate::config::Config;
use crate::process::now_ms;
use crate::query::{ChosenMetric, Front, FrontTrial, MetricJson, TrialRow, shown_command};
use crate::record::{Ledger, Sweep, index_of};
use crate::ui::{Drawing, MINOR, Sheet, SheetCell, SheetColumn, words};

/// Prints the front, or the one of it that was asked for.
pub(super) async fn front(
    setting: &Setting,
    context: &Context,
    (sweep, config): (&Sweep, &Config),
    args: &BestArgs,
) -> Result<Exit, CommandFailure> {
    let results = Ledger::read(context.store.as_ref(), &sweep.ledger).await?.results();
    let front = Front::read(&context.store, sweep, config, &results).await?;
    let trials = chosen(&front, args)?;
    if trials.is_empty() && (args.spelling.is_some() || args.format == AnswerFormat::Table) {
        return Err(nothing(sweep, &front));
    }
    let metrics = front.metrics();
    let Some(first) = metrics.first() else { return Err(nothing(sweep, &front)) };
    let rows: Vec<TrialRow> = trials
        .iter()
        .filter_map(|trial| TrialRow::of(trial.run.clone(), Some(first), trial.values.first().copied()))
        .collect();
    if let Some(spelling) = args.spelling {
        refuse_several(&rows, spelling, args)?;
        return spell_rows(setting, context, (sweep, config), rows, spelling);
    }
    match args.format {
        AnswerFormat::Json => {
            print_json(&setting.ui, &json((sweep, config), &front, (first, &metrics), &rows, &trials));
        }
        AnswerFormat::Csv => print_csv(setting, &sheet((sweep, config), &metrics, &rows, &trials))?,
        AnswerFormat::Table => {
            let boxed = setting.ui.drawing == Drawing::Boxes && setting.columns.is_empty();
            if boxed {
                setting.ui.tell(&format!("{}\n", headline(sweep, &front, args)));
            }
            print_sheet(setting, &sheet((sweep, config), &metrics, &rows, &trials))?;
            if boxed {
                advise(setting, &front, &rows, args);
            }
        }
    }
    Ok(Exit::Done)
}

/// The trials that were asked for.
fn chosen<'a>(front: &'a Front, args: &BestArgs) -> Result<Vec<&'a FrontTrial>, CommandFailure> {
    let one = |place: Option<usize>| place.and_then(|place| front.trials.get(place)).into_iter().collect();
    Ok(match &args.choice {
        FrontChoice::All => front.trials.iter().take(args.number.unwrap_or(usize::MAX)).collect(),
        FrontChoice::Knee => one(front.knee()),
        FrontChoice::Preferred(weights) => one(front.preferred(&weights_of(front, weights)?)),
    })
}

/// A weight for each metric; those that are not named have none.
fn weights_of(front: &Front, typed: &[(String, f64)]) -> Result<Vec<f64>, CommandFailure> {
    let names: Vec<&str> = front.names().collect();
    if let Some((unknown, _)) = typed.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        let message = format!("--prefer: `{unknown}` is not a metric of this sweep");
        return Err(
            CommandFailure::new(Exit::Usage, message).hint(format!("Its metrics are {}.", names.join(", ")))
        );
    }
    let weight =
        |name: &&str| typed.iter().find(|(known, _)| known == name).map_or(0.0, |(_, weight)| *weight);
    Ok(names.iter().map(weight).collect())
}

fn refuse_several(rows: &[TrialRow], spelling: TrialForm, args: &BestArgs) -> Result<(), CommandFailure> {
    let asked_for = args.number.is_some() && spelling != TrialForm::Env;
    if rows.len() < 2 || asked_for {
        return Ok(());
    }
    let message = format!("the front has {} trials, and one is needed", rows.len());
    Err(CommandFailure::new(Exit::Usage, message)
        .hint("Choose one: --knee, --prefer 'NAME=WEIGHT,…', or --metric NAME for the best by one metric."))
}

fn nothing(sweep: &Sweep, front: &Front) -> CommandFailure {
    let names: Vec<&str> = front.names().collect();
    let limits: Vec<String> = front.objectives.limits.iter().map(ToString::to_string).collect();
    let limits = if limits.is_empty() { String::new() } else { format!(" within {}", limits.join(" and ")) };
    let message = format!(
        "no finished trial of {} has a number for each of {}{limits}",
        sweep.parent.info.name,
        names.join(", ")
    );
    CommandFailure::new(Exit::WorkFailed, message).hint("`sweep trials` shows what its trials have logged.")
}

fn headline(sweep: &Sweep, front: &Front, args: &BestArgs) -> String {
    let name = words::printable(&sweep.parent.info.name);
    let candidates = words::count(front.candidates() as u64, "candidate");
    let others = match front.others {
        0 => String::new(),
        1 => " (1 trial breaks a limit or lacks a value)".to_owned(),
        count => format!(" ({} break a limit or lack a value)", words::count(count as u64, "trial")),
    };
    let what = match &args.choice {
        FrontChoice::All => {
            format!("{} that no other beats", words::count(front.trials.len() as u64, "trial"))
        }
        FrontChoice::Knee => "The knee".to_owned(),
        FrontChoice::Preferred(_) => "The one that the weights ask for".to_owned(),
    };
    format!("{what}, of {candidates} of {name}{others}: {}", words::printable(&front.objectives.words()))
}

fn advise(setting: &Setting, front: &Front, rows: &[TrialRow], args: &BestArgs) {
    let named = args.sweep.0.as_ref().map(|sweep| format!(" {sweep}")).unwrap_or_default();
    if let (FrontChoice::All, Some(knee)) = (&args.choice, front.knee().and_then(|at| front.trials.get(at))) {
        let trial = index_of(&knee.run).map_or_else(String::new, |trial| trial.to_string());
        setting.ui.say(&format!("The knee is trial {trial}: sweep best{named} --knee"));
    } else if let [row] = rows {
        setting.ui.say(&format!("Show it: sweep show {}", row.trial));
    }
}

fn json(
    (sweep, config): (&Sweep, &Config),
    front: &Front,
    (first, metrics): (&ChosenMetric, &[ChosenMetric]),
    rows: &[TrialRow],
    trials: &[&FrontTrial],
) -> BestTrialsJson {
    let trial = |(row, trial): (&TrialRow, &&FrontTrial)| BestTrialJson {
        trial: row.json(now_ms()),
        values: trial.values.clone(),
        confirmed: None,
        command: shown_command(sweep, config, &row.run),
    };
    BestTrialsJson {
        sweep_id: sweep.id().to_string(),
        sweep_name: sweep.parent.info.name.clone(),
        metric: MetricJson::of(first),
        metrics: metrics.iter().map(MetricJson::of).collect(),
        limits: front.objectives.limits.iter().map(ToString::to_string).collect(),
        noise: None,
        report_metric: None,
        trials: rows.iter().zip(trials).map(trial).collect(),
    }
}

fn sheet(
    (sweep, config): (&Sweep, &Config),
    metrics: &[ChosenMetric],
    rows: &[TrialRow],
    trials: &[&FrontTrial],
) -> Sheet {
    let paths = paths(config, rows);
    let mut columns = vec![SheetColumn::new("Trial", "trial")];
    columns.extend(metrics.iter().map(|metric| SheetColumn::new(&metric.name, &metric.name)));
    let is_taken = |path: &str| {
        ["trial", "run_id", "command"].contains(&path) || metrics.iter().any(|one| one.name == path)
    };
    let key = |path: &str| if is_taken(path) { format!("params.{path}") } else { path.to_owned() };
    columns.extend(paths.iter().map(|path| SheetColumn::new(path, &key(path)).rank(1)));
    columns.push(SheetColumn::new("Run", "run_id").rank(MINOR));
    columns.push(SheetColumn::new("", "command").csv_only());
    let row = |(row, trial): (&TrialRow, &&FrontTrial)| {
        let mut cells: Vec<SheetCell> = vec![row.trial.into()];
        cells.extend(trial.values.iter().map(|value| SheetCell::number(Some(*value))));
        cells.extend(
            paths.iter().map(|path| row.point.get(path).cloned().map_or(SheetCell::Empty, SheetCell::Value)),
        );
        cells.push(SheetCell::Id(row.run.info.id.to_string()));
        cells.push(SheetCell::text(shown_command(sweep, config, &row.run)));
        cells
    };
    Sheet { columns, rows: rows.iter().zip(trials).map(row).collect() }
}
