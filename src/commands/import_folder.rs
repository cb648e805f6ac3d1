//! A folder that `sweep export` wrote, on its way into a store.

use std::collections::BTreeMap;
use std::path::Path;

use super::context::{Context, Setting};
use super::exit::Exit;
use super::failure::Failure;
use super::import::{ImportArgs, Imported};
use super::importer::Importer;
use super::load::checked;
use crate::plain::{self, Folder, LARGEST_CONFIG, MetricRows, SweepRecord, TrialRecord};
use crate::record::{NewSweep, tags};
use crate::tracking::RunInfo;
use crate::ui::{Ui, words};

/// Tags that the new parent run has of its own.
const OWN: [&str; 5] = [tags::SWEEP, tags::SEED, tags::METHOD, tags::CONFIG_SHA256, "mlflow.runName"];

/// Reads the folder whole before anything is made.
pub(super) async fn import(setting: &Setting, from: &Path, args: &ImportArgs) -> Result<Imported, Failure> {
    let folder = Folder::open(from)?;
    let record = SweepRecord::read(&folder)?;
    let Some(config) = folder.read(plain::CONFIG, LARGEST_CONFIG)? else {
        return Err(Failure::new(
            Exit::Usage,
            format!("{}: there is no such file", folder.name(plain::CONFIG)),
        ));
    };
    let quiet = Ui { quiet: true, ..setting.ui };
    checked(&quiet, &folder.name(plain::CONFIG), &config)?;
    let trials = trials(&folder)?;
    let context = Context::open(setting)?;
    let identity = context.identity();
    let mut parent_tags = record.tags.clone();
    parent_tags.retain(|key, _| !OWN.contains(&key.as_str()));
    parent_tags.insert(tags::IMPORTED_SWEEP.into(), record.sweep_id.clone());
    let new = NewSweep {
        name: &record.name,
        experiment: args.experiment.as_deref().unwrap_or(&record.experiment),
        config: &config,
        seed: record.seed,
        method: &record.method,
        note: None,
        user: record.tags.get(tags::USER).unwrap_or(&identity.user),
        tags: parent_tags.into_iter().collect(),
        prior: None,
        now: record.start,
    };
    let mut importer = Importer::begin(&context, &new, trials.len()).await?;
    match all(&context, &folder, &trials, args.artifacts, &mut importer).await {
        Ok(()) => Ok(Imported { sweep: importer.sweep.clone(), trials: trials.len() as u64 }),
        Err(failure) => {
            importer.undo().await;
            Err(failure)
        }
    }
}

/// The folders of the trials, by index, each with what can be said of it.
fn trials(folder: &Folder) -> Result<Vec<String>, Failure> {
    let mut known: BTreeMap<u64, String> = BTreeMap::new();
    for name in folder.trials()? {
        let index = TrialRecord::read(folder, &name)?.index.0;
        if let Some(other) = known.insert(index, name.clone()) {
            let message = format!("{other} and {name} are both trial {index}");
            return Err(Failure::new(Exit::Usage, message).hint("Remove one of them."));
        }
    }
    if known.is_empty() {
        return Err(Failure::new(Exit::Usage, format!("there is no trial in {}", folder.name(""))));
    }
    Ok(known.into_values().collect())
}

async fn all(
    context: &Context,
    folder: &Folder,
    trials: &[String],
    artifacts: bool,
    importer: &mut Importer<'_>,
) -> Result<(), Failure> {
    let mut left_out = Vec::new();
    for name in trials {
        let trial = TrialRecord::read(folder, name)?;
        let run = importer.make(&trial).await?;
        let path = format!("{name}/{}", plain::METRICS);
        if let Some((file, _)) = folder.file(&path)? {
            let rows = MetricRows::new(file, folder.name(&path), trial.end.unwrap_or(trial.start))?;
            importer.log(&run, rows).await?;
        }
        if artifacts {
            left_out.extend(put_artifacts(context, folder, name, &run).await?);
        }
        put_patch(context, folder, name, &run).await?;
        importer.end(&trial, &run).await?;
    }
    importer.conclude().await?;
    if let Some(first) = left_out.first() {
        let artifacts = words::count(left_out.len() as u64, "artifact");
        context.ui.warn(&format!("{artifacts} left out, links or with odd names: {first:?}"));
    }
    Ok(())
}

/// Saves all files below `artifacts/`; returns what is none.
async fn put_artifacts(
    context: &Context,
    folder: &Folder,
    name: &str,
    run: &RunInfo,
) -> Result<Vec<String>, Failure> {
    let at = format!("{name}/{}", plain::ARTIFACTS);
    let tree = folder.tree(&at)?;
    for path in tree.files {
        if let Some((file, _)) = folder.file(&format!("{at}/{path}"))? {
            context.store.put_artifact_file(run, &path, &file).await?;
        }
    }
    Ok(tree.left_out.into_iter().map(|path| format!("{at}/{path}")).collect())
}

/// The changes since the commit, where they are not among the artifacts.
async fn put_patch(context: &Context, folder: &Folder, name: &str, run: &RunInfo) -> Result<(), Failure> {
    let Some(git) = folder.json(&format!("{name}/{}", plain::GIT))? else { return Ok(()) };
    let Some(patch) = git.get("uncommitted_changes").and_then(|patch| patch.as_str()) else { return Ok(()) };
    let kept = format!("{name}/{}/{}", plain::ARTIFACTS, tags::GIT_DIFF_ARTIFACT);
    if folder.file(&kept)?.is_none() {
        let bytes = patch.as_bytes().to_vec();
        context.store.put_artifact(run, tags::GIT_DIFF_ARTIFACT, bytes).await?;
    }
    Ok(())
}
