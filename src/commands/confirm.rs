//! `sweep confirm`: the best points of a sweep again, with seeds that the search did not use: which of them is the best, and
//! how sure that is.

mod answer;

use std::time::Duration;

use super::shared::work::{Allocation, WorkArgs, work_on};
use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Pin, Setting, SweepChoice, check_pin, load_sweep,
    refuse_half,
};
use crate::config::{Config, MetricConfig};
use crate::process::now_ms;
use crate::query::{Confirmation, config_for, searched_trials, top_trials};
use crate::record::{
    ConfirmationPlan, ConfirmationSource, Ledger, Sweep, begin_confirmation, change_plan, last_confirmation,
    name_confirmation, tags,
};
use crate::ui::{Output, Ui, printable, words};

/// Points that are run again where nothing else is said.
const TOP: usize = 5;
/// Runs that are spent where nothing else is said.
const BUDGET: u64 = 20;

/// What was typed.
#[derive(Debug, Clone)]
pub struct ConfirmArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How many points; `None`: those of the confirmation that is there, else five.
    pub top: Option<usize>,
    /// How many runs; `None`: as planned, else twenty.
    pub budget: Option<u64>,
    /// Another confirmation, though there is one.
    pub again: bool,
    /// Runs side by side.
    pub jobs: Option<usize>,
    /// GPUs to hand out, one a run.
    pub gpus: Option<String>,
    /// An agent that has shown no sign of life for so long is lost.
    pub lease: Duration,
    /// Time between SIGTERM and SIGKILL; `None`: the config's.
    pub grace: Option<Duration>,
    /// Which runs' output is shown.
    pub output: Option<Output>,
    /// What the sweep's config must be.
    pub pin: Pin,
    /// How the outcome is printed.
    pub format: AnswerFormat,
}

/// Runs the best points of a sweep again, and prints which of them is the best.
///
/// # Errors
/// Where the sweep has no metric or too few points, or the store or this machine fails.
pub async fn confirm(setting: &Setting, args: &ConfirmArgs) -> Result<Exit, CommandFailure> {
    // What commands print must not get into data.
    let quiet = setting.ui.quiet || args.format != AnswerFormat::Table;
    let setting = Setting { ui: Ui { quiet, ..setting.ui }, ..setting.clone() };
    let context = Context::open(&setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    let metric = check(&context, &sweep, &config, args)?;
    let (number, confirmation) = last_confirmation(context.store.as_ref(), &sweep).await?;
    let confirmation = match confirmation.filter(|_| !args.again) {
        Some(confirmation) => taken_up(&context, &sweep, confirmation, args).await?,
        None => begin(&context, &sweep, (&config, metric), number + 1, args).await?,
    };
    let own = config_for(&confirmation, config.clone());
    let mut exit = Exit::Done;
    if !confirmation.parent.info.status.is_final() {
        let worked = work_on(&context, confirmation.clone(), own.clone(), &work(args)).await?;
        exit = worked.exit;
        let ledger = Ledger::read(context.store.as_ref(), &confirmation.ledger).await?;
        if worked.complete && ledger.unfinished().is_empty() {
            confirmation.finish(context.store.as_ref(), now_ms()).await?;
        }
    }
    let shown = Confirmation::read(&context.store, confirmation, &own).await?;
    answer::print(&setting, &sweep, metric, &shown, args.format)?;
    Ok(exit)
}

/// Whether the sweep can be confirmed: its metric.
fn check<'a>(
    context: &Context,
    sweep: &Sweep,
    config: &'a Config,
    args: &ConfirmArgs,
) -> Result<&'a MetricConfig, CommandFailure> {
    if let Some(of) = sweep.parent.tag(tags::CONFIRMS) {
        return Err(CommandFailure::new(Exit::Usage, format!("{} is a confirmation itself", sweep.id()))
            .hint(format!("Name the sweep that it confirms: sweep confirm {of}")));
    }
    refuse_half(sweep)?;
    check_pin(context, sweep, &args.pin)?;
    if config.has_several_metrics() || !config.limits.is_empty() {
        let message = "a sweep with several metrics or limits (`subject_to`) cannot be confirmed yet";
        return Err(CommandFailure::new(Exit::Usage, message)
            .hint("`sweep rerun TRIAL --seeds 5` repeats one trial with other seeds."));
    }
    config.metric.as_ref().ok_or_else(|| {
        CommandFailure::new(Exit::Usage, "the config of the sweep has no metric: there is no best to confirm")
            .hint("`metric: {name: …, goal: …}` in the config says what trials are judged by.")
    })
}

/// A confirmation that is there already, with more runs where more are asked for.
async fn taken_up(
    context: &Context,
    sweep: &Sweep,
    mut confirmation: Sweep,
    args: &ConfirmArgs,
) -> Result<Sweep, CommandFailure> {
    let store = context.store.as_ref();
    name_confirmation(store, sweep, &confirmation).await?;
    let Some(mut plan) = ConfirmationPlan::of(&confirmation.parent) else { return Ok(confirmation) };
    if let Some(top) = args.top.filter(|top| *top != plan.trials.len()) {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("the confirmation of this sweep has {} points, not {top}", plan.trials.len()),
        )
        .hint("Leave --top out to continue it. `--again` begins another one, with the best points as they are now."));
    }
    if let Some(budget) = args.budget.filter(|budget| *budget > plan.budget) {
        plan.budget = budget;
        change_plan(store, &mut confirmation, &plan).await?;
        confirmation.reopen(store).await?;
        confirmation.parent = store.run(confirmation.id()).await?;
    }
    Ok(confirmation)
}

/// A new confirmation, with the best points of the search.
async fn begin(
    context: &Context,
    sweep: &Sweep,
    (config, metric): (&Config, &MetricConfig),
    number: u32,
    args: &ConfirmArgs,
) -> Result<Sweep, CommandFailure> {
    let top = args.top.unwrap_or(TOP);
    let prior = searched_trials(&context.store, sweep, config).await?;
    let trials = top_trials(&prior, metric.goal, top);
    if trials.len() < 2 {
        let found = words::count(trials.len() as u64, "point");
        return Err(CommandFailure::new(
            Exit::WorkFailed,
            format!(
                "there is nothing to choose between: {found} finished with a number as `{}`",
                metric.name
            ),
        )
        .hint("`sweep trials` shows what became of the trials; `sweep rerun TRIAL` repeats a single one."));
    }
    let plan = ConfirmationPlan { trials, budget: args.budget.unwrap_or(BUDGET) };
    let identity = context.identity();
    let kept = [tags::FOLDER, tags::HOST, tags::CONFIG_FILE];
    let further = kept.iter().filter_map(|key| Some(((*key).to_owned(), sweep.parent.tag(key)?.to_owned())));
    let source = ConfirmationSource { sweep, prior: &prior, tags: further.collect(), user: &identity.user };
    let confirmation = begin_confirmation(context.store.as_ref(), number, &plan, source).await?;
    context.ui.say(&format!(
        "Confirms {}: its best {} again, up to {}, with seeds that the search did not use.",
        printable(&sweep.parent.info.name),
        words::count(plan.trials.len() as u64, "point"),
        words::count(plan.budget, "run")
    ));
    Ok(confirmation)
}

fn work(args: &ConfirmArgs) -> WorkArgs {
    WorkArgs {
        jobs: args.jobs,
        count: None,
        max_failures: None,
        lease: args.lease,
        grace: args.grace,
        retries: None,
        wait: true,
        gpus: args.gpus.clone(),
        shadow: false,
        output: args.output,
        again_from: None,
        // Checked against the sweep that it confirms.
        pin: Pin::Remembered,
        allocation: Allocation::default(),
    }
}
