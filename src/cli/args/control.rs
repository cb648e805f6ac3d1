//! Arguments of the verbs that steer agents.

use super::common::WhichSweep;
use crate::cli::complete;
use crate::commands::delete::DeleteArgs;
use crate::commands::rename::RenameArgs;
use crate::commands::retry::RetryArgs;
use crate::commands::{CommandFailure, Exit, SweepChoice};
use clap::Args as ClapArgs;

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
