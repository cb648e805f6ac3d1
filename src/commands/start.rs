//! `sweep start CONFIG`: init, run and finalize in one go.

use std::path::PathBuf;

use super::shared::work::{WorkArgs, work_on};
use super::shared::{AnswerFormat, CommandFailure, Conclusion, Exit, Setting, conclude, create};

/// What was typed.
#[derive(Debug, Clone)]
pub struct StartArgs {
    /// The sweep file.
    pub config: PathBuf,
    /// How to run it.
    pub work: WorkArgs,
    /// How the analysis is printed.
    pub format: AnswerFormat,
}

/// Makes a sweep, runs it, and finalizes it. Stopped before its end, it is left open.
///
/// # Errors
/// As `init`, `run` and `finalize`.
pub async fn start(setting: &Setting, args: &StartArgs) -> Result<Exit, CommandFailure> {
    let (context, sweep, config) = create(setting, &args.config, &[]).await?;
    context.ui.say(&format!("Sweep initialized with ID: {}", sweep.id()));
    let worked = work_on(&context, sweep.clone(), config.clone(), &args.work).await?;
    if !worked.complete {
        context.ui.say(&format!(
            "To continue: sweep run --sweep-id={0} && sweep finalize --sweep-id={0}",
            sweep.id()
        ));
        return Ok(worked.exit);
    }
    let conclusion = Conclusion { format: args.format, ..Conclusion::default() };
    let concluded = conclude(&context, &sweep, &config, &conclusion).await?;
    Ok(if worked.exit == Exit::Done { concluded } else { worked.exit })
}
