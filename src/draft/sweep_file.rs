//! A draft as text: a sweep file that a person reads, with comments for what could not be known.

use super::parameter::DraftParameter;
use crate::config::{Goal, check, yaml_comment, yaml_text};
use crate::space::Value;

/// A line is no longer than this where it can be helped.
const WIDTH: usize = 120;

/// What is known of the metric.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DraftMetric {
    /// Its name; `None`: it has to be asked for.
    pub name: Option<String>,
    /// Its direction.
    pub goal: Option<Goal>,
}

/// A sweep file in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepDraft {
    /// Where it comes from, in sentences.
    pub title: Vec<String>,
    /// The command as a list.
    pub command: Vec<String>,
    /// What the program requires besides, and is not known yet.
    pub missing: Vec<String>,
    /// The experiment; `None`: the default one.
    pub experiment: Option<String>,
    /// How points are chosen.
    pub method: &'static str,
    /// Trials in all.
    pub run_cap: u64,
    /// The metric.
    pub metric: DraftMetric,
    /// Its parameters, in this order.
    pub parameters: Vec<DraftParameter>,
    /// Whether the command names each parameter, so that one more has to be added there.
    pub each_named: bool,
    /// Further keys, a line each.
    pub extra: Vec<String>,
    /// What else is to be said, at the end.
    pub notes: Vec<String>,
}

/// The line by which an editor finds the schema.
#[must_use]
pub fn schema_line(schema: &str) -> String {
    format!("# yaml-language-server: $schema={schema}\n")
}

impl SweepDraft {
    /// The draft as a sweep file without errors: a parameter that the check refuses is offered in a comment. `None`: it
    /// refuses all.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut draft = self.clone();
        loop {
            let text = draft.written();
            let checked = check(text.as_bytes());
            let refused = draft.parameters.iter_mut().find(|parameter| {
                let path = format!("parameters.{}", parameter.name);
                let concerns = |key: &str| {
                    key.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                parameter.varied && checked.errors.iter().any(|error| concerns(&error.key))
            });
            match refused {
                Some(parameter) => parameter.varied = false,
                None => return Some(text).filter(|_| checked.errors.is_empty()),
            }
        }
    }

    /// How many parameters are varied.
    #[must_use]
    pub fn varied(&self) -> usize {
        self.parameters.iter().filter(|parameter| parameter.varied).count()
    }

    fn written(&self) -> String {
        let mut out: String = self.title.iter().map(|line| format!("# {line}\n")).collect();
        let items = self.command.iter().cloned().map(Value::Text).collect();
        out.push_str(&format!("\ncommand: {}\n", yaml_text(&Value::List(items))));
        out.push_str(&self.about_command());
        if let Some(experiment) = &self.experiment {
            out.push_str(&format!("experiment_name: {}\n", yaml_text(&Value::Text(experiment.clone()))));
        }
        out.push_str(&self.about_metric());
        out.push_str(&format!("\nmethod: {:<12}# random, grid, sobol, or bayes, which learns from finished trials and needs the metric\nrun_cap: {:<11}# trials in all\n", self.method, self.run_cap));
        out.extend(self.extra.iter().map(|line| format!("{line}\n")));
        out.push_str("\nparameters:\n");
        let (varied, left): (Vec<_>, Vec<_>) = self.parameters.iter().partition(|parameter| parameter.varied);
        out.push_str(&lines(&varied, "  "));
        if !left.is_empty() {
            let why = if self.each_named { ", and add it to the command," } else { "" };
            out.push_str(&format!("\n  # Not varied. Remove the # before one{why} to pass it with each trial; give `values`, or `min` and `max`, to vary it.\n"));
            out.push_str(&lines(&left, "  # "));
        }
        if !self.notes.is_empty() {
            out.push('\n');
        }
        out.extend(self.notes.iter().map(|note| format!("# {}\n", yaml_comment(note, 200))));
        out
    }

    fn about_command(&self) -> String {
        let last = self.command.last().map(String::as_str).unwrap_or_default();
        let mut out = match last {
            "${args_no_boolean_flags}" => "# Each parameter below arrives as --name=value; one that is true as --name, one that is false not at all.\n",
            "${args}" => "# Each parameter below arrives as --name=value.\n",
            "${args_no_hyphens}" => "# Each parameter below arrives as name=value.\n",
            _ => "",
        }
        .to_owned();
        if !self.missing.is_empty() {
            let missing = yaml_comment(&self.missing.join(", "), 300);
            out.push_str(&format!(
                "# The program wants these, too: {missing}. Add to the command what it lacks.\n"
            ));
        }
        out
    }

    fn about_metric(&self) -> String {
        let goal = self.metric.goal.map_or("minimize", Goal::as_str);
        if let (Some(name), Some(_)) = (&self.metric.name, self.metric.goal) {
            return format!("\nmetric: {{name: {}, goal: {goal}}}\n", yaml_text(&Value::Text(name.clone())));
        }
        format!(
            "\n# Which number says how good a trial is, and is a small or a large one better? Write here what the script logs\n\
             # (mlflow.log_metric(\"val_loss\", x), or sweepml.log), and remove the #. Where it only prints the number:\n\
             # metric: {{name: val_loss, goal: {goal}, from_output: 'val_loss[=: ]+(\\S+)'}}\n\
             # metric: {{name: val_loss, goal: {goal}}}\n"
        )
    }
}

/// A line a parameter, the comments in one column where that fits.
fn lines(parameters: &[&DraftParameter], before: &str) -> String {
    let heads: Vec<String> = parameters
        .iter()
        .map(|parameter| {
            format!("{before}{}: {}", yaml_text(&Value::Text(parameter.name.clone())), parameter.yaml)
        })
        .collect();
    let column =
        heads.iter().map(|head| head.chars().count()).filter(|width| *width <= 70).max().unwrap_or_default();
    heads
        .iter()
        .zip(parameters)
        .map(|(head, parameter)| {
            let room = WIDTH.saturating_sub(column.max(head.chars().count()) + 4).max(30);
            let comment = yaml_comment(&parameter.comment, room);
            if comment.is_empty() { format!("{head}\n") } else { format!("{head:column$}  # {comment}\n") }
        })
        .collect()
}
