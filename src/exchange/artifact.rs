//! Artifacts that can't be brought over, one by one.

use crate::tracking::{ErrorKind, TrackingError};

/// Whether a failure is that of one artifact, and others may do better.
pub(super) fn concerns_one_artifact(error: &TrackingError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Invalid | ErrorKind::Forbidden | ErrorKind::Protocol | ErrorKind::Unsupported
    )
}
