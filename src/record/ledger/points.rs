//! Which trial is run with which point, for strategies that read history: two agents that ask at the same moment know the
//! same, and would propose the same.

use super::Ledger;
use crate::tracking::{ErrorKind, ParamWrite, Result, TrackingError};
use crate::trial::TrialIndex;

/// A longer text of a point is not kept in the ledger.
const LONGEST_POINT: usize = 500;

impl Ledger {
    /// Takes a point for a trial, so that no other trial of the sweep is run with it; where another has it already, that
    /// one. `key` stands for the point, which is a JSON text.
    ///
    /// # Errors
    /// As the store's.
    pub async fn take_point(&self, trial: TrialIndex, key: &str, point: &str) -> Result<Option<TrialIndex>> {
        let key = format!("point/{key}");
        // A store would cut a longer text, or refuse it.
        let point = Some(point).filter(|point| point.len() < LONGEST_POINT).unwrap_or_default();
        match self.store.log_param(&self.root.id, &key, format!("{trial} {point}").trim_end()).await? {
            ParamWrite::Held => Ok(None),
            ParamWrite::Refused => {
                let root = self.store.run(&self.root.id).await?;
                let holder = root.param(&key).and_then(holder_of).map(|(holder, _)| holder);
                holder.map(Some).ok_or_else(|| {
                    TrackingError::new(
                        ErrorKind::Protocol,
                        format!("the ledger {} refused {key} but has none", root.info.id),
                    )
                })
            }
        }
    }

    /// The point that an attempt has taken for a trial, as a JSON text, whether or not there is a run of it yet.
    ///
    /// # Errors
    /// As the store's.
    pub async fn point_of(&self, trial: TrialIndex) -> Result<Option<String>> {
        let root = self.store.run(&self.root.id).await?;
        let taken = root.params.iter().filter(|(key, _)| key.starts_with("point/"));
        let mut own = taken.filter_map(|(_, value)| holder_of(value)).filter(|(holder, _)| *holder == trial);
        Ok(own.find_map(|(_, point)| (!point.is_empty()).then(|| point.to_owned())))
    }
}

/// The trial that holds a point, and the point.
fn holder_of(value: &str) -> Option<(TrialIndex, &str)> {
    let (holder, point) = value.split_once(' ').unwrap_or((value, ""));
    Some((TrialIndex(holder.parse().ok()?), point))
}
