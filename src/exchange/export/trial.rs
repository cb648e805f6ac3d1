//! One trial on its way into its folder.

use super::super::artifact::concerns_one_artifact;
use super::super::error::ExchangeError;
use super::super::folder::{Folder, json_text};
use super::super::metrics::{HEADER, metric_rows};
use super::super::names;
use super::super::trial::TrialRecord;
use crate::query::Walk;
use crate::record::tags;
use crate::tracking::local_artifacts::checked_path;
use crate::tracking::{ArtifactEntry, ErrorKind, Run, Store, TrackingError};

/// Folders within folders, and entries in all, that are looked through: a server could make up any number.
const DEEPEST: usize = 64;
const MOST: usize = 100_000;

/// What became of a trial's folder.
#[derive(Debug, Default)]
pub(super) struct TrialExport {
    /// Whether any file was written.
    pub(super) anything: bool,
    /// Artifacts that can't be files here, or that the store does not give, each with the reason.
    pub(super) left_out: Vec<String>,
}

/// Writes the folder of a trial, its summary last: a folder that has one is whole. What the files say already is not
/// read again, artifacts of the same size neither.
pub(super) async fn write_trial(
    store: &dyn Store,
    folder: &Folder,
    trial: &TrialRecord,
    run: &Run,
    what: ExportOptions,
) -> Result<TrialExport, ExchangeError> {
    let at = trial.folder();
    let texts = [
        (names::PARAMS, json_text(&trial.params_json())),
        (names::TAGS, json_text(&trial.tags_json())),
        (names::SUMMARY, json_text(&trial.summary_json())),
    ];
    let known = !what.refresh && is_known(folder, &at, &texts)?;
    let mut written = TrialExport::default();
    if !known {
        written.anything |= write_metrics(store, folder, &at, run).await?;
        let patch = read_patch(store, trial, run).await?;
        let git = json_text(&trial.git_json(patch.as_deref()));
        written.anything |= folder.write(&format!("{at}/{}", names::GIT), git.as_bytes())?;
    }
    if what.artifacts {
        write_artifacts(store, folder, &at, run, known, &mut written).await?;
    }
    if !known {
        for (name, text) in &texts {
            written.anything |= folder.write(&format!("{at}/{name}"), text.as_bytes())?;
        }
    }
    Ok(written)
}

/// Whether the folder is whole and says just this.
fn is_known(folder: &Folder, at: &str, texts: &[(&str, String)]) -> Result<bool, ExchangeError> {
    for (name, text) in texts {
        let there = folder.read(&format!("{at}/{name}"), text.len() as u64);
        // One that is larger, or is a link, does not say this.
        if !there.is_ok_and(|bytes| bytes.as_deref() == Some(text.as_bytes())) {
            return Ok(false);
        }
    }
    let there = |name: &str| Ok::<_, ExchangeError>(folder.file(&format!("{at}/{name}"))?.is_some());
    Ok(there(names::METRICS)? && there(names::GIT)?)
}

/// `metrics.csv`, one history in memory at a time.
async fn write_metrics(
    store: &dyn Store,
    folder: &Folder,
    at: &str,
    run: &Run,
) -> Result<bool, ExchangeError> {
    let mut file = folder.begin(&format!("{at}/{}", names::METRICS))?;
    file.write(HEADER.as_bytes())?;
    let mut keys: Vec<&str> = run.metrics.iter().map(|metric| metric.key.as_str()).collect();
    keys.sort_unstable();
    for key in keys {
        let history = store.metric_history(&run.info.id, key).await?;
        file.write(metric_rows(history).as_bytes())?;
    }
    Ok(file.keep_if_new()?)
}

/// The changes since the commit, where they were kept.
async fn read_patch(
    store: &dyn Store,
    trial: &TrialRecord,
    run: &Run,
) -> Result<Option<Vec<u8>>, ExchangeError> {
    if !trial.tags.contains_key(tags::GIT_DIFF_SHA256) {
        return Ok(None);
    }
    match store.artifact(&run.info, tags::GIT_DIFF_ARTIFACT).await {
        Ok(patch) => Ok(Some(patch)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn write_artifacts(
    store: &dyn Store,
    folder: &Folder,
    at: &str,
    run: &Run,
    known: bool,
    written: &mut TrialExport,
) -> Result<(), ExchangeError> {
    let (files, left_out) = list(store, run).await?;
    written.left_out = left_out;
    for file in files {
        let path = format!("{at}/{}/{}", names::ARTIFACTS, file.path);
        let size = file.size.unwrap_or(0);
        if known && folder.file(&path)?.is_some_and(|(_, there)| there == size) {
            continue;
        }
        let mut upload = match folder.begin(&path) {
            Ok(upload) => upload.at_most(size),
            Err(ExchangeError::Disk(error)) if concerns_one_artifact(&error) => {
                written.left_out.push(format!("{:?} ({error})", file.path));
                continue;
            }
            Err(error) => return Err(error),
        };
        match store.artifact_into(&run.info, &file.path, &mut upload).await {
            Ok(()) => written.anything |= upload.keep_if_new()?,
            // It was removed since it was listed.
            Err(error) if error.kind == ErrorKind::NotFound => {}
            // A server that fails at one file alone is no reason to do without all others.
            Err(error)
                if concerns_one_artifact(&error)
                    || (error.kind == ErrorKind::Unavailable && store.run(&run.info.id).await.is_ok()) =>
            {
                written.left_out.push(format!("{:?} ({error})", file.path));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// All artifacts of a run that can be files here, and the names of those that can't, whatever a server answers.
async fn list(store: &dyn Store, run: &Run) -> Result<(Vec<ArtifactEntry>, Vec<String>), TrackingError> {
    let (mut files, mut left_out) = (Vec::new(), Vec::new());
    let mut walk = Walk::new(store, &run.info, usize::MAX);
    let mut seen = 0;
    while let Some((folder, entries)) = walk.next().await? {
        for entry in entries {
            seen += 1;
            if seen > MOST {
                let message = format!("run {} has more than {MOST} artifacts", run.info.id);
                return Err(
                    TrackingError::new(ErrorKind::Protocol, message).hint("--no-artifacts leaves them out.")
                );
            }
            let deep = entry.path.split('/').count() > DEEPEST;
            if deep || !is_directly_below(&folder, &entry.path) {
                left_out.push(format!("{:?} (its name can't be a file's here)", entry.path));
            } else if entry.is_dir {
                walk.enter(entry.path);
            } else {
                files.push(entry);
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((files, left_out))
}

fn is_directly_below(folder: &str, path: &str) -> bool {
    let name = match folder {
        "" => Some(path),
        folder => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
    };
    name.is_some_and(|name| !name.contains('/') && checked_path(name).is_ok())
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct ExportOptions {
    /// Artifacts, too.
    pub artifacts: bool,
    /// Also what is there already and seems unchanged.
    pub refresh: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_directly_below_its_folder_is_followed() {
        for (folder, path) in [("", "a"), ("a", "a/b.txt"), ("a/b", "a/b/c d")] {
            assert!(is_directly_below(folder, path), "{path}");
        }
        for (folder, path) in [
            ("", "../a"),
            ("", "/etc/passwd"),
            ("", ".."),
            ("", "a/b"),
            ("", ""),
            ("a", "a"),
            ("a", "ab"),
            ("a", "a/../../b"),
            ("a", "b/c"),
            ("a", "a//b"),
            ("", "a\\b"),
            ("", "a\nb"),
        ] {
            assert!(!is_directly_below(folder, path), "{path}");
        }
    }
}
