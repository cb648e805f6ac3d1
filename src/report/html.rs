//! The HTML report: one file that needs nothing but itself.
//!
//! Names and values come from outside: `html!` escapes every text on its way into markup, the script only ever sets text,
//! and the page's own policy lets no script run but the one whose hash it names.

use base64::Engine;
use itertools::Itertools as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::facts::{finite, trial_label};
use super::history::history;
use super::importance::importance;
use super::numbers::significant;
use super::palette::{self, ORANGE, RAMP, of_status};
use super::parallel::parallel;
use super::slices::slices;
use super::text::{clean, duration_text, moment_text};
use super::timeline::timeline;
use super::{SweepReport, curves};
use figures::figure;
use links::run_link;

mod data;
mod failures;
mod figures;
mod front;
mod links;
mod trials;

const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = concat!(
    "'use strict';\n(() => {\n",
    include_str!("html/data.js"),
    include_str!("html/table.js"),
    include_str!("html/tips.js"),
    include_str!("html/parallel.js"),
    "})();\n"
);

/// The whole report as one HTML document: facts, best trial, plots, the importance table, all trials.
///
/// It follows the reader's light or dark scheme. Without scripts it shows the same, with the first page
/// of the trials only.
#[must_use]
pub fn report_html(report: &SweepReport) -> String {
    let (timeline, history) = (timeline(report), history(report));
    let style = format!("{STYLE}\n{}", dark_inks());
    let analysed = report.analysis.is_some();
    let (slices, parallel) = (analysed.then(|| slices(report)), analysed.then(|| parallel(report, false)));
    let plots = data::Plots {
        marked: [("timeline", &timeline), ("history", &history)],
        slices: slices.as_ref(),
        parallel: parallel.as_ref(),
    };
    let data = data::data_json(report, &plots);
    let name = clean(report.sweep_name);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (name) }
                style { (PreEscaped(&style)) }
            }
            body {
                main {
                    header { h1 { (name) } (facts(report)) }
                    @if report.front.is_none() || report.best().is_some() { (best_trial(report)) }
                    (front::front(report))
                    (failures::failures(report))
                    (figures::importance_section(report))
                    (figure("history", &history.svg))
                    @if let Some(slices) = &slices { (figure("slices", &slices.svg)) }
                    @if let Some(parallel) = &parallel { (parallel_figure(&parallel.svg)) }
                    @if curves::has_any(report) { (figure("curves", &curves::curves(report))) }
                    @if report.has_times() { (figure("timeline", &timeline.svg)) }
                    (trials::section(report))
                    (config(report))
                }
                div #tip hidden {}
                script type="application/json" id="sweep-data" { (PreEscaped(&data)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// Nothing from anywhere; this style sheet and this script by their hashes.
fn policy(style: &str) -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(SCRIPT)
    )
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(digest))
}

/// The inks that the style sheet and the script ask for by name, and rules that give the plots' inks their stand-ins on
/// a dark page: a rule is stronger than an attribute.
fn dark_inks() -> String {
    let variables = |ink: &dyn Fn(palette::Ink) -> String| {
        let ramp = (0..).zip(RAMP).map(|(place, own)| format!("--ramp-{place}:{};", ink(own)));
        let classes: Vec<String> = ramp.chain([format!("--best:{};", ink(ORANGE))]).collect();
        let mut statuses = palette::STATUSES
            .iter()
            .map(|&status| format!(".status-{}{{--ink:{}}}", status.as_str(), ink(of_status(status))));
        format!(":root{{{}}}\n{}", classes.concat(), statuses.join("\n"))
    };
    let mut rules = palette::all().into_iter().flat_map(|ink| {
        ["fill", "stroke"].map(|part| format!("svg [{part}=\"{ink}\"]{{{part}:{}}}", ink.on_dark()))
    });
    format!(
        "{}\n@media (prefers-color-scheme: dark) {{\n{}\n{}\n}}\n",
        variables(&|ink| ink.to_string()),
        rules.join("\n"),
        variables(&palette::Ink::on_dark)
    )
}

/// With space for the canvas of the script and for its words.
fn parallel_figure(svg: &str) -> Markup {
    html! {
        figure.plot #parallel {
            div.layers { (PreEscaped(svg)) }
            figcaption.hint { "Where scripts may not run, a sample of the trials is drawn." }
        }
    }
}

/// The head facts.
fn facts(report: &SweepReport) -> Markup {
    let ends = report.trials.iter().map(|trial| report.end_of(trial)).max();
    html! {
        dl.facts {
            dt { "Sweep" } dd { code { (clean(report.sweep_id)) } }
            dt { "Method" } dd { (clean(report.method)) }
            @if let Some(objective) = report.objective {
                dt { "Metric" }
                dd {
                    (clean(objective.name))
                    @if let Some(goal) = objective.goal { " (" (goal.as_str()) ")" }
                }
            }
            dt { "Trials" }
            dd {
                span.status { (report.trials.len()) " in all" }
                @for (place, (status, n)) in report.by_status().into_iter().enumerate() {
                    @if place > 0 { " " }
                    span class={ "status status-" (status.as_str()) } { (report.status_words(status, n)) }
                }
            }
            @if let Some(end) = ends.filter(|_| report.has_times()) {
                @let start = report.first_start();
                dt { "Time" }
                dd { "from " (moment(start)) ", " (duration_text(end.saturating_sub(start))) }
            }
            dt { "Report made" } dd { (moment(report.generated_at_ms)) }
        }
    }
}

/// A moment in UTC, which the script puts into the reader's zone.
fn moment(ms: i64) -> Markup {
    html! { time data-ms=(ms) { (moment_text(ms)) } }
}

/// The best trial with everything it was run with.
fn best_trial(report: &SweepReport) -> Markup {
    let Some((trial, value)) = report.best() else {
        return html! { section { h2 { "Best trial" } p { (why_no_best(report)) } } };
    };
    html! {
        section {
            h2 { "Best trial" }
            p.best {
                strong { (significant(value, 6)) } " "
                (clean(report.objective.map_or("metric", |objective| objective.name)))
                " in trial " (trial_label(trial)) " " (run_link(report, &trial.run_id))
            }
            @if let Some(said) = noise(report) { p { (significant(value, 6)) (clean(&said)) "." } }
            @if let Some(reported) = report.reported {
                p {
                    (clean(&reported.name)) " (recorded, not optimised): "
                    (reported.of_best.map_or_else(|| "no value".to_owned(), |value| significant(value, 6)))
                }
                @if let Some(warning) = reported.warning(report.objective.map_or("the metric", |one| one.name)) {
                    p { (clean(&warning)) }
                }
            }
            dl.params {
                @for (path, value) in report.parameters(trial) {
                    div { dt { (clean(&path)) } dd { (clean(&value)) } }
                }
            }
            @if let Some(command) = report.best_command {
                p { "Its command:" }
                (listing(command))
            }
        }
    }
}

/// What the noise says of the best; `None`: nothing is known.
fn noise(report: &SweepReport) -> Option<String> {
    let said = report.noise?.words(|number| significant(number, 2));
    (!said.is_empty()).then_some(said)
}

fn why_no_best(report: &SweepReport) -> &'static str {
    let finished = report.trials.iter().any(|trial| finite(trial).is_some());
    if report.objective.is_none_or(|objective| objective.goal.is_none()) {
        "No goal was given, so no trial is called best."
    } else if finished {
        "No finished trial has a finite value of the metric yet, so none is called best."
    } else {
        "No trial has a finite value of the metric yet, so none is called best."
    }
}

/// The config as it was written.
fn config(report: &SweepReport) -> Markup {
    html! {
        @if let Some(text) = report.config {
            section #config { h2 { "Config" } (listing(text)) }
        }
    }
}

/// Text as it is, line by line.
fn listing(text: &str) -> Markup {
    html! {
        pre {
            @for (place, line) in text.trim_end().lines().enumerate() {
                @if place > 0 { "\n" }
                (clean(&line.replace('\t', "    ")))
            }
        }
    }
}
