//! What a trial may not do by its URL: write to what keeps the sweep together, or take away what belongs to others.
//!
//! Everything else is allowed, as on any tracking server: a script reads all runs, logs to its parent, makes runs of its
//! own, and registers models. Whatever was made by a trial's URL is the trial's own, a whole sweep too.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::ApiError;
use super::scope::Admitted;
use crate::record::tags;
use crate::tracking::embedded::{Db, Pair};
use crate::tracking::local_artifacts::checked_path;
use crate::tracking::{ErrorKind, Result, TrackingError};

/// The trial that calls, and its limits; nobody's on a server for people.
pub(super) struct Confined(Option<Arc<Admitted>>);

/// What is done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
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
    pub fn check(&self, db: &Db, run: &str, act: Act) -> Result<()> {
        let Some(trial) = &self.0 else { return Ok(()) };
        if trial.owns(run) {
            return Ok(());
        }
        let found = match db.run(run) {
            Ok(found) => found.data.tags,
            // The call itself says so.
            Err(_) => return Ok(()),
        };
        let tag = |key: &str| found.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str());
        if tag(tags::PARENT_RUN_ID) == Some(trial.scope.run_id.as_str()) {
            return Ok(());
        }
        if tag(tags::LEDGER_OF).is_some() {
            return Err(refused(format!("run {run} is the ledger of a sweep")));
        }
        let of_sweep = tag(tags::SWEEP).is_some() || tag(tags::SWEEP_ID).is_some();
        match act {
            Act::Delete => Err(refused(format!("run {run} was not made by this trial"))),
            Act::Change if of_sweep => Err(refused(format!("run {run} is another part of the sweep"))),
            Act::Change | Act::Log => Ok(()),
        }
    }

    /// The tags that may be set: none of sweep's own on the run of the trial, where a script that copies the tags of an
    /// older run would overwrite them; on the run of another they are refused.
    pub fn tags(&self, db: &Db, run: &str, given: Vec<Pair>) -> Result<Vec<Pair>> {
        self.check(db, run, Act::Log)?;
        let Some(trial) = &self.0 else { return Ok(given) };
        if trial.made(run) {
            return Ok(given);
        }
        let (sweeps, kept): (Vec<_>, Vec<_>) = given.into_iter().partition(|tag| is_sweeps(&tag.key));
        match sweeps.first() {
            Some(tag) if run != trial.scope.run_id => {
                Err(refused(format!("the tag `{}` of run {run} belongs to sweep", tag.key)))
            }
            Some(tag) => {
                tracing::debug!(key = tag.key, run, "the tag belongs to sweep and stays as it is");
                Ok(kept)
            }
            None => Ok(kept),
        }
    }

    /// The tags of a run that is to be made: a copy of a trial's tags does not make another trial of the sweep.
    pub fn tags_of_new(&self, db: &Db, given: Vec<Pair>) -> Result<Vec<Pair>> {
        let Some(trial) = &self.0 else { return Ok(given) };
        let Some(named) = given.iter().find(|tag| tag.key == tags::SWEEP_ID) else { return Ok(given) };
        let own = db.run(&trial.scope.run_id)?.data.tags;
        if own.iter().any(|tag| tag == named) {
            return Ok(given.into_iter().filter(|tag| !is_sweeps(&tag.key)).collect());
        }
        Ok(given)
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
        let Some(trial) = &self.0 else { return Ok(()) };
        let target =
            checked_path(path)?.into_iter().fold(db.proxied_root(), |folder, piece| folder.join(piece));
        let is_own = trial.runs().iter().any(|run| {
            let folder = db.run_header(run).and_then(|run| db.artifact_folder(&run.artifact_uri));
            folder.is_ok_and(|folder| target.starts_with(folder))
        });
        if is_own {
            Ok(())
        } else {
            Err(refused(format!("`{path}` is not below the artifacts of this trial")))
        }
    }
}

fn is_sweeps(key: &str) -> bool {
    key == tags::SWEEP || key.starts_with("sweep.")
}

fn refused(why: String) -> TrackingError {
    TrackingError::new(ErrorKind::Forbidden, ["A trial may not do this: ".to_owned(), why].concat())
}
