//! The artifacts of a run, folder by folder.

use crate::tracking::{ArtifactEntry, ErrorKind, Result, RunInfo, Store};

/// A walk through a run's artifacts. It enters the folders that it is given, and no more than it may.
pub struct Walk<'a> {
    store: &'a dyn Store,
    run: &'a RunInfo,
    waiting: Vec<String>,
    /// How many folders may still be entered: each is a call on a server, which could make up any number.
    left: usize,
}

impl<'a> Walk<'a> {
    /// A walk that begins at the root, and looks into at most so many folders.
    pub fn new(store: &'a dyn Store, run: &'a RunInfo, most_folders: usize) -> Self {
        Self { store, run, waiting: vec![String::new()], left: most_folders }
    }

    /// The next folder (empty: the root) and what lies in it; `None`: the walk is over.
    ///
    /// # Errors
    /// As the store's.
    pub async fn next(&mut self) -> Result<Option<(String, Vec<ArtifactEntry>)>> {
        let Some(folder) = self.step() else { return Ok(None) };
        let entries = self.store.artifacts(self.run, &folder).await?;
        Ok(Some((folder, entries)))
    }

    /// As [`Walk::next`], where a folder that can't be listed is taken for an empty one: artifacts may lie where this
    /// machine can't look.
    ///
    /// # Errors
    /// As the store's, other than that.
    pub async fn next_listable(&mut self) -> Result<Option<(String, Vec<ArtifactEntry>)>> {
        let Some(folder) = self.step() else { return Ok(None) };
        let entries = match self.store.artifacts(self.run, &folder).await {
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported) => Vec::new(),
            listed => listed?,
        };
        Ok(Some((folder, entries)))
    }

    /// Looks into a folder later.
    pub fn enter(&mut self, folder: String) {
        if self.waiting.len() < self.left {
            self.waiting.push(folder);
        }
    }

    fn step(&mut self) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        self.waiting.pop()
    }
}

/// The files among a run's artifacts, by path; a few more than `most` at most, from no more than `most_folders` folders.
///
/// # Errors
/// As the store's. Artifacts that can't be listed from here are none.
pub async fn files_of(
    store: &dyn Store,
    run: &RunInfo,
    most: usize,
    most_folders: usize,
) -> Result<Vec<ArtifactEntry>> {
    let mut files = Vec::new();
    let mut walk = Walk::new(store, run, most_folders);
    while let Some((_, entries)) = walk.next_listable().await? {
        for entry in entries {
            if entry.is_dir { walk.enter(entry.path) } else { files.push(entry) }
        }
        if files.len() > most {
            break;
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
