//! `sweep` alone: the verbs that are needed most, and what to do next in this directory.

use std::time::Duration;

use super::shared::{
    CommandFailure, Context, Exit, Setting, SweepChoice, counts_words, sweep_files, sweep_run,
};
use crate::query::{Overview, SweepState};
use crate::ui::{Style, printable};

/// The verbs that are needed most, with what they do.
const VERBS: [(&str, &str); 6] = [
    ("sweep new COMMAND", "write a sweep file from a script's --help"),
    ("sweep check CONFIG", "check a sweep file: its errors, or the commands it would run"),
    ("sweep start CONFIG", "run it: init, run and finalize in one go"),
    ("sweep status -w", "watch a sweep: progress, running trials, time left"),
    ("sweep trials --top 5", "list trials, sorted and filtered"),
    ("sweep best", "print the best trial, and the command that runs it"),
];

/// A store that answers no sooner is not waited for.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Prints a short page.
///
/// # Errors
/// None.
pub async fn home(setting: &Setting, about: &str) -> Result<Exit, CommandFailure> {
    let ui = &setting.ui;
    let bold = |text: &str| Style::Strong.paint(text, ui.color_out);
    let mut page = format!("{about}\n\n{}\n", bold("Common commands:"));
    for (verb, what) in VERBS {
        page.push_str(&format!("  {verb:<22}{what}\n"));
    }
    page.push_str(&format!("\n{}\n  {}\n\n", bold("Next, in this directory:"), next(setting).await));
    page.push_str("All commands: sweep help. Options and examples of one: sweep help run\n");
    ui.tell(&page);
    Ok(Exit::Done)
}

/// What to do next here, in one sentence.
async fn next(setting: &Setting) -> String {
    match tokio::time::timeout(PATIENCE, of_sweep(setting)).await {
        Ok(Some(step)) => step,
        _ => match sweep_files(&setting.folder).first() {
            Some(file) => format!("{file} is a sweep file: `sweep start {file}`"),
            None => "`sweep new \"python train.py\"` writes a sweep file from what the script's --help says"
                .to_owned(),
        },
    }
}

/// By the state of the sweep that the other verbs would mean; `None`: there is none.
async fn of_sweep(setting: &Setting) -> Option<String> {
    let context = Context::open_to_read(setting).ok()?;
    let parent = sweep_run(&context, &SweepChoice::default()).await.ok()?;
    let overview = Overview::read(&context.store, parent).await.ok()?;
    let verb = match overview.state() {
        SweepState::New | SweepState::Idle => "sweep run",
        SweepState::Running => "sweep status -w",
        SweepState::Paused | SweepState::Stopped | SweepState::Cancelled => "sweep resume",
        SweepState::Complete => "sweep finalize",
        SweepState::Importing => "sweep import",
        SweepState::Finished => "sweep best",
    };
    let name = printable(&overview.sweep.parent.info.name);
    Some(format!("{name} is {}, {}: `{verb}`", overview.state().word(), counts_words(&overview)))
}
