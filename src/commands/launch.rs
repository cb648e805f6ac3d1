//! `sweep launch`: agents on Slurm, HyperQueue, Kubernetes, SkyPilot, on machines that ssh reaches, or here. It submits and
//! returns: nothing is left behind on this machine that would have to live on.

mod cancel;
mod choice;
mod scale;
mod submit;
mod top_up;

use std::path::PathBuf;

use super::shared::{
    Backend, CommandFailure, Context, Exit, Setting, SweepChoice, check_pin, load_sweep, refuse_half,
};
use crate::launch::submission;
pub use crate::launch::{HostAgents, LaunchEngine, LaunchRequest};
use crate::record::{Sweep, SweepOrder, last_launch};
pub use cancel::cancel;
pub use choice::LaunchChoice;
pub use scale::scale;
use submit::claim_and_submit;
pub use top_up::top_up;

/// What was typed.
#[derive(Debug, Clone)]
pub struct LaunchArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// What is asked for; what only this machine knows is still missing.
    pub request: LaunchRequest,
    /// The program, where the agents run; `None`: this one.
    pub program: Option<String>,
    /// The directory in which agents start; `None`: this one.
    pub folder: Option<String>,
    /// Only print what would be submitted.
    pub print: bool,
    /// Only write it to this file.
    pub save: Option<PathBuf>,
}

/// Submits agents.
///
/// # Errors
/// Where the sweep can't be opened, or the engine refuses.
pub async fn launch(setting: &Setting, args: &LaunchArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let (sweep, _) = load_sweep(&context, &args.sweep).await?;
    check_pin(&context, &sweep, &super::shared::Pin::Remembered)?;
    refuse_half(&sweep)?;
    let mut request = complete(&context, &sweep, args)?;
    if args.print || args.save.is_some() {
        request.number = last_launch(context.store.as_ref(), &sweep).await? + 1;
        let shown = submission(&request, &|_| None)?.shown;
        return keep(&context, args, &shown);
    }
    refuse_stopped(&sweep)?;
    claim_and_submit(&context, &sweep, request).await
}

/// Agents of a stopped sweep would end at once.
fn refuse_stopped(sweep: &Sweep) -> Result<(), CommandFailure> {
    match SweepOrder::of(&sweep.parent) {
        SweepOrder::Stop | SweepOrder::Cancel => {
            Err(CommandFailure::new(Exit::Usage, format!("sweep {} was stopped", sweep.parent.info.name))
                .hint(format!("`sweep resume {}` lets agents run it again.", sweep.id().short())))
        }
        SweepOrder::Run | SweepOrder::Pause => Ok(()),
    }
}

fn keep(context: &Context, args: &LaunchArgs, shown: &str) -> Result<Exit, CommandFailure> {
    if let Some(file) = &args.save {
        std::fs::write(file, shown).map_err(|error| {
            CommandFailure::new(Exit::WorkFailed, format!("cannot write {}", file.display()))
                .caused_by(&error)
        })?;
        context.ui.say(&format!("Written to {}; nothing was submitted.", file.display()));
    }
    if args.print {
        context.ui.data(shown);
    }
    Ok(Exit::Done)
}

/// Adds what this machine knows.
fn complete(context: &Context, sweep: &Sweep, args: &LaunchArgs) -> Result<LaunchRequest, CommandFailure> {
    let mut request = args.request.clone();
    request.sweep = sweep.id().to_string();
    // An image and a cloud's machine have their own program and directory.
    let elsewhere = matches!(request.engine, LaunchEngine::K8s | LaunchEngine::Sky);
    request.program = match &args.program {
        Some(program) => program.clone(),
        None if elsewhere => "sweep".to_owned(),
        None => own_program()?,
    };
    request.folder = match &args.folder {
        Some(folder) => folder.clone(),
        None if elsewhere => String::new(),
        None => context.folder.display().to_string(),
    };
    match &context.backend {
        Backend::Server { uri, .. } if uri.contains('@') => {
            context.ui.warn(
                "the tracking address holds a login, which is not written into jobs: agents need MLFLOW_TRACKING_URI in \
                 their own environment",
            );
        }
        Backend::Server { .. } => request.tracking_uri = Some(context.store.uri().to_owned()),
        Backend::File(_) => {
            request.tracking_uri = Some(context.store.uri().to_owned());
            if request.engine != LaunchEngine::Local {
                context.ui.warn(
                    "a database file is for the processes of one machine: agents on a second one are refused. For several \
                     machines: `sweep server`, and MLFLOW_TRACKING_URI=http://HOST:5000",
                );
            }
        }
    }
    Ok(request)
}

fn own_program() -> Result<String, CommandFailure> {
    let path = std::env::current_exe().map_err(|error| {
        CommandFailure::new(Exit::WorkFailed, "the path of this program is not known")
            .caused_by(&error)
            .hint("--program PATH names it.")
    })?;
    Ok(path.display().to_string())
}
