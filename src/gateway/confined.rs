//! What a trial may not do by its URL: write to what keeps the sweep together, or take away what belongs to others.
//!
//! Everything else is allowed, as on any tracking server: a script reads all runs, logs to its parent, makes runs of its
//! own, and registers models. Whatever was made by a trial's URL is the trial's own, a whole sweep too.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::ApiError;
use super::scope::Admitted;
use crate::record::tags;
use crate::tracking::embedded::Db;
use crate::tracking::local_artifacts::checked_path;
use crate::tracking::{ErrorKind, Result, Run, TrackingError};

/// The trial that calls, and its limits; there is none on a server for people.
pub(super) struct Confined(Option<Arc<Admitted>>);

/// What is done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunAction {
    /// Something is logged.
    Log,
    /// Its state or name is changed.
    Change,
    /// It is deleted, or restored.
    Delete,
}

impl<S: Send + Sync> FromRequestParts<S> for Confined {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Arc<Admitted>>().cloned()))
    }
}

impl Confined {
    /// Refuses what a trial may not do to this run.
    pub fn check(&self, db: &Db, run: &str, act: RunAction) -> Result<()> {
        let Some(trial) = &self.0 else { return Ok(()) };
        if trial.owns(run) {
            return Ok(());
        }
        let found = match db.run(run) {
            Ok(found) => found,
            // The call itself says so.
            Err(_) => return Ok(()),
        };
        if found.tag(tags::PARENT_RUN_ID) == Some(trial.scope.run_id.as_str()) {
            return Ok(());
        }
        if found.tag(tags::LEDGER_OF).is_some() {
            return Err(refused(format!("run {run} is the ledger of a sweep")));
        }
        let of_sweep = is_of_sweep(&found);
        match act {
            RunAction::Delete => Err(refused(format!("run {run} was not made by this trial"))),
            RunAction::Change if of_sweep => Err(refused(format!("run {run} is another part of the sweep"))),
            RunAction::Change | RunAction::Log => Ok(()),
        }
    }

    /// The tags that may be set: none of sweep's own on the run of the trial, where a script that copies the tags of an
    /// older run would overwrite them; on the run of another they are refused.
    pub fn tags(&self, db: &Db, run: &str, given: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
        self.check(db, run, RunAction::Log)?;
        let Some(trial) = &self.0 else { return Ok(given) };
        if trial.made(run) {
            return Ok(given);
        }
        // Who hangs a run of the sweep below another takes it out of the sweep's table.
        let moves = given.iter().any(|(key, _)| key == tags::PARENT_RUN_ID)
            && db.run(run).is_ok_and(|run| is_of_sweep(&run));
        let is_taken = |(key, _): &(String, String)| is_sweeps(key) || moves && key == tags::PARENT_RUN_ID;
        let (sweeps, kept): (Vec<_>, Vec<_>) = given.into_iter().partition(is_taken);
        match sweeps.first() {
            Some((key, _)) if run != trial.scope.run_id => {
                Err(refused(format!("the tag `{key}` of run {run} belongs to sweep")))
            }
            Some((key, _)) => {
                tracing::debug!(key, run, "the tag belongs to sweep and stays as it is");
                Ok(kept)
            }
            None => Ok(kept),
        }
    }

    /// The tags of a run that is to be made: a copy of a trial's tags does not make another trial, neither of this sweep nor
    /// of an older one. Only a sweep that the trial itself has made gets trials in this way.
    pub fn tags_of_new(&self, given: Vec<(String, String)>) -> Vec<(String, String)> {
        let Some(trial) = &self.0 else { return given };
        let copied = given.iter().any(|(key, value)| key == tags::SWEEP_ID && !trial.made(value));
        if !copied {
            return given;
        }
        given.into_iter().filter(|(key, _)| !is_sweeps(key)).collect()
    }

    /// The run of a trace that is to be made: as given, and for a trial its own run where none is given, and none of another's.
    pub fn run_of_new_trace(&self, db: &Db, given: Option<&str>) -> Result<Option<String>> {
        let Some(trial) = &self.0 else { return Ok(given.map(str::to_owned)) };
        match given {
            None => Ok(Some(trial.scope.run_id.clone())),
            Some(run) if is_own(trial, db, run) => Ok(Some(run.to_owned())),
            Some(run) => Err(refused(format!("run {run} is not its own, and gets no traces from it"))),
        }
    }

    /// Refuses to a trial what changes a trace that does not belong to a run of its own.
    pub fn check_trace(&self, db: &Db, id: &str) -> Result<()> {
        let Some(trial) = &self.0 else { return Ok(()) };
        match db.run_of_trace(id)? {
            // The call itself says what is not there.
            None => Ok(()),
            Some(Some(run)) if is_own(trial, db, &run) => Ok(()),
            Some(_) => Err(refused(format!("trace {id} does not belong to a run of this trial"))),
        }
    }

    /// The same for several traces.
    pub fn check_traces(&self, db: &Db, ids: &[String]) -> Result<()> {
        ids.iter().try_for_each(|id| self.check_trace(db, id))
    }

    /// The same for traces that are to be deleted: a trial names those that it means.
    pub fn check_deletion(&self, db: &Db, ids: &[String]) -> Result<()> {
        if self.0.is_some() && ids.is_empty() {
            return Err(refused("it deletes only traces that it names".to_owned()));
        }
        self.check_traces(db, ids)
    }

    /// Remembers a run that was made by this URL.
    pub fn remember(&self, run: &str) {
        if let Some(trial) = &self.0 {
            trial.remember(run);
        }
    }

    /// Refuses to a trial what changes an experiment as a whole.
    pub fn check_experiment(&self, id: &str) -> Result<(), ApiError> {
        match &self.0 {
            Some(_) => Err(refused(format!("experiment {id} does not belong to this trial alone")).into()),
            None => Ok(()),
        }
    }

    /// Refuses to remove a proxied artifact that is not below the artifacts of a run of the trial.
    pub fn check_removal(&self, db: &Db, path: &str) -> Result<()> {
        if self.0.is_none() {
            return Ok(());
        }
        match run_of(db, &proxied(db, path)?) {
            Some(run) => self.check(db, &run, RunAction::Delete),
            None => Err(refused(format!("`{path}` is not below the artifacts of this trial"))),
        }
    }

    /// Refuses to put a proxied artifact in the place of one that another part of the sweep has.
    pub fn check_upload(&self, db: &Db, path: &str) -> Result<()> {
        if self.0.is_none() {
            return Ok(());
        }
        let target = proxied(db, path)?;
        match run_of(db, &target) {
            Some(run) => self.check_file(db, &run, &target),
            None => Ok(()),
        }
    }

    /// Refuses to put a file in the place of one that another part of the sweep has. New ones are logged to any run.
    pub fn check_file(&self, db: &Db, run: &str, target: &Path) -> Result<()> {
        let Some(trial) = &self.0 else { return Ok(()) };
        if trial.owns(run) {
            return Ok(());
        }
        self.check(db, run, RunAction::Log)?;
        let of_sweep = db.run(run).is_ok_and(|run| is_of_sweep(&run));
        if of_sweep && target.symlink_metadata().is_ok() {
            let name = target.file_name().unwrap_or_default().display();
            return Err(refused(format!("run {run} is another part of the sweep, and has a file `{name}`")));
        }
        Ok(())
    }
}

/// Whether a run is the trial's, was made by it, or hangs below it.
fn is_own(trial: &Admitted, db: &Db, run: &str) -> bool {
    let below = || {
        let parent = db.run(run).ok();
        parent.is_some_and(|run| run.tag(tags::PARENT_RUN_ID) == Some(trial.scope.run_id.as_str()))
    };
    trial.owns(run) || below()
}

/// Where a proxied artifact lies.
fn proxied(db: &Db, path: &str) -> Result<PathBuf> {
    Ok(checked_path(path)?.into_iter().fold(db.proxied_root(), |folder, piece| folder.join(piece)))
}

/// The run below whose artifacts a file lies: its id is a part of the path.
fn run_of(db: &Db, target: &Path) -> Option<String> {
    let pieces = target.components().filter_map(|piece| piece.as_os_str().to_str());
    let below = |run: &&str| {
        let folder = db.run_info(run).and_then(|run| db.artifact_folder(&run.artifact_uri));
        folder.is_ok_and(|folder| target.starts_with(folder))
    };
    pieces.filter(|piece| piece.len() >= 32).find(below).map(str::to_owned)
}

fn is_of_sweep(run: &Run) -> bool {
    run.tag(tags::SWEEP).is_some() || run.tag(tags::SWEEP_ID).is_some()
}

fn is_sweeps(key: &str) -> bool {
    key == tags::SWEEP || key.starts_with("sweep.")
}

fn refused(why: String) -> TrackingError {
    TrackingError::new(ErrorKind::Forbidden, ["A trial may not do this: ".to_owned(), why].concat())
}
