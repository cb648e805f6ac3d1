//! `sweep sample --replay ID --trial K`: what a trial's proposal was made from, and the proposal made again.

use serde_json::{Value as Json, json};

use super::shared::{CommandFailure, Context, Exit, Format, Setting, SweepChoice, load_sweep};
use crate::query::{Replayed, propose_again};
use crate::trial::TrialIndex;
use crate::ui::words;

/// What was typed.
#[derive(Debug, Clone)]
pub struct ReplayArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// The trial.
    pub trial: u64,
    /// How it is printed.
    pub format: Format,
}

/// Makes a trial's proposal again, from the sweep's config and seed and from what the proposal knew, and says whether
/// it is the same.
///
/// # Errors
/// Where the trial was not run yet, or what it was made from was not kept; and as the store's.
pub async fn replay(setting: &Setting, args: &ReplayArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    let trial = TrialIndex(args.trial);
    let replayed = propose_again(&context.store, &sweep, &config, trial).await?;
    match args.format {
        Format::Table => context.ui.tell(&in_words(trial, &replayed)),
        Format::Json => context.ui.json(&format!("{}\n", as_json(trial, &replayed))),
    }
    Ok(if replayed.is_the_same() { Exit::Done } else { Exit::WorkFailed })
}

fn in_words(trial: TrialIndex, replayed: &Replayed) -> String {
    let from = format!(
        "from {} and {} under way",
        words::count(replayed.saw.ended.len() as u64, "result"),
        words::count(replayed.saw.running.len() as u64, "trial"),
    );
    let mut lines =
        vec![format!("trial {trial}, proposed {from}"), format!("  was  {}", words::point(&replayed.was()))];
    match &replayed.proposal {
        Some(proposal) => {
            lines.push(format!("  is   {}", words::point(&proposal.point)));
            lines.extend(proposal.expectation.map(|expected| {
                format!(
                    "  the model expected {} ± {}, and an improvement with probability {:.2}",
                    words::number(expected.mean),
                    words::number(expected.std),
                    expected.probability
                )
            }));
        }
        None => lines.push("  is   nothing: no point is left".into()),
    }
    lines.push(if replayed.is_the_same() {
        "The same point comes out again.".into()
    } else {
        "Another point comes out: metrics were changed afterwards, or another version of sweep made the proposal.".into()
    });
    lines.join("\n") + "\n"
}

fn as_json(trial: TrialIndex, replayed: &Replayed) -> Json {
    let expected = replayed.proposal.as_ref().and_then(|proposal| proposal.expectation).map(|expected| {
        json!({
            "mean": expected.mean,
            "std": expected.std,
            "improvement": expected.improvement,
            "probability": expected.probability,
        })
    });
    json!({
        "trial": trial.0,
        "run_id": replayed.run.info.id.as_str(),
        "params": replayed.was().to_json(),
        "replayed": replayed.proposal.as_ref().map(|proposal| proposal.point.to_json()),
        "same": replayed.is_the_same(),
        "saw": replayed.saw.to_json(),
        "expected": expected,
    })
}
