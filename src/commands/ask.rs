//! `sweep ask`: one trial for a program that runs trials itself: a launcher, a workflow engine, a notebook.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use itertools::Itertools as _;
use serde::Serialize;
use serde_json::Value as Json;

use super::shared::work::{WorkArgs, assemble_to_ask};
use super::shared::{
    Backend, CommandFailure, Context, Exit, Pin, Setting, SweepChoice, check_pin, load_sweep, print_json,
    refuse_half,
};
use crate::agent::{self, AskAnswer, AskedTrial};
use crate::config::command::quoted;
use crate::record::Sweep;
use crate::trial::TrialIndex;
use crate::ui::words;

/// What was typed.
#[derive(Debug, Clone)]
pub struct AskArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How the trial is printed.
    pub form: AskForm,
    /// How long to wait where none is free.
    pub wait: Duration,
    /// The trial is taken over where nothing is heard of it for so long.
    pub lease: Duration,
    /// What the sweep's config must be.
    pub pin: Pin,
}

/// How a trial is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskForm {
    /// For programs.
    Json,
    /// One line for `sh`, which runs the trial.
    Command,
    /// Lines for `sh` that set the trial's environment.
    Env,
}

/// The variable that says where the store is.
const TRACKING_URI: &str = "MLFLOW_TRACKING_URI";

/// Claims a trial and prints what it is to be run with.
///
/// # Errors
/// Where the sweep can't be opened, or the store or this machine fails.
pub async fn ask(setting: &Setting, args: &AskArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    check_pin(&context, &sweep, &args.pin)?;
    refuse_half(&sweep)?;
    let work = WorkArgs::of_others(args.lease, args.pin.clone());
    let agent = Arc::new(assemble_to_ask(&context, sweep.clone(), config, &work).await?);
    match agent::ask(&agent, args.wait).await? {
        AskAnswer::Trial(mut trial) => {
            leave_login_out(&context, &mut trial);
            print(setting, &sweep, &trial, args);
            Ok(Exit::Done)
        }
        nothing => Ok(say_why(setting, &sweep, &nothing)),
    }
}

/// An address with a login in it is not printed: the caller has it.
fn leave_login_out(context: &Context, trial: &mut AskedTrial) {
    if let Backend::Server { uri, .. } = &context.backend
        && uri.contains('@')
    {
        trial.env.retain(|(name, _)| name != TRACKING_URI);
    }
}

fn say_why(setting: &Setting, sweep: &Sweep, answer: &AskAnswer) -> Exit {
    let id = sweep.id().short();
    let (exit, why) = match answer {
        AskAnswer::NothingLeft => {
            (Exit::NothingLeft, format!("Every trial has its result. Next: sweep finalize {id}"))
        }
        AskAnswer::Over => {
            (Exit::NothingLeft, "The sweep was stopped: no more trials are started.".to_owned())
        }
        AskAnswer::Paused => (Exit::TryAgain, format!("The sweep is paused: sweep resume {id}")),
        AskAnswer::Busy(others) => {
            let trials = words::count(*others as u64, "trial");
            (
                Exit::TryAgain,
                format!("No trial is free now: {trials} without a result. --wait waits for one."),
            )
        }
        // It was printed.
        AskAnswer::Trial(_) => return Exit::Done,
    };
    setting.ui.say(&why);
    exit
}

fn print(setting: &Setting, sweep: &Sweep, trial: &AskedTrial, args: &AskArgs) {
    match args.form {
        AskForm::Json => print_json(&setting.ui, &AskedJson::of(sweep, trial, args.lease)),
        AskForm::Command => setting.ui.data(&command(trial)),
        AskForm::Env => setting.ui.data(&env(trial)),
    }
}

/// The variables to set, each once: the last of a name counts.
fn variables(trial: &AskedTrial) -> BTreeMap<String, String> {
    trial.env.iter().map(|(name, value)| (name.clone(), value.to_string_lossy().into_owned())).collect()
}

/// One line for `sh`.
fn command(trial: &AskedTrial) -> String {
    let unset = trial.env_remove.iter().map(|name| format!("-u {name}"));
    let set = variables(trial).into_iter().map(|(name, value)| quoted(&format!("{name}={value}")));
    let argv = trial.argv.iter().map(|word| quoted(word));
    let folder = quoted(&trial.folder.display().to_string());
    let words = unset.chain(set).chain(argv).join(" ");
    format!("cd {folder} && exec env {words}\n")
}

/// Lines for `sh`; the command itself is in `SWEEP_COMMAND`.
fn env(trial: &AskedTrial) -> String {
    let unset = trial.env_remove.iter().map(|name| format!("unset {name}\n"));
    let line = ("SWEEP_COMMAND".to_owned(), trial.line.clone());
    let set = variables(trial).into_iter().chain([line]);
    unset.chain(set.map(|(name, value)| format!("export {name}={}\n", quoted(&value)))).collect()
}

/// A trial, for programs.
#[derive(Debug, Serialize)]
struct AskedJson<'a> {
    sweep_id: &'a str,
    trial: TrialIndex,
    attempt: u32,
    run_id: &'a str,
    experiment_id: &'a str,
    params: Json,
    seed: u32,
    argv: &'a [String],
    command: &'a str,
    folder: String,
    env: BTreeMap<String, String>,
    unset: &'a [&'static str],
    lease_seconds: f64,
}

impl<'a> AskedJson<'a> {
    fn of(sweep: &'a Sweep, trial: &'a AskedTrial, lease: Duration) -> Self {
        Self {
            sweep_id: sweep.id().as_str(),
            trial: trial.claim.trial,
            attempt: trial.claim.attempt,
            run_id: trial.run.id.as_str(),
            experiment_id: trial.run.experiment_id.as_str(),
            params: trial.point.to_json(),
            seed: trial.seed,
            argv: &trial.argv,
            command: &trial.line,
            folder: trial.folder.display().to_string(),
            env: variables(trial),
            unset: &trial.env_remove,
            lease_seconds: lease.as_secs_f64(),
        }
    }
}
