//! A folder that `sweep export` wrote, on its way into a store.

use std::collections::BTreeMap;
use std::path::Path;

use super::context::{Context, Setting};
use super::exit::Exit;
use super::export_trial::concerns_one_artifact;
use super::failure::Failure;
use super::imported::{AskedToEnd, ImportArgs, Imported, finish, unless_asked_to_end};
use super::importer::{BATCH, Importer};
use super::load::checked;
use crate::plain::{self, Folder, LARGEST_CONFIG, MetricRows, SweepRecord, Tree, TrialRecord};
use crate::record::{NewSweep, tags};
use crate::tracking::{Metric, RunInfo};
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
    let source = format!("folder {}", record.sweep_id);
    let asked = AskedToEnd::listen().await;
    let mut importer = Importer::begin(&context, new, source.as_bytes(), trials.len()).await?;
    let all = all(&context, &folder, &trials, args.artifacts, &mut importer);
    let all = unless_asked_to_end(asked, all).await;
    finish(importer, all, trials.len() as u64).await
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
        let path = format!("{name}/{}", plain::METRICS);
        let mut rows = match folder.file(&path)? {
            Some((file, _)) => {
                Some(MetricRows::new(file, folder.name(&path), trial.end.unwrap_or(trial.start))?)
            }
            None => None,
        };
        let first: Vec<Metric> = rows.iter_mut().flatten().take(BATCH).collect::<Result<_, _>>()?;
        let tree =
            if artifacts { folder.tree(&format!("{name}/{}", plain::ARTIFACTS))? } else { Tree::default() };
        let patch = patch(folder, name)?;
        if first.len() < BATCH && tree == Tree::default() && patch.is_none() {
            importer.add(&trial, first).await?;
            continue;
        }
        let run = importer.add_now(&trial, first).await?;
        importer.log(&run, rows.into_iter().flatten()).await?;
        left_out.extend(put_artifacts(context, folder, name, &run, tree).await?);
        if let Some(patch) = patch {
            context.store.put_artifact(&run, tags::GIT_DIFF_ARTIFACT, patch).await?;
        }
    }
    importer.conclude().await?;
    if let Some(first) = left_out.first() {
        let artifacts = words::count(left_out.len() as u64, "artifact");
        context.ui.warn(&format!("{artifacts} left out, for example {first}"));
    }
    Ok(())
}

/// Saves all files below `artifacts/`; returns what is no file and what the store refuses, each with the reason.
async fn put_artifacts(
    context: &Context,
    folder: &Folder,
    name: &str,
    run: &RunInfo,
    tree: Tree,
) -> Result<Vec<String>, Failure> {
    let at = format!("{name}/{}", plain::ARTIFACTS);
    let odd = "a link, no file, or an odd name";
    let mut left_out: Vec<String> =
        tree.left_out.into_iter().map(|path| format!("{:?} ({odd})", format!("{at}/{path}"))).collect();
    for path in tree.files {
        let Some((file, _)) = folder.file(&format!("{at}/{path}"))? else { continue };
        match context.store.put_artifact_file(run, &path, &file).await {
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
fn patch(folder: &Folder, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let Some(git) = folder.json(&format!("{name}/{}", plain::GIT))? else { return Ok(None) };
    let Some(patch) = git.get("uncommitted_changes").and_then(|patch| patch.as_str()) else {
        return Ok(None);
    };
    let kept = format!("{name}/{}/{}", plain::ARTIFACTS, tags::GIT_DIFF_ARTIFACT);
    Ok(folder.file(&kept)?.is_none().then(|| patch.as_bytes().to_vec()))
}
