//! SQLite's failures in the words of the port.

use rusqlite::ErrorCode;

use crate::tracking::{ErrorKind, TrackingError};

impl From<rusqlite::Error> for TrackingError {
    fn from(error: rusqlite::Error) -> Self {
        let error = match error {
            // A reader of rows found it, and has said what it is.
            rusqlite::Error::FromSqlConversionFailure(column, kind, cause) => {
                match cause.downcast::<Self>() {
                    Ok(found) => return *found,
                    Err(cause) => rusqlite::Error::FromSqlConversionFailure(column, kind, cause),
                }
            }
            error => error,
        };
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

/// The status of a run that no version of MLflow before this one of sweep has: a guess would decide whether the run's
/// result counts. In the form that a reader of rows can return.
pub(super) fn unknown_status(run: &str, word: &str) -> rusqlite::Error {
    let message = format!("run {run} has the unknown status `{word}`");
    let error = TrackingError::new(ErrorKind::Protocol, message)
        .hint("The database is of a newer MLflow than this version of sweep knows: `sweep --version`.");
    rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, Box::new(error))
}
