//! Delivering what earlier agents of a directory left in its journal.

use super::files::{FoundSettlement, Journal, KeptSettlement, set_aside};
use super::post_values::deliver_kept_values;
use super::settle::{Delivered, KnownParent, deliver, drop_if_deleted};
use super::settlement::Settlement;
use super::values::is_refusal;
use crate::agent::outcome::TrialFate;
use crate::record::Ledger;
use crate::tracking::{Result, Store, TrackingError};

/// What became of the journal's entries.
#[derive(Debug, Default)]
pub struct Posted {
    /// Results that were delivered, and are gone from the journal.
    pub delivered: usize,
    /// Results of runs that were deleted; set aside.
    pub dropped: usize,
    /// Entries that can't be read, or that the store refused for good, with the reason; set aside.
    pub refused: Vec<(String, String)>,
    /// Why the rest stays where it is: the store takes nothing at present.
    pub error: Option<TrackingError>,
}

impl Journal {
    /// Delivers what it holds, the oldest first. What the store refuses for good is set aside and stops no agent.
    pub async fn post(&self, store: &dyn Store, ledger: &Ledger) -> Posted {
        let mut posted = Posted::default();
        for found in self.settlements() {
            match found {
                FoundSettlement::Unreadable(path, why) => {
                    set_aside(&path);
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    posted.refused.push((name, why));
                }
                FoundSettlement::Settlement(settlement, kept) => {
                    if let Err(error) = self.post_one(store, ledger, &settlement, kept, &mut posted).await {
                        posted.error = Some(error);
                        return posted;
                    }
                }
            }
        }
        // Of trials that were lost before they were settled.
        match deliver_kept_values(self, store, None).await {
            Ok(values) => {
                if values.set_aside > 0 {
                    let files = format!("{} of `sweep log`", values.set_aside);
                    posted.refused.push((files, "the run was deleted, or the file is damaged".to_owned()));
                }
            }
            Err(error) => posted.error = Some(error),
        }
        posted
    }

    async fn post_one(
        &self,
        store: &dyn Store,
        ledger: &Ledger,
        settlement: &Settlement,
        kept: KeptSettlement,
        posted: &mut Posted,
    ) -> Result<()> {
        let delivery = self.deliver_again(store, ledger, settlement, &kept).await;
        match drop_if_deleted(delivery, store, ledger, settlement).await {
            Ok(delivered) if delivered.dropped => {
                kept.refuse();
                posted.dropped += 1;
            }
            Ok(_) => {
                kept.delivered();
                posted.delivered += 1;
            }
            Err(error) if is_refusal(&error) => {
                kept.refuse();
                posted.refused.push((format!("trial {}", settlement.claim.trial), error.message));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn deliver_again(
        &self,
        store: &dyn Store,
        ledger: &Ledger,
        settlement: &Settlement,
        kept: &KeptSettlement,
    ) -> Result<Delivered> {
        deliver_kept_values(self, store, Some(&settlement.run)).await?;
        settlement.deliver_values(store).await?;
        let run = store.run(&settlement.run).await?;
        let delivered =
            deliver(store, ledger, settlement, kept.read_log(), KnownParent::Read(Box::new(run))).await?;
        if settlement.fate == TrialFate::Retried && !delivered.dropped {
            // Who was to repeat it is gone.
            let claim = settlement.claim;
            ledger.pass_on(claim.trial, claim.attempt).await?;
        }
        Ok(delivered)
    }
}
