//! `sweep logs TRIAL`: what its command printed. Once a trial is over that is an artifact of its run. While it runs its
//! agent keeps it in a file of its workspace, which this command reads on the same machine.

use std::fs::File;
use std::io::{self, Read as _};
use std::time::Duration;

use super::shared::{
    CommandFailure, Context, Exit, FoundTrial, Setting, TrialChoice, elsewhere, find_trial, live_file,
};
use crate::record::LOG_ARTIFACT;
use crate::tracking::{ErrorKind, RunInfo, Store};
use crate::ui::Ui;

/// What was typed.
#[derive(Debug, Clone)]
pub struct LogsArgs {
    /// Which trial.
    pub trial: TrialChoice,
    /// Continue until the trial is over.
    pub follow: bool,
}

/// How often the file of a running trial is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How often the store is asked whether the trial is over: once in so many looks.
const LOOKS_A_QUESTION: u32 = 5;
/// Bytes that are read at a time.
const PIECE: u64 = 1 << 16;

/// Prints what a trial's command printed.
///
/// # Errors
/// Where there is no such trial, or its output is out of reach.
pub async fn logs(setting: &Setting, args: &LogsArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let found = find_trial(&context, &args.trial).await?;
    let run = &found.run;
    if run.info.status.is_final() {
        print_kept(&context, &found).await?;
        return Ok(Exit::Done);
    }
    match live_file(run).and_then(|path| File::open(path).ok()) {
        Some(file) => {
            let whole = follow(&context, file, &run.info, args.follow).await?;
            if !whole {
                setting.ui.say(&format!("{} is still running: `sweep logs -f` follows it.", found.title()));
            }
            Ok(Exit::Done)
        }
        None if args.follow => {
            setting.ui.say(&format!("{} Waiting for it.", elsewhere(&found)));
            wait_for_end(&context, &run.info).await?;
            print_kept(&context, &found).await?;
            Ok(Exit::Done)
        }
        None => {
            let hint = "`sweep logs -f` waits for it.";
            Err(CommandFailure::new(Exit::WorkFailed, elsewhere(&found)).hint(hint))
        }
    }
}

/// Prints the output of a run that is over.
async fn print_kept(context: &Context, found: &FoundTrial) -> Result<(), CommandFailure> {
    let run = &found.run;
    match context.store.artifact(&run.info, LOG_ARTIFACT).await {
        Ok(bytes) => context.ui.print_bytes(&bytes),
        Err(error) if error.kind == ErrorKind::NotFound => match live_file(run).map(std::fs::read) {
            // What an agent left behind that was killed.
            Some(Ok(bytes)) => context.ui.print_bytes(&bytes),
            _ => context.ui.say(&format!("{} printed nothing.", found.title())),
        },
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Prints a file that grows until its run is over, or, without `--follow`, what is there; true where it is all.
async fn follow(
    context: &Context,
    mut file: File,
    run: &RunInfo,
    follow: bool,
) -> Result<bool, CommandFailure> {
    let broken = |error: io::Error| {
        CommandFailure::new(Exit::WorkFailed, "the output of the running trial can't be read")
            .caused_by(&error)
    };
    for look in 1.. {
        // Asked before the reading: what was printed before the end is in the file then.
        let over = look % LOOKS_A_QUESTION == 0 && is_over(context.store.as_ref(), run).await?;
        copy(&mut file, &context.ui).map_err(broken)?;
        if over || !follow {
            return Ok(over);
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(true)
}

/// Prints what has come since the last time.
fn copy(file: &mut File, ui: &Ui) -> io::Result<()> {
    loop {
        let mut piece = Vec::new();
        if file.take(PIECE).read_to_end(&mut piece)? == 0 {
            return Ok(());
        }
        ui.print_bytes(&piece);
    }
}

async fn wait_for_end(context: &Context, run: &RunInfo) -> Result<(), CommandFailure> {
    while !is_over(context.store.as_ref(), run).await? {
        tokio::time::sleep(LOOK * LOOKS_A_QUESTION).await;
    }
    Ok(())
}

async fn is_over(store: &dyn Store, run: &RunInfo) -> Result<bool, CommandFailure> {
    Ok(store.run(&run.id).await?.info.status.is_final())
}
