//! `sweep export DIR`: a sweep as plain files.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::shared::{
    CommandFailure, Context, Exit, Setting, SweepChoice, asked_to_end, load_sweep, progress, warn_of_left_out,
};
use crate::config::Config;
use crate::exchange::{ExportOptions, Exported, Exporter};
use crate::query::limit;
use crate::record::{ClaimOrder, Ledger, Sweep, SweepOrder};
use crate::ui::{Ui, words};

/// How often the store is asked for what is new.
const PAUSE: Duration = Duration::from_secs(2);

/// What was typed.
#[derive(Debug, Clone)]
pub struct ExportArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// The folder.
    pub folder: PathBuf,
    /// Fetch artifacts, too.
    pub artifacts: bool,
    /// Continue until the sweep is over.
    pub follow: bool,
    /// Read what is there already again.
    pub refresh: bool,
}

/// Writes a sweep as plain files; each is written whole or not at all.
///
/// # Errors
/// Where the folder holds something else, the store fails, or the disk refuses.
pub async fn export(setting: &Setting, args: &ExportArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    let options = ExportOptions { artifacts: args.artifacts, refresh: args.refresh };
    let (folder, progress) = (context.folder.join(&args.folder), progress(&context.ui));
    let mut exporter =
        Exporter::begin(&context.store, (&sweep, &config), &folder, options, &progress).await?;
    let work = async {
        if args.follow {
            follow(&context, &sweep, &config, &mut exporter).await?;
        }
        exporter.everything().await?;
        Ok::<_, CommandFailure>(())
    };
    // What is under way is dropped, and its unfinished file with it.
    let ended = tokio::select! {
        done = work => done.map(|()| Exit::Done)?,
        signal = asked_to_end() => signal?,
    };
    report(&context.ui, &exporter.outcome());
    if ended != Exit::Done {
        context.ui.say("Interrupted: the same command continues from here.");
    }
    Ok(ended)
}

/// Exports trials as they end, until the sweep is over.
async fn follow(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    exporter: &mut Exporter<'_>,
) -> Result<(), CommandFailure> {
    let strategy = sweep.strategy(config)?;
    let limit = limit(config, strategy.as_ref());
    let token = context.identity().agent;
    let ledger =
        Ledger::open(Arc::clone(&context.store), &sweep.ledger, token, ClaimOrder::Spread, None).await?;
    let trials = limit.map_or_else(String::new, |limit| format!(" of {}", words::count(limit, "trial")));
    context.ui.say(&format!("Following sweep {}{trials}; Ctrl-C ends this.", sweep.id()));
    loop {
        let unfinished = ledger.unfinished().await?;
        let all_begun = match limit {
            Some(limit) => ledger.taken().await >= limit,
            None => false,
        };
        exporter.settled(&ledger.settled().await?).await?;
        let parent = context.store.run(sweep.id()).await?;
        let stopped =
            matches!(sweep.order(context.store.as_ref()).await?, SweepOrder::Stop | SweepOrder::Cancel);
        if parent.info.status.is_final() || (unfinished.is_empty() && (all_begun || stopped)) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Prints what was done.
fn report(ui: &Ui, exported: &Exported<'_>) {
    let (trials, folder) = (words::count(exported.trials, "trial"), &exported.folder);
    let news = match (exported.written, exported.trials - exported.written) {
        (written, 0) if written > 0 => String::new(),
        (0, _) => " (nothing new)".to_owned(),
        (written, unchanged) => format!(" ({written} new or changed, {unchanged} as before)"),
    };
    ui.say(&format!("Exported {trials}{news} to {}", folder.trim_end_matches('/')));
    if exported.running > 0 {
        let trials = words::count(exported.running, "trial");
        ui.say(&format!("{trials} not over yet and left out; --follow waits for them."));
    }
    warn_of_left_out(ui, exported.left_out);
}
