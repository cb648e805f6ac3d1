//! Where the artifacts of this database lie.

use std::path::PathBuf;

use super::db::Db;
use super::error::invalid;
use super::roots::own_root;
use crate::tracking::local_artifacts::{checked_path, folder_of};
use crate::tracking::{ErrorKind, Result, TrackingError};

impl Db {
    /// The folder of an artifact URI: a local path, a `file:` URI, or `mlflow-artifacts:/…`, which lies
    /// below [`Db::proxied_root`].
    pub fn artifact_folder(&self, uri: &str) -> Result<PathBuf> {
        if let Some(rest) = uri.strip_prefix("mlflow-artifacts:") {
            // An authority (`//host:port`) names the server itself, which is this one.
            let path = match rest.strip_prefix("//") {
                Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
                None => rest,
            };
            let pieces = checked_path(path.trim_matches('/'))?;
            return Ok(pieces.into_iter().fold(self.proxied_root(), |folder, piece| folder.join(piece)));
        }
        if let Some(path) = own_root(uri) {
            let pieces = checked_path(path.trim_matches('/'))?;
            return Ok(pieces.into_iter().fold(self.proxied_root(), |folder, piece| folder.join(piece)));
        }
        if let Some(folder) = folder_of(uri) {
            return Ok(folder);
        }
        if uri.starts_with("file:") {
            return Err(invalid(format!("'{uri}' names no absolute path")));
        }
        if uri.contains("://") {
            return Err(TrackingError::new(
                ErrorKind::Unsupported,
                format!("artifacts at '{uri}' can't be reached from here"),
            )
            .hint("use a tracking server for artifacts that don't lie on this machine"));
        }
        Ok(self.folder().join(uri))
    }

    /// The root of what `mlflow-artifacts:` URIs name.
    #[must_use]
    pub fn proxied_root(&self) -> PathBuf {
        self.places().proxied.clone()
    }
}
