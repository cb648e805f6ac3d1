//! `sweep start CONFIG`: init, run and finalize in one go.

use std::path::PathBuf;

use super::analyze::AnswerFormat;
use super::context::Setting;
use super::exit::Exit;
use super::failure::Failure;
use super::finalize::{Conclusion, conclude};
use super::run::{WorkArgs, work};

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
pub async fn start(setting: &Setting, args: &StartArgs) -> Result<Exit, Failure> {
    let (context, sweep, config) = super::init::make(setting, &args.config, &[]).await?;
    context.ui.say(&format!("Sweep initialized with ID: {}", sweep.id()));
    let worked = work(&context, sweep.clone(), config.clone(), &args.work).await?;
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
