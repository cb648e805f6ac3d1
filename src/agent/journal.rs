//! Settlements that could not be delivered, kept on disk until the store is back.

use std::io;
use std::path::{Path, PathBuf};

use super::settle::{Known, Settlement, deliver};
use crate::record::Ledger;
use crate::tracking::{ErrorKind, Store, TrackingError};

/// The journal of one sweep in one directory.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
}

/// What became of the journal's entries.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// Delivered, and gone from the journal.
    pub delivered: usize,
    /// Of no use any more: their runs were deleted.
    pub dropped: usize,
}

impl Journal {
    /// The journal in this folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a settlement with its log; the settlement is written last, so that one that is there is whole.
    pub(super) fn keep(&self, settlement: &Settlement, log: &[u8]) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        write(&self.folder, &self.log(settlement), log)?;
        write(&self.folder, &self.entry(settlement), &serde_json::to_vec_pretty(settlement)?)
    }

    /// Delivers what it holds, the oldest first.
    ///
    /// # Errors
    /// As the store's; what is not delivered stays.
    pub async fn post(&self, store: &dyn Store, ledger: &Ledger) -> Result<Posted, TrackingError> {
        let mut posted = Posted::default();
        for settlement in self.entries() {
            let log = std::fs::read(self.log(&settlement)).unwrap_or_default();
            let delivered = match store.run(&settlement.run).await {
                Ok(run) => match settlement.deliver_values(store).await {
                    Ok(()) => deliver(store, ledger, &settlement, log, Known::Read(run)).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            match delivered {
                Ok(_) => posted.delivered += 1,
                Err(error) if error.kind == ErrorKind::NotFound => posted.dropped += 1,
                Err(error) => return Err(error),
            }
            // Should these fail, the entry is delivered again, which is harmless.
            let _ = std::fs::remove_file(self.entry(&settlement));
            let _ = std::fs::remove_file(self.log(&settlement));
        }
        Ok(posted)
    }

    /// How many settlements wait in it.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.entries().len()
    }

    fn entries(&self) -> Vec<Settlement> {
        let Ok(folder) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = folder.flatten().map(|entry| entry.path());
        let mut entries: Vec<Settlement> = paths
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .filter_map(|path| serde_json::from_slice(&std::fs::read(path).ok()?).ok())
            .collect();
        entries.sort_by_key(|settlement| (settlement.end_time, settlement.trial));
        entries
    }

    fn entry(&self, settlement: &Settlement) -> PathBuf {
        self.folder.join(format!("{}.json", settlement.run))
    }

    fn log(&self, settlement: &Settlement) -> PathBuf {
        self.folder.join(format!("{}.log", settlement.run))
    }
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
