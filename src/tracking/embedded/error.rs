//! SQLite's failures in the words of the port.

use rusqlite::ErrorCode;

use crate::tracking::{ErrorKind, TrackingError};

impl From<rusqlite::Error> for TrackingError {
    fn from(error: rusqlite::Error) -> Self {
        let (kind, hint) = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
                ErrorKind::Unavailable,
                Some("another process holds the database file for very long; try again"),
            ),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
                ErrorKind::Protocol,
                Some(
                    "the file is not a SQLite database, or damaged (`sqlite3 FILE .recover` saves what can be saved); name another one",
                ),
            ),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                (ErrorKind::Io, Some("check that the file and its folder may be read and written"))
            }
            Some(ErrorCode::DiskFull) => (ErrorKind::Io, Some("the disk is full")),
            Some(ErrorCode::SystemIoFailure) => (
                ErrorKind::Io,
                Some(
                    "the disk or its file system failed: keep the database on a local disk, or use a tracking server",
                ),
            ),
            Some(ErrorCode::ConstraintViolation) => (ErrorKind::Invalid, None),
            _ => (ErrorKind::Protocol, None),
        };
        let failure = Self::new(kind, format!("the tracking database failed: {error}")).caused_by(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

pub(super) fn invalid(message: impl Into<String>) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, message)
}

pub(super) fn not_found(message: impl Into<String>) -> TrackingError {
    TrackingError::new(ErrorKind::NotFound, message)
}
