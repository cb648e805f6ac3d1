//! Artifacts of runs and models, as they are listed.

use serde::{Deserialize, Serialize};

use super::number::int64;

/// A file or folder among a run's artifacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Listed", into = "Listed")]
pub struct ArtifactEntry {
    /// Its path below the run's artifact root, with `/`.
    pub path: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Its size in bytes, for files.
    pub size: Option<u64>,
}

/// The size of an empty file is left out, as MLflow does.
#[derive(Serialize, Deserialize)]
struct Listed {
    path: String,
    #[serde(default)]
    is_dir: bool,
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    file_size: Option<i64>,
}

impl From<Listed> for ArtifactEntry {
    fn from(listed: Listed) -> Self {
        let size = (!listed.is_dir).then(|| listed.file_size.unwrap_or(0).unsigned_abs());
        Self { path: listed.path, is_dir: listed.is_dir, size }
    }
}

impl From<ArtifactEntry> for Listed {
    fn from(entry: ArtifactEntry) -> Self {
        let size = entry.size.filter(|size| *size > 0);
        let file_size = size.map(|size| i64::try_from(size).unwrap_or(i64::MAX));
        Self { path: entry.path, is_dir: entry.is_dir, file_size }
    }
}

/// What lies in a folder of artifacts.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArtifactList {
    /// Where the folder's root lies; the proxy does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_uri: Option<String>,
    /// The files and folders in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ArtifactEntry>,
}
