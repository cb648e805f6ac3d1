//! What is known of an attempt before its run is made: its point, its command, and what that is given.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use super::environment::{REMOVED, TrialEnvironment, variables};
use super::gpus::{Gpu, Gpus};
use super::propose::Proposed;
use super::provenance::CodeState;
use crate::agent::error::AgentError;
use crate::agent::liveness::mark_of;
use crate::agent::setup::Agent;
use crate::config::Method;
use crate::config::command::{RenderContext, Rendered, render};
use crate::process::ChildSpec;
use crate::record::{Claim, NewTrial, lease_text, tags};
use crate::space::Point;
use crate::tracking::{NewRun, RunInfo};
use crate::trial::trial_seed;

const NO_CHECKPOINTS: &str = "there are no folders for checkpoints (SWEEP_CHECKPOINT_DIR)";

fn failed(what: String) -> impl FnOnce(std::io::Error) -> AgentError {
    move |source| AgentError::Io { what, source }
}

/// What a command is given besides its point.
pub(in crate::agent) struct CommandInput {
    pub(in crate::agent) seed: u32,
    /// The name of the folder of its checkpoints.
    pub(in crate::agent) checkpoints: String,
    /// It is no trial, and is not in the ledger.
    pub(in crate::agent) apart: bool,
}

/// All that is known of a trial before its run is made.
pub(in crate::agent) struct PreparedTrial {
    pub(in crate::agent) claim: Claim,
    pub(in crate::agent) proposed: Proposed,
    pub(in crate::agent) code: Arc<CodeState>,
    seed: u32,
    command: Rendered,
    pub(in crate::agent) gpu: Option<Gpu>,
    /// Of `${args_json_file}`, where the command asks for it: deleted when the trial is over.
    params_file: Option<tempfile::NamedTempFile>,
    pub(in crate::agent) checkpoint_dir: PathBuf,
    /// It is no trial, and is not in the ledger.
    pub(in crate::agent) apart: bool,
}

/// The command of a point, and the file that it asks for.
fn command_of(
    agent: &Agent,
    point: &Point,
    seed: u32,
) -> Result<(Rendered, Option<tempfile::NamedTempFile>), AgentError> {
    let seed = seed.to_string();
    let declared = agent.config.parameter_names();
    let context = RenderContext {
        program: agent.config.program.as_deref(),
        environment: &|name| std::env::var(name).ok(),
        extra: &[("trial_seed", &seed)],
        params_file: None,
        declared: &declared,
    };
    let command = render(&agent.config.command, point, &context)?;
    let Some(json) = &command.params_file_json else { return Ok((command, None)) };
    let file =
        params_file(agent, json).map_err(failed("the file of ${args_json_file} can't be written".into()))?;
    let context = RenderContext { params_file: Some(file.path()), ..context };
    Ok((render(&agent.config.command, point, &context)?, Some(file)))
}

/// A file with a trial's params: in the folder for temporary files, else beside the logs.
fn params_file(agent: &Agent, json: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("sweep-params-").suffix(".json");
    let file = builder.tempfile().or_else(|_| builder.tempfile_in(&agent.logs))?;
    std::fs::write(file.path(), json)?;
    Ok(file)
}

impl PreparedTrial {
    pub(in crate::agent) fn new(
        agent: &Agent,
        claim: Claim,
        proposed: Proposed,
        code: Arc<CodeState>,
    ) -> Result<Self, AgentError> {
        let seed = trial_seed(agent.sweep.seed, claim.trial);
        let checkpoints = format!("trial-{:06}", proposed.checkpoints_of.0);
        Self::of(agent, claim, proposed, code, CommandInput { seed, checkpoints, apart: false })
    }

    /// With what is given to the command.
    pub(in crate::agent) fn of(
        agent: &Agent,
        claim: Claim,
        proposed: Proposed,
        code: Arc<CodeState>,
        handed: CommandInput,
    ) -> Result<Self, AgentError> {
        let CommandInput { seed, checkpoints, apart } = handed;
        let (command, params_file) = command_of(agent, &proposed.point, seed)?;
        let checkpoint_dir = agent.checkpoints.join(checkpoints);
        if let Err(error) = std::fs::create_dir_all(&checkpoint_dir) {
            let what = format!("cannot create the folder {}", checkpoint_dir.display());
            // With this method trials continue from what is in them; else they are there for those who ask.
            if agent.config.method == Method::SuccessiveHalving {
                return Err(failed(what)(error));
            }
            agent.warn_once(NO_CHECKPOINTS, &error);
        }
        let gpu = agent.gpus.as_ref().and_then(Gpus::take);
        Ok(Self { claim, proposed, code, seed, command, gpu, params_file, checkpoint_dir, apart })
    }

    /// The seed for the command.
    pub(in crate::agent) fn seed(&self) -> u32 {
        self.seed
    }

    /// The command as one line for `sh`, with everything that the trial is given.
    pub(in crate::agent) fn line(&self) -> String {
        self.command.real_line()
    }

    /// Lets the file of `${args_json_file}` stay: another program runs the command.
    pub(in crate::agent) fn leave_params_file(&mut self) -> std::io::Result<()> {
        match self.params_file.take() {
            Some(file) => file.keep().map(drop).map_err(|error| error.error),
            None => Ok(()),
        }
    }

    pub(in crate::agent) fn new_run(&self, agent: &Agent) -> NewRun {
        let identity = &agent.identity;
        let tags: Vec<(String, String)> = agent
            .provenance
            .tags(&self.code, &self.proposed.point)
            .into_iter()
            .chain(self.proposed.tags.iter().cloned())
            .chain(self.version_tag(agent))
            .chain([
                (tags::FOLDER.to_owned(), agent.folder.display().to_string()),
                (tags::LEASE.to_owned(), lease_text(agent.options.lease)),
            ])
            .chain(identity.machine.clone().map(|machine| (tags::MACHINE.to_owned(), machine)))
            .chain(self.gpu.as_ref().map(|gpu| (tags::GPU.to_owned(), gpu.name().to_owned())))
            .collect();
        NewTrial {
            sweep: &agent.sweep,
            claim: self.claim,
            point: &self.proposed.point,
            config: &agent.config,
            command: &self.command.display,
            seed: self.seed.into(),
            user: &identity.user,
            agent: &identity.agent,
            host: &identity.host,
            tags: &tags,
            now: agent.machine.clock.now_ms(),
        }
        .run()
    }

    /// The version of the config that it goes by, where the sweep was edited; of a further attempt that of the first.
    fn version_tag(&self, agent: &Agent) -> Option<(String, String)> {
        let version = agent.sweep.version();
        let has_own = self.proposed.tags.iter().any(|(key, _)| key == tags::CONFIG_VERSION);
        (version > 1 && !has_own).then(|| (tags::CONFIG_VERSION.to_owned(), version.to_string()))
    }

    pub(in crate::agent) fn spec(&self, agent: &Agent, run: &RunInfo, tracking_uri: &str) -> ChildSpec {
        // Asked once: a program that is replaced while it runs has no path any more.
        static PROGRAM: LazyLock<Option<PathBuf>> = LazyLock::new(|| std::env::current_exe().ok());
        let given = TrialEnvironment {
            tracking_uri,
            loopback: agent.hand_over.loopback(),
            run,
            sweep_id: agent.sweep.id().as_str(),
            claim: self.claim,
            trial_seed: self.seed,
            params_json: self.proposed.point.to_json().to_string(),
            checkpoint_dir: &self.checkpoint_dir,
            journal: agent.journal.folder(),
            agent: &agent.identity.agent,
            program: PROGRAM.as_deref(),
            gpu: self.gpu.as_ref().map(Gpu::name),
            additions: &agent.config.env,
        };
        ChildSpec {
            argv: self.command.argv.clone(),
            env: variables(given, |name| std::env::var(name).ok()),
            env_remove: REMOVED.to_vec(),
            folder: Some(agent.workdir.clone()),
            mark: mark_of(agent, &run.id),
        }
    }
}
