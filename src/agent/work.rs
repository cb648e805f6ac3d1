//! One trial: its point, its run, its command, watched to the end.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::environment::{HandedOver, REMOVED, variables};
use super::event::{Event, Outcome};
use super::settle::settle;
use super::stop::Stop;
use super::watch::watch_command;
use super::{Agent, AgentError};
use crate::config::command::{RenderContext, Rendered, render};
use crate::process::{Child, Spec, now_ms};
use crate::record::{Claim, NewTrial};
use crate::space::Point;
use crate::tracking::{NewRun, RunInfo};
use crate::trial::trial_seed;

/// Runs a claimed trial and settles it.
pub(super) async fn run_trial(
    agent: Arc<Agent>,
    claim: Claim,
    stop: watch::Receiver<Stop>,
) -> Result<Outcome, AgentError> {
    let prepared = Prepared::new(&agent, claim)?;
    let run = agent.store.create_run(&prepared.new_run(&agent)).await?;
    let watched = {
        let uri = agent.hand_over.open(&run, &agent.config.experiment_name);
        let spec = prepared.spec(&agent, &run, &uri);
        (agent.events)(Event::Started { trial: claim.trial, run: &run.id, point: &prepared.point });
        let watched = match Child::spawn(&spec) {
            Ok(child) => watch_command(&agent, claim, child, stop).await,
            Err(error) => Err(error.into()),
        };
        agent.hand_over.close(&run);
        watched
    };
    // Only where the trial left nothing in it.
    let _ = std::fs::remove_dir(&prepared.checkpoint_dir);
    let watched = match watched {
        Ok(watched) => watched,
        Err(error) => {
            super::settle::abandon(&agent, &run, &error).await;
            return Err(error);
        }
    };
    settle(&agent, claim, &run, &prepared.point, watched).await
}

fn failed(what: String) -> impl FnOnce(std::io::Error) -> AgentError {
    move |source| AgentError::Io { what, source }
}

/// All that is known of a trial before its run is made.
struct Prepared {
    claim: Claim,
    point: Point,
    seed: u32,
    command: Rendered,
    /// Of `${args_json_file}`: deleted when the trial is over.
    _params_file: tempfile::NamedTempFile,
    checkpoint_dir: PathBuf,
}

impl Prepared {
    fn new(agent: &Agent, claim: Claim) -> Result<Self, AgentError> {
        let point = agent.strategy.suggest(claim.trial.0, &[])?.unwrap_or_default();
        let seed = trial_seed(agent.sweep.seed, claim.trial);
        let params_file = tempfile::Builder::new()
            .prefix("sweep-params-")
            .suffix(".json")
            .tempfile()
            .map_err(failed("no temporary file can be made".into()))?;
        let seed_text = seed.to_string();
        let context = RenderContext {
            program: agent.config.program.as_deref(),
            environment: &|name| std::env::var(name).ok(),
            extra: &[("trial_seed", &seed_text)],
            params_file: Some(params_file.path()),
            declared: &agent.config.parameter_names(),
        };
        let command = render(&agent.config.command, &point, &context)?;
        if let Some(json) = &command.params_file_json {
            std::fs::write(params_file.path(), json)
                .map_err(failed("the file of ${args_json_file} can't be written".into()))?;
        }
        let checkpoint_dir = agent.checkpoints.join(format!("trial-{:06}", claim.trial.0));
        std::fs::create_dir_all(&checkpoint_dir)
            .map_err(failed(format!("the folder {} can't be made", checkpoint_dir.display())))?;
        Ok(Self { claim, point, seed, command, _params_file: params_file, checkpoint_dir })
    }

    fn new_run(&self, agent: &Agent) -> NewRun {
        let identity = &agent.identity;
        NewTrial {
            sweep: &agent.sweep,
            claim: self.claim,
            point: &self.point,
            command: &self.command.display,
            seed: self.seed.into(),
            user: &identity.user,
            agent: &identity.agent,
            host: &identity.host,
            tags: &identity.tags,
            now: now_ms(),
        }
        .run()
    }

    fn spec(&self, agent: &Agent, run: &RunInfo, tracking_uri: &str) -> Spec {
        let given = HandedOver {
            tracking_uri,
            loopback: agent.hand_over.loopback(),
            run,
            sweep_id: agent.sweep.id().as_str(),
            claim: self.claim,
            trial_seed: self.seed,
            params_json: self.point.to_json().to_string(),
            checkpoint_dir: &self.checkpoint_dir,
            agent: &agent.identity.agent,
            additions: &agent.config.env,
        };
        Spec {
            argv: self.command.argv.clone(),
            env: variables(given, |name| std::env::var(name).ok()),
            env_remove: REMOVED.to_vec(),
            folder: Some(agent.folder.clone()),
        }
    }
}
