//! The versions of a sweep's config. The first is what the sweep was made with; each further one is decided by a param of the
//! parent run, which can be written once: of two people who edit at the same time one wins, and agents, which read the parent
//! run anyway, see it at once. The bytes lie among the artifacts, each version under a name of its own.

use serde::{Deserialize, Serialize};

use super::digest::sha256;
use crate::tracking::{ErrorKind, ParamWrite, Result, Run, RunInfo, Store, TrackingError};

/// Before the number of a version, on the parent run.
const KEY: &str = "sweep.config.";

/// One version of a sweep's config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigVersion {
    /// Its number, from 1.
    pub number: u32,
    /// As it was written.
    pub bytes: Vec<u8>,
    /// Their SHA-256, hex.
    pub sha256: String,
    /// Who made it.
    pub by: String,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// What a param says of a version.
#[derive(Debug, Serialize, Deserialize)]
struct VersionEntry {
    sha256: String,
    by: String,
    at: i64,
}

fn key_of(number: u32) -> String {
    format!("{KEY}{number:04}")
}

fn artifact_of(number: u32, sha256: &str) -> String {
    format!("sweep/config/{number:04}-{}.yaml", sha256.get(..12).unwrap_or(sha256))
}

/// The number of the newest version that a parent run knows of.
#[must_use]
pub fn newest_version(parent: &Run) -> u32 {
    (2..).take_while(|number| parent.param(&key_of(*number)).is_some()).last().unwrap_or(1)
}

/// Reads the versions after the first.
///
/// # Errors
/// `Invalid` where one is not what was decided, and as the store's.
pub(super) async fn read_versions(
    store: &dyn Store,
    parent: &Run,
    first: ConfigVersion,
) -> Result<Vec<ConfigVersion>> {
    let mut versions = vec![first];
    for number in 2..=newest_version(parent) {
        let entry = parent.param(&key_of(number)).and_then(|text| serde_json::from_str(text).ok());
        let Some(VersionEntry { sha256: decided, by, at }) = entry else {
            return Err(invalid(format!("version {number} of the config can't be read")));
        };
        let bytes = store.artifact(&parent.info, &artifact_of(number, &decided)).await?;
        if sha256(&bytes) != decided {
            return Err(invalid(format!("version {number} of the config is not the one that was decided"))
                .hint("Its artifact was changed: put it back, or run `sweep init` for a new sweep."));
        }
        versions.push(ConfigVersion { number, bytes, sha256: decided, by, at });
    }
    Ok(versions)
}

/// Writes a version; false: another one has its number.
pub(super) async fn decide(store: &dyn Store, parent: &RunInfo, version: &ConfigVersion) -> Result<bool> {
    // First, so that a version that is decided is there. One that loses, or whose editor is killed, leaves a file.
    let path = artifact_of(version.number, &version.sha256);
    store.put_artifact(parent, &path, version.bytes.clone()).await?;
    let entry = VersionEntry { sha256: version.sha256.clone(), by: version.by.clone(), at: version.at };
    let text = serde_json::to_string(&entry).unwrap_or_default();
    Ok(store.log_param(&parent.id, &key_of(version.number), &text).await? == ParamWrite::Held)
}

fn invalid(message: String) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, message)
}
