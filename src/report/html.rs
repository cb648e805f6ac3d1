//! The HTML report: one file that needs nothing but itself.
//!
//! Names and values come from outside, so every text is escaped on its way into markup, the script only
//! ever sets text, and the page's own policy lets no script run but the one whose hash it names.

use base64::Engine;
use sha2::{Digest, Sha256};

use super::facts::{finite, trial_label};
use super::history::history;
use super::importance::importance;
use super::numbers::significant;
use super::palette::{self, ORANGE, RAMP, of_status};
use super::parallel::parallel;
use super::slices::slices;
use super::text::{duration_text, escape, moment_text};
use super::timeline::timeline;
use super::{SweepReport, curves};
use figures::figure;
use links::run_link;

mod data;
mod figures;
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
    let name = escape(report.sweep_name);
    let mut body = format!("<header><h1>{name}</h1>\n{}</header>\n", facts(report));
    body.push_str(&best_trial(report));
    body.push_str(&figures::importance_section(report));
    body.push_str(&figure("history", &history.svg));
    body.push_str(&slices.map(|slices| figure("slices", &slices.svg)).unwrap_or_default());
    body.push_str(&parallel.map(|parallel| parallel_figure(&parallel.svg)).unwrap_or_default());
    if curves::has_any(report) {
        body.push_str(&figure("curves", &curves::curves(report)));
    }
    if report.has_times() {
        body.push_str(&figure("timeline", &timeline.svg));
    }
    body.push_str(&trials::section(report));
    body.push_str(&config(report));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{name}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         <div id=\"tip\" hidden></div>\n\
         <script type=\"application/json\" id=\"sweep-data\">{data}</script>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        policy(&style)
    )
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
        let statuses = palette::STATUSES
            .iter()
            .map(|&status| format!(".status-{}{{--ink:{}}}", status.as_str(), ink(of_status(status))));
        format!(":root{{{}}}\n{}", classes.concat(), statuses.collect::<Vec<_>>().join("\n"))
    };
    let rules = palette::all().into_iter().flat_map(|ink| {
        ["fill", "stroke"].map(|part| format!("svg [{part}=\"{ink}\"]{{{part}:{}}}", ink.on_dark()))
    });
    format!(
        "{}\n@media (prefers-color-scheme: dark) {{\n{}\n{}\n}}\n",
        variables(&|ink| ink.to_string()),
        rules.collect::<Vec<_>>().join("\n"),
        variables(&palette::Ink::on_dark)
    )
}

/// With space for the canvas of the script and for its words.
fn parallel_figure(svg: &str) -> String {
    format!(
        "<figure class=\"plot\" id=\"parallel\">\n<div class=\"layers\">{svg}</div><figcaption class=\"hint\">Where scripts may not run, a sample of the trials is drawn.</figcaption></figure>\n"
    )
}

/// The head facts.
fn facts(report: &SweepReport) -> String {
    let mut rows = vec![
        ("Sweep", format!("<code>{}</code>", escape(report.sweep_id))),
        ("Method", escape(report.method)),
    ];
    if let Some(objective) = report.objective {
        let goal = objective.goal.map(|goal| format!(" ({})", goal.as_str())).unwrap_or_default();
        rows.push(("Metric", format!("{}{goal}", escape(objective.name))));
    }
    let statuses = report.by_status().into_iter().map(|(status, n)| {
        format!("<span class=\"status status-{status}\">{}</span>", report.status_words(status, n))
    });
    let statuses = statuses.collect::<Vec<_>>().join(" ");
    rows.push(("Trials", format!("<span class=\"status\">{} in all</span>{statuses}", report.trials.len())));
    let ends = report.trials.iter().map(|trial| report.end_of(trial)).max();
    if let Some(end) = ends.filter(|_| report.has_times()) {
        let start = report.first_start();
        let length = duration_text(end.saturating_sub(start));
        rows.push(("Time", format!("from {}, {length}", moment(start))));
    }
    rows.push(("Report made", moment(report.generated_at_ms)));
    let rows = rows.iter().map(|(term, fact)| format!("<dt>{term}</dt><dd>{fact}</dd>\n"));
    format!("<dl class=\"facts\">\n{}</dl>\n", rows.collect::<String>())
}

/// A moment in UTC, which the script puts into the reader's zone.
fn moment(ms: i64) -> String {
    format!("<time data-ms=\"{ms}\">{}</time>", moment_text(ms))
}

/// The best trial with everything it was run with.
fn best_trial(report: &SweepReport) -> String {
    let Some((trial, value)) = report.best() else {
        let finished = report.trials.iter().any(|trial| finite(trial).is_some());
        let why = if report.objective.is_none_or(|objective| objective.goal.is_none()) {
            "No goal was given, so no trial is called best."
        } else if finished {
            "No finished trial has a finite value of the metric yet, so none is called best."
        } else {
            "No trial has a finite value of the metric yet, so none is called best."
        };
        return format!("<section><h2>Best trial</h2>\n<p>{why}</p></section>\n");
    };
    let metric = report.objective.map_or("metric", |objective| objective.name);
    let rows = report
        .parameters(trial)
        .into_iter()
        .map(|(path, value)| format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(&path), escape(&value)));
    format!(
        "<section><h2>Best trial</h2>\n<p class=\"best\"><strong>{}</strong> {} in trial {} \
         {}</p>\n<dl class=\"params\">\n{}</dl>{}</section>\n",
        escape(&significant(value, 6)),
        escape(metric),
        escape(&trial_label(trial)),
        run_link(report, &trial.run_id),
        rows.collect::<String>(),
        report
            .best_command
            .map(|text| format!("\n<p>Its command:</p>\n{}", listing(text)))
            .unwrap_or_default()
    )
}

/// The config as it was written.
fn config(report: &SweepReport) -> String {
    let section = |text| format!("<section id=\"config\"><h2>Config</h2>\n{}</section>\n", listing(text));
    report.config.map(section).unwrap_or_default()
}

/// Text as it is, line by line.
fn listing(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| escape(&line.replace('\t', "    ")));
    format!("<pre>{}</pre>\n", lines.collect::<Vec<_>>().join("\n"))
}
