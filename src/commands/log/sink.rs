//! Where the values and files of `sweep log` go: to the tracking store, or to the journal of the sweep's directory while the store
//! does not take them. The trial's agent delivers the journal before it gives the trial its result.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::super::shared::{CommandFailure, Context, Exit, Setting};
use crate::agent::{Journal, KeptValues};
use crate::tracking::{ErrorKind, Metric, RunId, TrackingError};

/// A run to log to.
pub(super) struct Sink {
    context: Context,
    run: RunId,
    /// The journal, and the run of the trial that this is part of.
    journal: Option<(Journal, String)>,
}

impl Sink {
    pub(super) fn open(setting: &Setting, run: RunId) -> Result<Self, CommandFailure> {
        let journal = journal_of_trial(setting);
        let was_away = journal.as_ref().is_some_and(|(journal, trial)| journal.has_values(trial));
        let context = if journal.is_some() {
            Context::open_of_trial(setting, was_away)?
        } else {
            Context::open(setting)?
        };
        Ok(Self { context, run, journal })
    }

    /// Logs values, or keeps them.
    ///
    /// # Errors
    /// Where the store refuses them for what they are, or they can be kept nowhere.
    pub(super) async fn log(
        &self,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<(), CommandFailure> {
        let Err(error) = self.context.store.log_batch(&self.run, metrics, params, tags).await else {
            return Ok(());
        };
        let Some((journal, trial)) = self.journal.as_ref().filter(|_| may_pass(&error)) else {
            return Err(error.into());
        };
        let values = KeptValues::new(self.run.clone(), metrics, params, tags);
        self.kept(&error, journal, journal.keep_values(trial, &values))
    }

    /// Saves files, each under its path among the run's artifacts, or keeps copies of those that are left.
    ///
    /// # Errors
    /// Where a file can't be read, the store refuses it, or it can be kept nowhere.
    pub(super) async fn save(&self, files: &[(PathBuf, String)]) -> Result<(), CommandFailure> {
        let mut sent = 0;
        let Err(error) = self.send(files, &mut sent).await? else { return Ok(()) };
        let Some((journal, trial)) = self.journal.as_ref().filter(|_| may_pass(&error)) else {
            return Err(error.into());
        };
        let left = files.get(sent..).unwrap_or_default();
        self.kept(&error, journal, journal.keep_files(trial, self.run.clone(), left))
    }

    /// Sends files one after the other and counts them; the inner error is the store's, where it may pass.
    async fn send(
        &self,
        files: &[(PathBuf, String)],
        sent: &mut usize,
    ) -> Result<Result<(), TrackingError>, CommandFailure> {
        let store = &self.context.store;
        let info = match store.run(&self.run).await {
            Ok(run) => run.info,
            Err(error) => return Ok(Err(error)),
        };
        for (path, target) in files {
            // Piece by piece: a model may be larger than memory.
            let file = File::open(path).map_err(|error| unreadable(path, &error))?;
            match store.put_artifact_file(&info, target, &file).await {
                Ok(()) => {}
                // A place that can't be written from here will not be written later.
                Err(error) if matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Io) => {
                    return Err(error.into());
                }
                Err(error) => return Ok(Err(error)),
            }
            *sent += 1;
        }
        Ok(Ok(()))
    }

    /// Says that something waits in the journal for the store to come back, or that it could not be put there.
    fn kept(
        &self,
        error: &TrackingError,
        journal: &Journal,
        written: io::Result<()>,
    ) -> Result<(), CommandFailure> {
        let folder = journal.folder().display();
        if let Err(disk) = written {
            let lost = format!("{error}, and it can't be kept in {folder}");
            return Err(CommandFailure::new(Exit::Tracking, lost).caused_by(&disk));
        }
        let kept =
            format!("{error}: kept in {folder}; the agent delivers it before the trial gets its result");
        self.context.ui.warn(&kept);
        Ok(())
    }
}

/// A file that was named and can't be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> CommandFailure {
    CommandFailure::new(Exit::Usage, format!("{} can't be read", path.display())).caused_by(error)
}

/// The journal that the trial was given, where its store is the one that is meant.
fn journal_of_trial(setting: &Setting) -> Option<(Journal, String)> {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (folder, trial) = (var("SWEEP_JOURNAL")?, var("SWEEP_RUN_ID")?);
    let same_store = setting.tracking_uri == var("MLFLOW_TRACKING_URI");
    same_store.then(|| (Journal::new(folder.into()), trial))
}

/// Whether the store may take later what it does not take now. A login may be renewed, and a page that is not MLflow's is
/// some proxy's; what MLflow itself has refused stays refused.
fn may_pass(error: &TrackingError) -> bool {
    !matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::AlreadyExists)
}
