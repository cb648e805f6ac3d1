//! `sweep finalize`: which parameters mattered, as a table, plots and a report among the parent run's artifacts.
//!
//! It may be called again and again: artifacts and its part of the parent's note are replaced.

pub use super::shared::Conclusion;
use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, conclude, load_sweep, refuse_half};

/// What was typed.
#[derive(Debug, Clone)]
pub struct FinalizeArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How it is concluded.
    pub conclusion: Conclusion,
}

/// Analyses a sweep and ends it.
///
/// # Errors
/// Where the sweep can't be opened or the store fails.
pub async fn finalize(setting: &Setting, args: &FinalizeArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    refuse_half(&sweep)?;
    conclude(&context, &sweep, &config, &args.conclusion).await
}
