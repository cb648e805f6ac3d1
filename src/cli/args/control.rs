//! Arguments of the verbs that steer agents.

use super::common::WhichSweep;
use crate::cli::complete;
use crate::commands::delete::DeleteArgs;
use crate::commands::edit::EditArgs;
use crate::commands::rename::RenameArgs;
use crate::commands::retry::RetryArgs;
use crate::commands::{CommandFailure, Exit, SweepChoice};
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedControl {
    #[command(flatten)]
    which: WhichSweep,
}

impl From<TypedControl> for SweepChoice {
    fn from(typed: TypedControl) -> Self {
        typed.which.into()
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedStop {
    #[command(flatten)]
    which: WhichSweep,
    /// End this trial alone, as early stopping would; repeat it
    #[arg(long = "trial", value_name = "N")]
    trials: Vec<u64>,
}

impl TypedStop {
    /// The sweep, and the trials that are to end alone.
    pub(in crate::cli) fn parts(self) -> (SweepChoice, Vec<u64>) {
        (self.which.into(), self.trials)
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedRetry {
    /// Id of the sweep, a prefix of it, or its name
    #[arg(long, value_name = "ID", add = complete::sweeps())]
    sweep_id: Option<String>,
    /// All trials that failed
    #[arg(long)]
    failed: bool,
    /// All trials that were killed, but those that were stopped early
    #[arg(long)]
    killed: bool,
    /// Numbers of trials; what comes first and is no number names the sweep
    #[arg(value_name = "TRIAL", add = complete::trials())]
    trials: Vec<String>,
}

impl TryFrom<TypedRetry> for RetryArgs {
    type Error = CommandFailure;

    fn try_from(typed: TypedRetry) -> Result<Self, CommandFailure> {
        let mut sweep = typed.sweep_id;
        let mut trials = Vec::new();
        for (place, text) in typed.trials.into_iter().enumerate() {
            match text.parse() {
                Ok(number) => trials.push(number),
                Err(_) if place == 0 && sweep.is_none() => sweep = Some(text),
                Err(_) => {
                    return Err(CommandFailure::new(
                        Exit::Usage,
                        format!("`{text}` is not the number of a trial"),
                    ));
                }
            }
        }
        Ok(Self { sweep: SweepChoice(sweep), failed: typed.failed, killed: typed.killed, trials })
    }
}

/// Delete sweeps: their parent runs, trials and ledgers.
///
/// As MLflow deletes runs: they are marked, and `--restore` takes them back until `mlflow gc` removes them for good. Files of artifacts and
/// checkpoints stay.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedDelete {
    /// Ids of sweeps, prefixes of them, or their names
    #[arg(value_name = "SWEEP", required_unless_present = "restore", add = complete::sweeps())]
    sweeps: Vec<String>,
    /// Restore deleted sweeps; without a name, list them
    #[arg(long, conflicts_with_all = ["force", "yes"])]
    restore: bool,
    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
    /// Delete a sweep though agents run it: they end their trials, which are run again if it is restored
    #[arg(long)]
    force: bool,
}

impl From<TypedDelete> for DeleteArgs {
    fn from(typed: TypedDelete) -> Self {
        let TypedDelete { sweeps, restore, dry_run, yes, force } = typed;
        Self { sweeps, restore, dry_run, yes, force }
    }
}

/// Edit the config of a sweep, also while its agents run.
///
/// Without options $EDITOR opens. What can change: run_cap, max_duration, trial_timeout, constraints, bounds and values of parameters, new
/// parameters (with the value that trials had before), points at the end of `points`. Trials stay as they were. Agents go by the new
/// version from their next trial on. Every version is kept.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedEdit {
    #[command(flatten)]
    which: WhichSweep,
    /// Set a key, dots lead into mappings: `--set run_cap=200 --set parameters.lr.max=0.1`
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
    /// The value that trials had before this parameter was added
    #[arg(long, value_name = "PARAM=VALUE", value_parser = key_and_value)]
    before: Vec<(String, String)>,
    /// A point to try next, as YAML: `--point "{lr: 0.01, layers: 3}"`
    #[arg(long = "point", value_name = "POINT")]
    points: Vec<String>,
    /// The new config; `-` reads stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
}

impl From<TypedEdit> for EditArgs {
    fn from(typed: TypedEdit) -> Self {
        let TypedEdit { which, set, before, points, file } = typed;
        Self { sweep: which.into(), set, before, points, file }
    }
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedRename {
    /// Id of the sweep, a prefix of it, or its name
    #[arg(value_name = "SWEEP", add = complete::sweeps())]
    sweep: String,
    /// Its new name
    #[arg(value_name = "NAME")]
    name: String,
}

impl From<TypedRename> for RenameArgs {
    fn from(typed: TypedRename) -> Self {
        Self { sweep: SweepChoice(Some(typed.sweep)), name: typed.name }
    }
}
