//! Delivering the values that `sweep log` has left in the journal.

use super::files::{FoundValues, Journal, set_aside};
use super::values::is_refusal;
use crate::tracking::{Result, RunId, Store};

/// What became of files of values.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::agent) struct DeliveredValues {
    /// Files that are delivered, and gone.
    pub(in crate::agent) files: usize,
    /// Values that the store refused for what they are.
    pub(in crate::agent) refused: usize,
    /// Files that can never be delivered, and are set aside.
    pub(in crate::agent) set_aside: usize,
}

/// Delivers what the scripts of this trial, or of all, could not; what the store does not take now stays.
pub(in crate::agent) async fn deliver_kept_values(
    journal: &Journal,
    store: &dyn Store,
    trial_run: Option<&RunId>,
) -> Result<DeliveredValues> {
    let mut delivered = DeliveredValues::default();
    for FoundValues { path, values } in journal.values(trial_run) {
        let outcome = match values {
            Ok(values) => values.deliver(store, journal.folder()).await.map(|refused| (refused, values)),
            // Another agent has delivered them meanwhile.
            Err(_) if !path.exists() => continue,
            Err(why) => {
                tracing::warn!(path = %path.display(), why, "unreadable");
                set_aside(&path);
                delivered.set_aside += 1;
                continue;
            }
        };
        match outcome {
            Ok((refused, values)) => {
                delivered.files += 1;
                delivered.refused += refused;
                // Should this fail, they are delivered again, which is harmless.
                let _ = std::fs::remove_file(&path);
                for copy in values.copies() {
                    let _ = std::fs::remove_file(journal.folder().join(copy));
                }
            }
            // The run is gone.
            Err(error) if is_refusal(&error) => {
                set_aside(&path);
                delivered.set_aside += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(delivered)
}
