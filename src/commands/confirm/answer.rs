//! What a confirmation has shown, as it is printed.

use serde::Serialize;
use serde_json::Value as Json;

use super::super::shared::{
    AnswerFormat, CommandFailure, Setting, confirmed_headline, confirmed_sentences, print_csv, print_json,
    print_sheet,
};
use crate::config::MetricConfig;
use crate::evidence::ConfirmationEnd;
use crate::query::{Confirmation, MetricJson};
use crate::record::Sweep;
use crate::trial::TrialIndex;
use crate::ui::{Sheet, SheetCell, SheetColumn, Style, printable, words};

/// Prints it.
pub fn print(
    setting: &Setting,
    sweep: &Sweep,
    metric: &MetricConfig,
    shown: &Confirmation,
    format: AnswerFormat,
) -> Result<(), CommandFailure> {
    match format {
        AnswerFormat::Json => print_json(&setting.ui, &json(sweep, metric, shown)),
        AnswerFormat::Csv => print_csv(setting, &sheet(shown))?,
        AnswerFormat::Table => {
            let head = Style::Strong.paint(&confirmed_headline(shown, &metric.name), setting.ui.color_out);
            setting.ui.tell(&format!("{head}\n\n"));
            print_sheet(setting, &sheet(shown))?;
            let sentences = confirmed_sentences(shown);
            setting.ui.tell(&format!("\n{}\n", sentences.join("\n")));
            let id = sweep.id().short();
            setting.ui.say(&format!("\nNext: sweep best {id} (of {})", printable(&sweep.parent.info.name)));
        }
    }
    Ok(())
}

/// The points, the best first.
fn sheet(shown: &Confirmation) -> Sheet {
    let columns = vec![
        SheetColumn::new("Trial", "trial"),
        SheetColumn::new("P(best)", "").table_only(),
        SheetColumn::new("", "p_best").csv_only(),
        SheetColumn::new("Mean", "mean"),
        SheetColumn::new("95 % interval", "").table_only(),
        SheetColumn::new("", "low").csv_only(),
        SheetColumn::new("", "high").csv_only(),
        SheetColumn::new("Runs", "runs"),
        SheetColumn::new("Failed", "failed").rank(1),
        SheetColumn::new("Search", "search"),
        SheetColumn::new("May be best", "may_be_best").rank(1),
    ];
    let row = |place: usize| {
        let (point, verdict) = (&shown.points[place], &shown.verdict.candidates[place]);
        let interval = shown.interval(place);
        vec![
            point.trial.into(),
            SheetCell::Figure(format!("{:.2}", verdict.best)),
            SheetCell::number(Some(verdict.best)),
            SheetCell::number(shown.mean(place)),
            SheetCell::figure(
                interval.map(|(low, high)| format!("{} to {}", words::number(low), words::number(high))),
            ),
            SheetCell::number(interval.map(|(low, _)| low)),
            SheetCell::number(interval.map(|(_, high)| high)),
            SheetCell::Count(point.candidate.values.len() as u64),
            SheetCell::Count(point.candidate.failed),
            SheetCell::Number(point.searched),
            SheetCell::Text(if verdict.may_be_best { "yes" } else { "no" }.to_owned()),
        ]
    };
    Sheet { columns, rows: shown.ranking().into_iter().map(row).collect() }
}

/// What a confirmation has shown, for programs.
#[derive(Debug, Serialize)]
struct ConfirmationJson {
    sweep_id: String,
    sweep_name: String,
    confirmation_id: String,
    metric: MetricJson,
    /// The best point.
    best: Option<TrialIndex>,
    /// Points that can't be told from the best.
    may_be_best: Vec<TrialIndex>,
    /// SD between seeds.
    noise: Option<f64>,
    budget: u64,
    spent: u64,
    stopped: Option<&'static str>,
    points: Vec<ConfirmedPointJson>,
}

#[derive(Debug, Serialize)]
struct ConfirmedPointJson {
    trial: TrialIndex,
    runs: u64,
    failed: u64,
    running: u64,
    mean: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    p_best: f64,
    may_be_best: bool,
    search: f64,
    values: Vec<f64>,
    params: Json,
}

fn json(sweep: &Sweep, metric: &MetricConfig, shown: &Confirmation) -> ConfirmationJson {
    let point = |place: usize| {
        let (point, verdict) = (&shown.points[place], &shown.verdict.candidates[place]);
        let interval = shown.interval(place);
        ConfirmedPointJson {
            trial: point.trial,
            runs: point.candidate.values.len() as u64,
            failed: point.candidate.failed,
            running: point.candidate.running,
            mean: shown.mean(place),
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
            p_best: verdict.best,
            may_be_best: verdict.may_be_best,
            search: point.searched,
            values: shown.values(place),
            params: point.point.to_json(),
        }
    };
    ConfirmationJson {
        sweep_id: sweep.id().to_string(),
        sweep_name: sweep.parent.info.name.clone(),
        confirmation_id: shown.sweep.id().to_string(),
        metric: MetricJson::of_config(metric),
        best: shown.best(),
        may_be_best: shown.may_be_best(),
        noise: shown.verdict.noise,
        budget: shown.plan.budget,
        spent: shown.spent,
        stopped: shown.stopped.map(ConfirmationEnd::word),
        points: shown.ranking().into_iter().map(point).collect(),
    }
}
