//! `sweep` alone: the verbs that are needed most, and what to do next in this directory.

use std::path::Path;
use std::time::Duration;

use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, counts_words};
use crate::query::{Overview, SweepState};
use crate::ui::{Style, printable};

/// The verbs that are needed most, with what they do.
const VERBS: [(&str, &str); 5] = [
    ("sweep check CONFIG", "check a sweep file: its errors, or the commands it would run"),
    ("sweep start CONFIG", "run it: init, run and finalize in one go"),
    ("sweep status -w", "watch a sweep: progress, running trials, time left"),
    ("sweep trials --top 5", "list trials, sorted and filtered"),
    ("sweep best", "print the best trial, and the command that runs it"),
];

/// A store that answers no sooner is not waited for.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Files that are looked at, to find a sweep file among them.
const MOST_FILES: usize = 200;
/// A sweep file names itself within so many bytes.
const LARGEST: u64 = 1 << 16;

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
        _ => match sweep_file(&setting.folder) {
            Some(file) => format!("{file} is a sweep file: `sweep start {file}`"),
            None => "Write a sweep file (command, parameters, metric), then: `sweep check FILE`".to_owned(),
        },
    }
}

/// By the state of the sweep that the other verbs would mean; `None`: there is none.
async fn of_sweep(setting: &Setting) -> Option<String> {
    let context = Context::open_to_read(setting).ok()?;
    let id = context.sweep_id(&SweepChoice::default()).await.ok()?;
    let parent = context.store.run(&id).await.ok()?;
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

/// The name of a file here that reads like a sweep file.
fn sweep_file(folder: &Path) -> Option<String> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut names: Vec<String> = entries
        .flatten()
        .take(MOST_FILES)
        .filter(|entry| entry.metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".yaml") || name.ends_with(".yml"))
        .filter(|name| printable(name) == *name && !name.contains(char::is_whitespace))
        .collect();
    names.sort();
    names.into_iter().find(|name| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let has = |keys: &[&str]| text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)));
        has(&["parameters:"]) && has(&["command:", "program:", "method:"])
    })
}
