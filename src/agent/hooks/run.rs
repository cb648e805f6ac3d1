//! One hook: its command is run with the object on its stdin, within its time, and what it printed is kept.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::document::{HookDocument, HookEvent};
use crate::agent::setup::Agent;
use crate::agent::tasks::block;
use crate::config::Command;
use crate::process::{BriefRun, ChildSpec, CommandExit, OwnerMark};
use crate::text;

/// How long a hook may take where nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(10);
/// So much of what one prints is kept.
const MOST_OUTPUT: usize = 16 << 10;

/// Runs the command of a hook to its end. Where it fails, that is said once for each hook.
pub(super) async fn run_hook(agent: &Agent, event: HookEvent, document: &HookDocument) {
    let Some(command) = event.command(&agent.config) else { return };
    let limit = agent.config.hooks.timeout.unwrap_or(TIMEOUT);
    let spec = spec(agent, event, document, command);
    let ran = agent.machine.processes.run_hook(&spec, document.text(), limit, MOST_OUTPUT).await;
    let (failed, output) = match ran {
        Ok(BriefRun { output, exit: Some(CommandExit::Exited(0)) }) => (None, output),
        Ok(BriefRun { output, exit: Some(exit) }) => (Some(exit.to_string()), output),
        Ok(BriefRun { output, exit: None }) => {
            (Some(format!("killed after {} s", limit.as_secs_f64())), output)
        }
        Err(error) => (Some(format!("{error}: {} ({})", error.source, error.hint())), Vec::new()),
    };
    let log = log_file(agent);
    let entry = entry(agent, event, document, failed.as_deref(), &output);
    let file = log.clone();
    let kept = block(&agent.machine.tasks, move || {
        OpenOptions::new().create(true).append(true).open(file)?.write_all(entry.as_bytes())
    });
    if let Some(Err(error)) = kept.await {
        tracing::debug!(%error, "the log of hooks could not be written");
    }
    if let Some(why) = failed {
        let shown = log.strip_prefix(&agent.folder).unwrap_or(&log).display();
        agent.warn_once(warning(event), &format!("{why}; its output: {shown}"));
    }
}

/// The warning about a hook that fails.
fn warning(event: HookEvent) -> &'static str {
    match event {
        HookEvent::TrialEnd => "the hook on_trial_end failed (trials are not affected; said once)",
        HookEvent::Best => "the hook on_best failed (trials are not affected; said once)",
        HookEvent::Finish => "the hook on_finish failed (trials are not affected)",
    }
}

/// Where the output of hooks is.
fn log_file(agent: &Agent) -> PathBuf {
    agent.logs.join(format!("hooks-{}.log", agent.sweep.id().short()))
}

fn spec(agent: &Agent, event: HookEvent, document: &HookDocument, command: &Command) -> ChildSpec {
    let argv = match command {
        Command::Shell(text) => vec!["sh".to_owned(), "-c".to_owned(), text.clone()],
        Command::Argv(words) => words.clone(),
    };
    let additions = agent.config.env.iter().map(|(name, value)| (name.clone(), OsString::from(value)));
    let own = [("SWEEP_ID", agent.sweep.id().as_str()), ("SWEEP_HOOK", event.key())];
    let own = own.map(|(name, value)| (name.to_owned(), OsString::from(value)));
    let program = std::env::current_exe().ok().map(|path| ("SWEEP_BIN".to_owned(), path.into_os_string()));
    ChildSpec {
        argv,
        env_remove: vec!["MLFLOW_RUN_ID"],
        env: additions.chain(own).chain(program).collect(),
        folder: Some(agent.workdir.clone()),
        // Another one than that of any run, and of any other hook: the end of one must not end others. The document names
        // the event, the run and the time.
        mark: OwnerMark::of(&["hook", &agent.identity.agent, &String::from_utf8_lossy(&document.text())]),
    }
}

/// What the log says of it.
fn entry(
    agent: &Agent,
    event: HookEvent,
    document: &HookDocument,
    failed: Option<&str>,
    output: &[u8],
) -> String {
    let time = text::iso(agent.machine.clock.now_ms()).unwrap_or_default();
    let mut entry = format!("{time} {}", event.key());
    if let Some(trial) = document.trial() {
        let _ = write!(entry, " trial {trial}");
    }
    let _ = writeln!(entry, ": {}", failed.unwrap_or("exit code 0"));
    for line in String::from_utf8_lossy(output).lines() {
        let _ = writeln!(entry, "  {line}");
    }
    entry
}
