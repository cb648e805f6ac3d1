//! Loading a config, from a file or from a sweep, with its findings printed.

use std::io::Read as _;
use std::path::Path;

use super::context::Context;
use super::exit::Exit;
use super::failure::CommandFailure;
use crate::config::{self, Config};
use crate::query::config_for;
use crate::record::{ImportMark, Sweep};
use crate::tracking::{Run, RunId, open_typed};
use crate::ui::Ui;

/// Larger files are no configs.
const LARGEST: u64 = 1 << 20;

/// Reads and checks a config file; its warnings are printed, its errors are the failure.
pub fn load_file(ui: &Ui, path: &Path) -> Result<(Config, Vec<u8>), CommandFailure> {
    let bytes = read_file(path)?;
    let config = checked(ui, &name_of(path), &bytes)?;
    Ok((config, bytes))
}

/// What a config file is called in messages.
pub fn name_of(path: &Path) -> String {
    if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() }
}

/// The bytes of a config file, or of stdin for `-`: no more than one that is too long has.
pub fn read_file(path: &Path) -> Result<Vec<u8>, CommandFailure> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| {
            CommandFailure::new(Exit::Usage, "cannot read the config from stdin").caused_by(&error)
        })?;
        return Ok(bytes);
    }
    let name = path.display();
    let unreadable = |error: std::io::Error| {
        let failure =
            CommandFailure::new(Exit::Usage, format!("cannot read the config {name}")).caused_by(&error);
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                failure.hint("Give the path of a sweep file: `sweep init CONFIG`.")
            }
            std::io::ErrorKind::IsADirectory => failure.hint("Give the file itself, not its folder."),
            _ => failure,
        }
    };
    let mut bytes = Vec::new();
    let file = open_typed(path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The config of a sweep, as it was initialised.
pub async fn load_sweep(
    context: &Context,
    choice: &super::SweepChoice,
) -> Result<(Sweep, Config), CommandFailure> {
    let parent = sweep_run(context, choice).await?;
    let id = parent.info.id.clone();
    let sweep = Sweep::of_run(context.store.as_ref(), parent).await?;
    // Its warnings were printed at `init`.
    let quiet = Ui { quiet: true, ..context.ui };
    let config = checked(&quiet, &format!("the config of sweep {id}"), &sweep.config)?;
    let config = config_for(&sweep, config);
    Ok((sweep, config))
}

/// The parent run of the sweep that is meant, which is not deleted.
pub async fn sweep_run(context: &Context, choice: &super::SweepChoice) -> Result<Run, CommandFailure> {
    let id = context.sweep_id(choice).await?;
    let parent = context.store.run(&id).await?;
    if parent.info.active { Ok(parent) } else { Err(deleted(&id)) }
}

/// Nobody works on a sweep that somebody has deleted.
pub fn deleted(id: &RunId) -> CommandFailure {
    CommandFailure::new(Exit::Tracking, format!("the sweep was deleted: its run {id} is no longer there"))
        .hint(format!("Restore it: sweep delete --restore {id}. Or start another: sweep init CONFIG."))
}

/// Refuses to work on half a sweep.
pub fn refuse_half(sweep: &Sweep) -> Result<(), CommandFailure> {
    let Some(_) = ImportMark::of(&sweep.parent) else { return Ok(()) };
    Err(CommandFailure::new(Exit::Usage, format!("sweep {} is being imported, or its import was cut off", sweep.id()))
        .hint("Wait for the import. If it was cut off, run the same `sweep import` again: it replaces what is there."))
}

/// Checks a config; its warnings are printed, its errors are the failure.
pub fn checked(ui: &Ui, name: &str, bytes: &[u8]) -> Result<Config, CommandFailure> {
    // What has no effect is for `sweep check` to say.
    let checked = config::CheckedConfig { notes: Vec::new(), ..config::check(bytes) };
    let findings = config::render_findings(name, &String::from_utf8_lossy(bytes), &checked, ui.color_err);
    let errors = checked.errors.len();
    match checked.config {
        Some(config) if errors == 0 => {
            if !findings.is_empty() && !ui.quiet {
                ui.findings(findings.trim_end());
            }
            Ok(config)
        }
        _ => {
            ui.findings(findings.trim_end());
            let found = crate::ui::words::count(errors as u64, "error");
            Err(CommandFailure::new(Exit::Usage, format!("{name}: {found}; nothing was created")))
        }
    }
}
