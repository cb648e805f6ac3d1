//! What can go wrong with files, and where it may block.

use std::io::ErrorKind as IoKind;

use super::super::error::{ErrorKind, Result, TrackingError};

pub(super) fn absent(path: &str) -> TrackingError {
    TrackingError::new(ErrorKind::NotFound, format!("there is no artifact {path}"))
}

pub(super) fn io(message: String, error: std::io::Error) -> TrackingError {
    let hint = match error.kind() {
        IoKind::PermissionDenied => Some("Check who may read and write there."),
        IoKind::StorageFull => Some("The disk is full."),
        _ => None,
    };
    let kind = match error.kind() {
        // The disk is well: no file can have this name, or not beside those that are there.
        IoKind::InvalidFilename | IoKind::NotADirectory | IoKind::IsADirectory | IoKind::AlreadyExists => {
            ErrorKind::Invalid
        }
        _ => ErrorKind::Io,
    };
    let failure = TrackingError::new(kind, message).caused_by(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Runs work with files where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| TrackingError::new(ErrorKind::Io, "a file operation was cut off").caused_by(error))?
}
