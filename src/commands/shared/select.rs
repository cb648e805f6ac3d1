//! Which trial is meant: by its number, its run id or a beginning of it, its run's name, `best`, or
//! `SWEEP:TRIAL`.

use super::context::{Context, SweepChoice};
use super::exit::Exit;
use super::failure::CommandFailure;
use super::load::load_sweep;
use crate::config::Config;
use crate::query::best_run;
use crate::record::{Ledger, Sweep, attempt_of, attempts_of, index_of, runs_by_id, tags};
use crate::tracking::{ErrorKind, Run, RunId};
use crate::trial::TrialIndex;
use crate::ui::words;

/// What was typed for a trial.
#[derive(Debug, Clone)]
pub struct TrialChoice {
    /// `--sweep-id`; `None`: what stands before a colon, else the latest sweep of this directory.
    pub sweep: SweepChoice,
    /// The trial.
    pub trial: String,
}

/// The word that stands for the best trial.
const BEST: &str = "best";
/// So many digits of a run id are looked for in other sweeps, too.
const TELLING: usize = 6;

/// A trial that was found.
pub struct FoundTrial {
    /// `None`: the run belongs to no sweep that can be opened.
    pub of: Option<(Sweep, Config)>,
    /// Its run: the attempt that counts, else the latest; where a run was named, that one.
    pub run: Run,
    /// All its attempts, in their order; only the run itself where it belongs to no sweep.
    pub attempts: Vec<Run>,
}

impl FoundTrial {
    /// `trial 7`, else the name of the run.
    pub fn title(&self) -> String {
        match (self.run.tag(tags::RERUN_OF), index_of(&self.run)) {
            (None, Some(trial)) => format!("trial {trial}"),
            _ => self.run.info.name.clone(),
        }
    }

    /// The sweep and its config, of a trial that must have them.
    pub fn into_sweep(self) -> Result<(Sweep, Config), CommandFailure> {
        self.of.ok_or_else(|| {
            CommandFailure::new(Exit::Usage, format!("run {} belongs to no sweep", self.run.info.id))
                .hint("`sweep trials` shows the trials that there are.")
        })
    }
}

/// Finds the trial that is meant.
///
/// # Errors
/// Where there is none, or several.
pub async fn find_trial(context: &Context, choice: &TrialChoice) -> Result<FoundTrial, CommandFailure> {
    let store = context.store.as_ref();
    let text = choice.trial.as_str();
    if RunId::is_whole(text) {
        return of_run(context, store.run(&RunId(text.to_owned())).await?).await;
    }
    let (named, text) = match (&choice.sweep.0, text.rsplit_once(':')) {
        (None, Some((sweep, trial))) if !sweep.is_empty() => (SweepChoice(Some(sweep.to_owned())), trial),
        _ => (choice.sweep.clone(), text),
    };
    if RunId::is_whole(text) {
        return of_run(context, store.run(&RunId(text.to_owned())).await?).await;
    }
    let (sweep, config) = load_sweep(context, &named).await?;
    if text == BEST {
        let run = best_run(&context.store, &sweep, &config).await?;
        return of_run(context, run).await;
    }
    if let Some(trial) = number(text) {
        let attempts = attempts_of(store, &sweep, trial).await?;
        if !attempts.is_empty() {
            return chosen(context, sweep, config, attempts, trial).await;
        }
    }
    if let Some(run) = by_beginning(context, Some(&sweep), text).await? {
        return of_run(context, run).await;
    }
    if named.0.is_none()
        && text.len() >= TELLING
        && let Some(run) = by_beginning(context, None, text).await?
    {
        return of_run(context, run).await;
    }
    Err(no_such_trial(context, &sweep, text).await)
}

/// `7`, or the name that a trial's run has: `trial-0007`.
fn number(text: &str) -> Option<TrialIndex> {
    text.strip_prefix("trial-")
        .and_then(|name| name.split(' ').next())
        .unwrap_or(text)
        .parse()
        .ok()
        .map(TrialIndex)
}

/// The run of the attempt that counts, else of the latest.
async fn chosen(
    context: &Context,
    sweep: Sweep,
    config: Config,
    mut attempts: Vec<Run>,
    trial: TrialIndex,
) -> Result<FoundTrial, CommandFailure> {
    attempts.sort_by_key(attempt_of);
    let results = Ledger::read(context.store.as_ref(), &sweep.ledger).await?.results();
    let result = attempts.iter().find(|run| results.get(&trial) == Some(&run.info.id));
    let run = result.or(attempts.last()).cloned().ok_or_else(|| absent(&sweep, &trial.to_string()))?;
    Ok(FoundTrial { of: Some((sweep, config)), run, attempts })
}

/// A run that was named, with the sweep that it belongs to.
async fn of_run(context: &Context, run: Run) -> Result<FoundTrial, CommandFailure> {
    let store = context.store.as_ref();
    if run.tag(tags::SWEEP).is_some() {
        return Err(CommandFailure::new(Exit::Usage, format!("{} is a sweep, not a trial", run.info.id))
            .hint(format!("`sweep trials {}` shows its trials.", run.info.id)));
    }
    let parent = run.tag(tags::SWEEP_ID).or(run.tag(tags::PARENT_RUN_ID)).map(str::to_owned);
    let of = match parent {
        Some(id) => match load_sweep(context, &SweepChoice(Some(id))).await {
            Ok(of) => Some(of),
            // Another program's parent run.
            Err(failure) if failure.exit == Exit::Usage => None,
            Err(failure) => return Err(failure),
        },
        None => None,
    };
    let mut attempts = match (&of, index_of(&run), run.tag(tags::RERUN_OF)) {
        (Some((sweep, _)), Some(trial), None) => attempts_of(store, sweep, trial).await?,
        _ => vec![run.clone()],
    };
    attempts.sort_by_key(attempt_of);
    Ok(FoundTrial { of, run, attempts })
}

/// The one run, of the sweep where one is given, whose id begins so.
async fn by_beginning(
    context: &Context,
    sweep: Option<&Sweep>,
    text: &str,
) -> Result<Option<Run>, CommandFailure> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let mut found = runs_by_id(context.store.as_ref(), sweep, &text.to_ascii_lowercase()).await?;
    if found.len() > 1 {
        return Err(CommandFailure::new(Exit::Usage, format!("several runs match `{text}`"))
            .hint("Give a longer prefix."));
    }
    Ok(found.pop())
}

async fn no_such_trial(context: &Context, sweep: &Sweep, text: &str) -> CommandFailure {
    let failure = absent(sweep, text);
    match Ledger::read(context.store.as_ref(), &sweep.ledger).await {
        Err(error) if error.kind != ErrorKind::NotFound => error.into(),
        Err(_) => failure,
        Ok(ledger) => {
            let results = ledger.results();
            if let Some(trial) = number(text)
                && results.contains_key(&trial)
            {
                return deleted(sweep, trial);
            }
            let unfinished = ledger.unfinished();
            let last = results.keys().chain(unfinished.iter().map(|trial| &trial.trial)).max();
            match last {
                None => failure.hint(format!("It has none yet: sweep run --sweep-id={}", sweep.id())),
                Some(last) => failure.hint(format!(
                    "It has {}, from 0 to {last}: give a number, `best`, a run id or a prefix of one. Of another sweep: \
                     SWEEP:TRIAL, or --sweep-id.",
                    words::count((results.len() + unfinished.len()) as u64, "trial")
                )),
            }
        }
    }
}

/// A trial that has its result, and no run any more.
fn deleted(sweep: &Sweep, trial: TrialIndex) -> CommandFailure {
    let name = &sweep.parent.info.name;
    CommandFailure::new(Exit::Usage, format!("the run of trial {trial} of sweep {name} was deleted")).hint(format!(
        "Restore it in MLflow (`mlflow runs restore`), or run the trial again: sweep retry --sweep-id={} {trial}",
        sweep.id()
    ))
}

fn absent(sweep: &Sweep, text: &str) -> CommandFailure {
    CommandFailure::new(Exit::Usage, format!("sweep {} has no trial `{text}`", sweep.parent.info.name))
}
