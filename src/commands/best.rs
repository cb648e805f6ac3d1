//! `sweep best`: the best trials, in the form in which the next program wants them.

mod confirmed;
mod front;
mod shape;
mod spelled;
mod trial_form;

use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Setting, confirmed_headline, load_sweep, noise_words,
    print_csv, print_json, print_sheet, tell_reported,
};
use crate::config::Config;
use crate::process::now_ms;
use crate::query::{
    ChosenMetric, Confirmation, MetricJson, MetricNoise, NOISE_AT_A_GLANCE, Reported, TrialRow, metric_noise,
    shown_command,
};
use crate::record::{Ledger, Sweep};
use crate::ui::{Drawing, Facts, MINOR, Sheet, SheetCell, SheetColumn, Style, printable, words};
use shape::{BestTrialJson, BestTrialsJson, paths};
use spelled::{spell_rows, tell_of_tags};

pub use shape::{BestArgs, FrontChoice};
pub use trial_form::TrialForm;

/// Prints the best trials.
///
/// # Errors
/// Where the sweep can't be read, or its metric has no direction.
pub async fn best(setting: &Setting, args: &BestArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    if config.has_several_metrics() && args.metric.is_none() {
        return front::front(setting, &context, (&sweep, &config), args).await;
    }
    if args.choice != FrontChoice::All {
        return Err(no_front(args));
    }
    let metric = metric(&config, args)?;
    let results = Ledger::read(context.store.as_ref(), &sweep.ledger).await?.results();
    let confirmation = confirmed::of(&context, &sweep, &config, &metric).await?;
    let most = args.number.unwrap_or(1);
    let rows = confirmed::rows(&context, &sweep, &results, (&metric, confirmation.as_ref()), most).await?;
    if rows.is_empty() && (args.spelling.is_some() || args.format == AnswerFormat::Table) {
        return Err(nothing(&sweep, &metric));
    }
    if let Some(spelling) = args.spelling {
        return spell_rows(setting, &context, (&sweep, &config), rows, spelling);
    }
    let own = args.metric.is_none() && args.goal.is_none();
    let trust = match rows.first().filter(|_| own && args.format != AnswerFormat::Csv) {
        Some(best) => BestTrust::read(&context, (&sweep, &config), best, results.len() as u64).await?,
        None => BestTrust::default(),
    };
    match args.format {
        AnswerFormat::Json => {
            let trials = rows.iter().map(|row| BestTrialJson {
                trial: row.json(now_ms()),
                values: row.value.into_iter().collect(),
                confirmed: confirmation.as_ref().and_then(|confirmation| confirmation.json_of(row.trial)),
                command: shown_command(&sweep, &config, &row.run),
            });
            let json = BestTrialsJson {
                sweep_id: sweep.id().to_string(),
                sweep_name: sweep.parent.info.name.clone(),
                metric: MetricJson::of(&metric),
                metrics: vec![MetricJson::of(&metric)],
                limits: metric.limits.iter().map(ToString::to_string).collect(),
                noise: trust.noise.clone(),
                report_metric: trust.reported.as_ref().map(Reported::json),
                trials: trials.collect(),
            };
            print_json(&setting.ui, &json);
        }
        AnswerFormat::Csv => print_csv(setting, &sheet(&sweep, &config, &rows, &metric))?,
        AnswerFormat::Table => {
            match rows.as_slice() {
                [row] if in_words(setting) => {
                    tell_one(setting, (&sweep, &config), (&metric, confirmation.as_ref()), row, args);
                }
                rows => print_table(setting, (&sweep, &config), rows, &metric)?,
            }
            if confirmation.is_none() {
                trust.tell_noise(setting, &rows);
            }
            if let Some(reported) = &trust.reported {
                tell_reported(&setting.ui, reported, &metric.name);
            }
            confirmed::tell(setting, &sweep, confirmation.as_ref(), results.len());
        }
    }
    Ok(Exit::Done)
}

/// How far the best can be trusted.
#[derive(Default)]
struct BestTrust {
    noise: Option<MetricNoise>,
    reported: Option<Reported>,
}

impl BestTrust {
    /// Reads it, where there are not so many trials that reading them all takes long.
    async fn read(
        context: &Context,
        (sweep, config): (&Sweep, &Config),
        best: &TrialRow,
        results: u64,
    ) -> Result<Self, CommandFailure> {
        if results > NOISE_AT_A_GLANCE {
            return Ok(Self::default());
        }
        let best = best.run.info.id.as_str();
        Ok(Self {
            noise: metric_noise(&context.store, sweep, config).await?,
            reported: Reported::read(&context.store, sweep, config, best).await?,
        })
    }

    /// What the noise says of the best value that the search saw.
    fn tell_noise(&self, setting: &Setting, rows: &[TrialRow]) {
        let best = rows.first().and_then(|row| row.value);
        if let (Some(value), Some(said)) = (best, self.noise.as_ref().and_then(noise_words)) {
            setting.ui.tell(&format!("\n{}{said}.\n", words::number(value)));
        }
    }
}

fn metric(config: &Config, args: &BestArgs) -> Result<ChosenMetric, CommandFailure> {
    let metric = ChosenMetric::of(config, args.metric.as_deref(), args.goal).ok_or_else(|| {
        CommandFailure::new(Exit::Usage, "the config of the sweep has no metric to rank by")
            .hint("Give one: --metric NAME --goal minimize")
    })?;
    if metric.goal.is_none() {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("`--goal` is missing: minimize or maximize `{}`?", metric.name),
        )
        .hint("Add --goal minimize or --goal maximize."));
    }
    Ok(metric)
}

fn no_front(args: &BestArgs) -> CommandFailure {
    let message = match args.metric {
        Some(_) => "--knee and --prefer choose from a front, and --metric asks for the best by one metric",
        None => "--knee and --prefer choose from a front, and the sweep has one metric",
    };
    CommandFailure::new(Exit::Usage, message).hint("Leave them out: `sweep best` prints the best trial.")
}

fn nothing(sweep: &Sweep, metric: &ChosenMetric) -> CommandFailure {
    CommandFailure::new(
        Exit::WorkFailed,
        format!(
            "no finished trial of {} has a number as `{}`{}",
            sweep.parent.info.name,
            metric.name,
            metric.limits_words()
        ),
    )
    .hint("`sweep trials` shows what its trials have logged.")
}

/// Whether the best trial alone is printed in words: a table was not asked for.
fn in_words(setting: &Setting) -> bool {
    setting.ui.drawing == Drawing::Boxes && setting.columns.is_empty()
}

/// A row a trial; where there are too many parameters for that, a column a trial.
fn print_table(
    setting: &Setting,
    (sweep, config): (&Sweep, &Config),
    rows: &[TrialRow],
    metric: &ChosenMetric,
) -> Result<(), CommandFailure> {
    let ui = &setting.ui;
    let usual = sheet(sweep, config, rows, metric);
    if in_words(setting) && !usual.draw(ui, now_ms()).left_out.is_empty() {
        let turned = turned(config, rows, metric);
        let drawn = turned.draw(ui, now_ms());
        if drawn.left_out.is_empty() && drawn.table.lines().all(|line| line.chars().count() <= ui.width) {
            ui.print(&drawn.table);
            return Ok(());
        }
    }
    print_sheet(setting, &usual)
}

/// A column a trial, a row a parameter.
fn turned(config: &Config, rows: &[TrialRow], metric: &ChosenMetric) -> Sheet {
    let mut columns = vec![SheetColumn::new("", "name")];
    columns.extend(rows.iter().map(|row| SheetColumn::new(&format!("trial {}", row.trial), "").rank(1)));
    let line = |name: &str, cell: &dyn Fn(&TrialRow) -> SheetCell| -> Vec<SheetCell> {
        std::iter::once(SheetCell::Text(name.to_owned())).chain(rows.iter().map(cell)).collect()
    };
    let mut lines = vec![line(&metric.name, &|row| SheetCell::number(row.value))];
    for path in paths(config, rows) {
        lines.push(line(&path, &|row| {
            row.point.get(&path).cloned().map_or(SheetCell::Empty, SheetCell::Value)
        }));
    }
    Sheet { columns, rows: lines }
}

fn tell_one(
    setting: &Setting,
    (sweep, config): (&Sweep, &Config),
    (metric, confirmation): (&ChosenMetric, Option<&Confirmation>),
    row: &TrialRow,
    args: &BestArgs,
) {
    let ui = &setting.ui;
    let name = printable(&sweep.parent.info.name);
    match confirmation.filter(|confirmation| confirmation.best() == Some(row.trial)) {
        Some(confirmation) => {
            let headline = confirmed_headline(confirmation, &metric.name);
            ui.tell(&format!("{} of {name}\n\n", Style::Strong.paint(&headline, ui.color_out)));
        }
        None => {
            let headline = format!("Best {}: {}", metric.name, words::number(row.value.unwrap_or(f64::NAN)));
            let headline = Style::Strong.paint(&headline, ui.color_out);
            ui.tell(&format!("{headline}, in trial {} of {name}\n\n", row.trial));
        }
    }
    let mut facts = Facts::default();
    facts.add("run", row.run.info.id.to_string());
    facts.section("Params");
    for (path, value) in config.in_order(row.point.leaves(), |(path, _)| path) {
        facts.add(&path, words::value(value));
    }
    if let Some(command) = shown_command(sweep, config, &row.run) {
        facts.section("Command");
        facts.add_exact("", command);
    }
    ui.print(&facts.text(ui));
    tell_of_tags(setting, sweep, config, std::slice::from_ref(row));
    let (named, before) = match &args.sweep.0 {
        Some(sweep) => (format!(" {sweep}"), format!("{sweep}:")),
        None => (String::new(), String::new()),
    };
    ui.say(&format!("\nRun it: sh -c \"$(sweep best{named} --as command)\""));
    ui.say(&format!("With other seeds: sweep rerun {before}{}", row.trial));
}

fn sheet(sweep: &Sweep, config: &Config, rows: &[TrialRow], metric: &ChosenMetric) -> Sheet {
    let paths = paths(config, rows);
    let mut columns = vec![
        SheetColumn::new("Rank", "rank"),
        SheetColumn::new("Trial", "trial"),
        SheetColumn::new(&metric.name, &metric.name),
    ];
    let taken = ["rank", "trial", "run_id", "command", metric.name.as_str()];
    let key = |path: &str| if taken.contains(&path) { format!("params.{path}") } else { path.to_owned() };
    columns.extend(paths.iter().map(|path| SheetColumn::new(path, &key(path)).rank(1)));
    columns.push(SheetColumn::new("Run", "run_id").rank(MINOR));
    columns.push(SheetColumn::new("", "command").csv_only());
    let row = |(place, row): (usize, &TrialRow)| {
        let mut cells =
            vec![SheetCell::Count(place as u64 + 1), row.trial.into(), SheetCell::number(row.value)];
        cells.extend(
            paths.iter().map(|path| row.point.get(path).cloned().map_or(SheetCell::Empty, SheetCell::Value)),
        );
        cells.push(SheetCell::Id(row.run.info.id.to_string()));
        cells.push(SheetCell::text(shown_command(sweep, config, &row.run)));
        cells
    };
    Sheet { columns, rows: rows.iter().enumerate().map(row).collect() }
}
