//! The paragraph for a paper: what the checklists of NeurIPS and of the ML reproducibility challenge ask for, in their order:
//! code, ranges, method, runs, measure, choice and values of the best, error bars, compute, infrastructure.
//!
//! What is not recorded is listed as such; nothing is invented.

use itertools::Itertools as _;

use super::numbers::significant;
use super::text::{clean, count, duration_text};
use crate::query::{ConfirmationFacts, SweepMethods};

/// Digits of a value in the text.
const DIGITS: usize = 4;
/// Most failures that are given a reason.
const REASONS: usize = 3;

/// A part of the paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodsPart {
    /// What it is about.
    pub topic: &'static str,
    /// Sentences.
    pub text: String,
}

/// The parts, in the order of the checklists.
#[must_use]
pub fn methods_parts(facts: &SweepMethods) -> Vec<MethodsPart> {
    let part = |topic, text: String| MethodsPart { topic, text: clean(&text) };
    let mut parts = vec![
        part("Code", code(facts)),
        part("Search space", space(facts)),
        part("Search", search(facts)),
        part("Runs", runs(facts)),
        part("Measure", measure(facts)),
        part("Choice of the best", choice(facts)),
        part("Error bars", error_bars(facts)),
        part("Compute", compute(facts)),
        part("Hardware", hardware(facts)),
    ];
    parts.push(part("Not recorded", unknown(facts)));
    parts
}

/// As one paragraph of plain text, ending in a newline.
#[must_use]
pub fn methods_text(facts: &SweepMethods) -> String {
    let parts = methods_parts(facts);
    let (unknown, said): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.topic == "Not recorded");
    let said = said.iter().map(|part| part.text.as_str()).join(" ");
    let unknown = unknown.iter().map(|part| part.text.as_str()).join(" ");
    format!("{said}\n\n{unknown}\n")
}

/// As Markdown, a point of the checklists a line.
#[must_use]
pub fn methods_markdown(facts: &SweepMethods) -> String {
    methods_parts(facts)
        .iter()
        .map(|part| format!("- **{}.** {}\n", part.topic, escaped(&part.text)))
        .collect()
}

/// Text that Markdown takes as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '_' | '`' | '<' | '[' | ']' | '\\' | '#' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn code(facts: &SweepMethods) -> String {
    let code = &facts.code;
    let trials = |n: usize| count(n, "trial");
    let mut said = match code.commits.as_slice() {
        [] => return "The version of the training code was not recorded.".to_owned(),
        [one] if code.unknown == 0 => format!("All trials ran the code of git commit {}", short(&one.commit)),
        commits => {
            let mut each = commits
                .iter()
                .take(REASONS)
                .map(|one| format!("{} ({})", short(&one.commit), trials(one.trials)));
            let others = commits.len().saturating_sub(REASONS);
            let others = if others > 0 { format!(" and {others} others") } else { String::new() };
            format!("The trials ran the code of git commits {}{others}", each.join(", "))
        }
    };
    if code.uncommitted > 0 {
        said += &format!(", {} of them with uncommitted changes", code.uncommitted);
    }
    if code.unknown > 0 {
        said += &format!("; of {} no commit was recorded", trials(code.unknown));
    }
    said + "."
}

fn short(commit: &str) -> String {
    commit.chars().take(12).collect()
}

fn space(facts: &SweepMethods) -> String {
    let (constant, varied): (Vec<_>, Vec<_>) = facts.space.iter().partition(|one| one.constant);
    let mut ranges =
        varied.iter().map(|one| format!("{} ({}: {})", one.parameter, one.distribution, one.range));
    let mut said = format!(
        "{} {} varied: {}.",
        count(varied.len(), "parameter"),
        if varied.len() == 1 { "was" } else { "were" },
        ranges.join("; ")
    );
    if !constant.is_empty() {
        said += &format!(
            " Fixed: {}.",
            constant.iter().map(|one| format!("{} ({})", one.parameter, one.range)).join("; ")
        );
    }
    if !facts.constraints.is_empty() {
        said += &format!(" Points had to satisfy {}.", facts.constraints.iter().join(" and "));
    }
    said
}

fn search(facts: &SweepMethods) -> String {
    let search = &facts.search;
    let method = match (search.method.as_str(), search.optimizer) {
        ("bayes", Some("tpe")) => "Bayesian optimization (tree-structured Parzen estimator)",
        ("bayes", Some("gp")) => "Bayesian optimization (Gaussian process, expected improvement)",
        ("bayes", _) => {
            "Bayesian optimization (Gaussian process with expected improvement up to 40 varying parameters, else \
             tree-structured Parzen estimator)"
        }
        ("random", _) => "random search",
        ("grid", _) => "grid search",
        ("sobol", _) => "a scrambled Sobol sequence",
        ("successive_halving", _) => "successive halving",
        ("imported", _) => {
            return "The trials were run by another program; how their points were chosen was not recorded."
                .to_owned();
        }
        (other, _) => other,
    };
    let version = search.version.as_ref().map(|version| format!(" with sweep {version}")).unwrap_or_default();
    let seed = search.seed.map(|seed| format!(", search seed {seed}")).unwrap_or_default();
    let mut said = format!("Points were chosen by {method}{version}{seed}.");
    if search.given_points > 0 {
        said += &format!(
            " The first {} given by hand.",
            if search.given_points == 1 {
                "point was".to_owned()
            } else {
                format!("{} points were", search.given_points)
            }
        );
    }
    if let Some(prior) = search.prior_trials.filter(|prior| *prior > 0) {
        said += &format!(
            " The method knew {} of earlier sweeps.",
            count(usize::try_from(prior).unwrap_or(usize::MAX), "trial")
        );
    }
    if search.early_stopping {
        said += " Poor trials were stopped early.";
    }
    said + " Each trial was handed a seed of its own, derived from the search seed and its number."
}

fn runs(facts: &SweepMethods) -> String {
    let trials = &facts.trials;
    let planned = trials.planned.filter(|planned| *planned > trials.started as u64);
    let planned = planned.map(|planned| format!(" of {planned} planned")).unwrap_or_default();
    let mut parts = vec![format!("{} finished", trials.finished)];
    for (number, word) in [
        (trials.stopped_early, "stopped early"),
        (trials.failed, "failed"),
        (trials.killed, "ended from outside"),
        (trials.running, "not over"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let mut said = format!(
        "{}{planned} {} started: {}.",
        count(trials.started, "trial"),
        if trials.started == 1 { "was" } else { "were" },
        parts.join(", ")
    );
    if !trials.failures.is_empty() {
        let mut each =
            trials.failures.iter().take(REASONS).map(|one| format!("{} ({})", one.reason, one.trials));
        said += &format!(" Failures: {}.", each.join("; "));
    }
    if trials.further_attempts > 0 {
        said += &format!(
            " {} of trials that were lost or repeated do not count.",
            count(trials.further_attempts, "further attempt")
        );
    }
    if trials.deleted > 0 {
        said += &format!(" The results of {} were deleted.", count(trials.deleted, "trial"));
    }
    said
}

fn measure(facts: &SweepMethods) -> String {
    let summary = |word: &str| match word {
        "last" => "last value logged",
        "min" => "smallest value logged",
        "max" => "largest value logged",
        "mean" => "mean of the values logged",
        _ => "best value logged",
    };
    let mut each = facts.metrics.iter().map(|metric| {
        let goal = if metric.goal == "minimize" { "minimized" } else { "maximized" };
        format!("{} ({goal}; {})", metric.name, summary(metric.summary))
    });
    let limits = if facts.limits.is_empty() {
        String::new()
    } else {
        format!(", within {}", facts.limits.iter().join(" and "))
    };
    match facts.metrics.len() {
        0 => "The sweep file names no metric.".to_owned(),
        _ => format!("Trials were compared by {}{limits}.", each.join(" and ")),
    }
}

fn choice(facts: &SweepMethods) -> String {
    if let Some(front) = facts.front {
        return format!(
            "No single trial was chosen: {} of the front are not beaten in all metrics.",
            count(front, "trial")
        );
    }
    let (Some(best), Some(metric)) = (&facts.best, facts.metrics.first()) else {
        return "No trial has a value by which a best one could be chosen.".to_owned();
    };
    let value = significant(best.value, DIGITS);
    let among = count(facts.trials.candidates, "trial");
    let by = match &facts.confirmation {
        Some(confirmed) if confirmed.trial == best.trial => format!(
            "Trial {} was chosen by runs with new seeds of the {} best points of {among}; the search had seen {} {value} of it",
            best.trial, confirmed.points, metric.name
        ),
        _ => format!(
            "Trial {} was chosen as the best of {among} by the one value that the search saw of each: {} {value}",
            best.trial, metric.name
        ),
    };
    let beside = facts.report_metric.as_ref().map(|reported| match reported.value {
        Some(value) => format!(
            " Its {}, which was recorded and decided nothing, is {}.",
            reported.name,
            significant(value, DIGITS)
        ),
        None => format!(" It has not logged {}, which was to be recorded.", reported.name),
    });
    format!("{by}. Its parameters: {}.{}", best.params_text, beside.unwrap_or_default())
}

fn error_bars(facts: &SweepMethods) -> String {
    let Some(confirmed) = &facts.confirmation else {
        return "The best was not run again with other seeds: its value is that of one run, chosen for being the best, and \
                therefore optimistic; no interval is known."
            .to_owned();
    };
    interval(confirmed)
}

fn interval(confirmed: &ConfirmationFacts) -> String {
    let mean = confirmed.mean.map(|mean| significant(mean, DIGITS));
    let ends = confirmed.low.zip(confirmed.high);
    let ends = ends.map(|(low, high)| {
        format!(" (95 % interval {} to {})", significant(low, DIGITS), significant(high, DIGITS))
    });
    let others = match confirmed.not_separable.as_slice() {
        [] => "the others are worse at 95 %".to_owned(),
        others => format!("not separable from it at 95 %: trial {}", others.iter().join(", ")),
    };
    let noise = confirmed.noise.map(|noise| {
        format!(" The standard deviation between runs of one point is {}.", significant(noise, 2))
    });
    format!(
        "{} with seeds that the search had not used were spent on the {} best points. Trial {} has a mean of {}{} over {}; it \
         is the best of these with probability {}; {others}.{}",
        count(usize::try_from(confirmed.runs).unwrap_or(usize::MAX), "run"),
        confirmed.points,
        confirmed.trial,
        mean.unwrap_or_else(|| "no number".to_owned()),
        ends.unwrap_or_default(),
        count(confirmed.runs_of_best, "run"),
        significant(confirmed.p_best, 2),
        noise.unwrap_or_default()
    )
}

fn compute(facts: &SweepMethods) -> String {
    let compute = &facts.compute;
    if compute.timed == 0 {
        return "How long trials took was not recorded.".to_owned();
    }
    let words = |seconds: f64| duration_text((seconds * 1000.0).round() as i64);
    let mean = words(compute.trial_seconds / compute.timed as f64);
    let mut said = format!(
        "{} took {} in all ({mean} on average)",
        count(compute.timed, "trial"),
        words(compute.trial_seconds)
    );
    if let Some(span) = compute.span_seconds {
        said += &format!(", within {}", words(span));
    }
    if let Some(first) = compute.first_start.as_ref().and_then(|first| first.get(..10)) {
        said += &format!(" from {first} on");
    }
    said += ".";
    if let Some(seconds) = compute.confirmation_seconds {
        said += &format!(" The confirmation took {} of further runs.", words(seconds));
    }
    said
}

fn hardware(facts: &SweepMethods) -> String {
    let hardware = &facts.hardware;
    if hardware.hosts.is_empty() {
        return "The machines were not recorded.".to_owned();
    }
    let hosts = hardware.hosts.iter().take(8).join(", ");
    let more = hardware.hosts.len().saturating_sub(8);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let gpus = match hardware.gpus.len() {
        0 => String::new(),
        _ => format!(", each with one GPU of numbers {}", hardware.gpus.iter().join(", ")),
    };
    format!(
        "The trials ran on {} ({hosts}{more}) by {}{gpus}.",
        count(hardware.hosts.len(), "machine"),
        count(hardware.agents, "agent")
    )
}

/// What the checklists ask for, and the store does not know.
fn unknown(facts: &SweepMethods) -> String {
    let mut missing = vec!["models of processors and GPUs, and their memory"];
    if facts.code.commits.is_empty() || facts.code.unknown > 0 {
        missing.push("the version of the training code (run it in a git repository)");
    } else if facts.code.uncommitted > 0 {
        missing.push("a commit with the uncommitted changes (each trial keeps them as git.diff unless `git_diff: false`)");
    }
    missing.extend(["the data set with its splits", "whether the command uses the seed that it is handed"]);
    if facts.confirmation.is_none() && facts.front.is_none() {
        missing.push("an interval of the best (`sweep confirm`)");
    }
    missing.push("energy");
    format!("Not recorded, to be added by hand: {}.", missing.join("; "))
}
