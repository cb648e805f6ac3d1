//! A folder that `sweep export` wrote, on its way into a store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::artifact::concerns_one_artifact;
use super::super::error::ExchangeError;
use super::super::event::EventListener;
use super::super::folder::{ExportFolder, Folder, LARGEST_CONFIG};
use super::super::metrics::MetricRows;
use super::super::names;
use super::super::sweep::SweepRecord;
use super::super::trial::TrialRecord;
use super::importer::{BATCH, Imported, Importer, unless_stopped};
use crate::record::{NewSweep, tags};
use crate::tracking::{Metric, RunInfo, Store};

/// Tags that the new parent run has of its own.
const OWN: [&str; 5] = [tags::SWEEP, tags::SEED, tags::METHOD, tags::CONFIG_SHA256, "mlflow.runName"];

/// A folder that `sweep export` wrote.
pub struct FolderSource {
    folder: Folder,
    record: SweepRecord,
    /// The config as it was written.
    pub config: Vec<u8>,
    /// The folders of the trials.
    trials: Vec<String>,
}

impl FolderSource {
    /// Reads what the folder says of the sweep itself.
    ///
    /// # Errors
    /// Where it is no such folder.
    pub fn open(from: &Path) -> Result<Self, ExchangeError> {
        let folder = Folder::open(from)?;
        let record = SweepRecord::read(&folder)?;
        let Some(config) = folder.read(names::CONFIG, LARGEST_CONFIG)? else {
            return Err(ExchangeError::content(folder.name(names::CONFIG), "there is no such file"));
        };
        Ok(Self { folder, record, config, trials: Vec::new() })
    }

    /// Where the config is, for people.
    #[must_use]
    pub fn config_name(&self) -> String {
        self.folder.name(names::CONFIG)
    }

    /// Reads what the folder says of each trial, so that nothing is made of one that makes no sense.
    ///
    /// # Errors
    /// Where it has no trial, or one can't be read.
    pub fn with_trials(mut self) -> Result<Self, ExchangeError> {
        self.trials = trials(&self.folder)?;
        Ok(self)
    }
}

/// How a folder is imported.
#[derive(Debug, Clone, Copy)]
pub struct FolderImport<'a> {
    /// The experiment that is to hold it; `None`: as the folder says.
    pub experiment: Option<&'a str>,
    /// Save its artifacts, too.
    pub artifacts: bool,
    /// Who makes it, where the folder does not say.
    pub user: &'a str,
}

/// Enters the trials of a folder, until it is asked to `stop`.
///
/// # Errors
/// Where the store fails or the folder can't be read; nothing is left then.
pub async fn import_folder(
    store: &Arc<dyn Store>,
    source: &FolderSource,
    how: FolderImport<'_>,
    stop: impl Future<Output = ()>,
    listener: EventListener<'_>,
) -> Result<Imported, ExchangeError> {
    let FolderSource { record, config, trials, .. } = source;
    let mut parent_tags = record.tags.clone();
    parent_tags.retain(|key, _| !OWN.contains(&key.as_str()));
    parent_tags.insert(tags::IMPORTED_SWEEP.into(), record.sweep_id.clone());
    let new = NewSweep {
        name: &record.name,
        experiment: how.experiment.unwrap_or(&record.experiment),
        config,
        seed: record.seed,
        method: &record.method,
        note: None,
        user: record.tags.get(tags::USER).map_or(how.user, String::as_str),
        tags: parent_tags.into_iter().collect(),
        prior: None,
        now: record.start,
    };
    let key = format!("folder {}", record.sweep_id);
    let mut importer = Importer::begin((store, listener), new, key.as_bytes(), trials.len()).await?;
    let done = unless_stopped(stop, all(&source.folder, trials, how.artifacts, &mut importer)).await;
    importer.outcome(done, trials.len() as u64).await
}

/// The folders of the trials, by index, each with what can be said of it.
fn trials(folder: &Folder) -> Result<Vec<String>, ExchangeError> {
    let mut known: BTreeMap<u64, String> = BTreeMap::new();
    for name in folder.trials()? {
        let index = TrialRecord::read(folder, &name)?.index.0;
        if let Some(other) = known.insert(index, name.clone()) {
            let message = format!("{other} and {name} are both trial {index}");
            return Err(ExchangeError::refused(message, "Remove one of them."));
        }
    }
    if known.is_empty() {
        let problem = format!("there is no trial in {}", folder.name(""));
        return Err(ExchangeError::Refused { problem, hint: None });
    }
    Ok(known.into_values().collect())
}

async fn all(
    folder: &Folder,
    trials: &[String],
    artifacts: bool,
    importer: &mut Importer<'_>,
) -> Result<Vec<String>, ExchangeError> {
    let store = importer.store.as_ref();
    let mut left_out = Vec::new();
    for name in trials {
        let trial = TrialRecord::read(folder, name)?;
        let path = format!("{name}/{}", names::METRICS);
        let mut rows = match folder.file(&path)? {
            Some((file, _)) => {
                Some(MetricRows::new(file, folder.name(&path), trial.end.unwrap_or(trial.start))?)
            }
            None => None,
        };
        let first: Vec<Metric> = rows.iter_mut().flatten().take(BATCH).collect::<Result<_, _>>()?;
        let tree = if artifacts {
            folder.tree(&format!("{name}/{}", names::ARTIFACTS))?
        } else {
            ExportFolder::default()
        };
        let patch = patch(folder, name)?;
        if first.len() < BATCH && tree == ExportFolder::default() && patch.is_none() {
            importer.add(&trial, first).await?;
            continue;
        }
        let run = importer.add_now(&trial, first).await?;
        importer.log(&run, rows.into_iter().flatten()).await?;
        left_out.extend(put_artifacts(store, folder, name, &run, tree).await?);
        if let Some(patch) = patch {
            store.put_artifact(&run, tags::GIT_DIFF_ARTIFACT, patch).await?;
        }
    }
    importer.conclude().await?;
    Ok(left_out)
}

/// Saves all files below `artifacts/`; returns what is no file and what the store refuses, each with the reason.
async fn put_artifacts(
    store: &dyn Store,
    folder: &Folder,
    name: &str,
    run: &RunInfo,
    tree: ExportFolder,
) -> Result<Vec<String>, ExchangeError> {
    let at = format!("{name}/{}", names::ARTIFACTS);
    let odd = "a link, no file, or an odd name";
    let mut left_out: Vec<String> =
        tree.left_out.into_iter().map(|path| format!("{:?} ({odd})", format!("{at}/{path}"))).collect();
    for path in tree.files {
        let Some((file, _)) = folder.file(&format!("{at}/{path}"))? else { continue };
        match store.put_artifact_file(run, &path, &file).await {
            Ok(()) => {}
            Err(error) if concerns_one_artifact(&error) => {
                left_out.push(format!("{:?} ({error})", format!("{at}/{path}")));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(left_out)
}

/// The changes since the commit, where they are not among the artifacts.
fn patch(folder: &Folder, name: &str) -> Result<Option<Vec<u8>>, ExchangeError> {
    let Some(git) = folder.json(&format!("{name}/{}", names::GIT))? else { return Ok(None) };
    let Some(patch) = git.get("uncommitted_changes").and_then(|patch| patch.as_str()) else {
        return Ok(None);
    };
    let kept = format!("{name}/{}/{}", names::ARTIFACTS, tags::GIT_DIFF_ARTIFACT);
    Ok(folder.file(&kept)?.is_none().then(|| patch.as_bytes().to_vec()))
}
