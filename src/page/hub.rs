//! Who is looked at: a watcher for each sweep that somebody has open, one for the list of sweeps.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, watch};

use super::looking::Looking;
use super::sweeps::WatchedSweeps;
use super::watched::WatchedSweep;
use crate::tracking::{Result, Run, RunId, Store};

/// What the page may know of the machine that it is served from.
#[derive(Debug, Clone, Copy)]
pub struct HubOptions {
    /// Where the output of a running trial is, if it is on this machine.
    pub live_log: fn(&Run) -> Option<PathBuf>,
    /// Whether agents may be given orders, and trials be run again.
    pub allow_control: bool,
}

/// The watchers of a store.
pub struct Hub {
    looking: Looking,
    pub(super) options: HubOptions,
    /// Which server this is: the numbers of looks of another one mean nothing here.
    pub(super) epoch: String,
    /// What a request that changes anything carries.
    token: String,
    sweeps: Mutex<HashMap<RunId, Arc<OnceCell<Arc<WatchedSweep>>>>>,
    list: OnceCell<Arc<WatchedSweeps>>,
}

impl Hub {
    /// Nobody is watched yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, options: HubOptions, stopping: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Self {
            looking: Looking { store, stopping },
            options,
            epoch: format!("{:08x}", rand::random::<u32>()),
            token: format!("{:032x}", rand::random::<u128>()),
            sweeps: Mutex::default(),
            list: OnceCell::new(),
        })
    }

    /// The watcher of a sweep; where there is none, one is started with a first look.
    ///
    /// # Errors
    /// As the store's.
    pub async fn sweep(self: &Arc<Self>, id: &RunId) -> Result<Arc<WatchedSweep>> {
        let cell = {
            let mut cells = self.sweeps.lock().unwrap_or_else(PoisonError::into_inner);
            cells.retain(|_, cell| !cell.get().is_some_and(|watched| watched.has_ended()));
            Arc::clone(cells.entry(id.clone()).or_default())
        };
        let watched = cell.get_or_try_init(|| WatchedSweep::begin(&self.looking, id)).await?;
        watched.asked();
        Ok(Arc::clone(watched))
    }

    /// The sweep of this whole id, if it is watched.
    pub(super) fn watched(&self, id: &str) -> Option<RunId> {
        let cells = self.sweeps.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, cell) = cells.get_key_value(&RunId(id.to_owned()))?;
        cell.get().filter(|watched| !watched.has_ended()).map(|_| known.clone())
    }

    /// The watcher of the list of sweeps.
    ///
    /// # Errors
    /// As the store's.
    pub async fn sweeps(self: &Arc<Self>) -> Result<Arc<WatchedSweeps>> {
        let list = self.list.get_or_try_init(|| WatchedSweeps::begin(&self.looking)).await?;
        list.freshen().await?;
        Ok(Arc::clone(list))
    }

    /// What a request that changes anything carries; `None`: nothing may be changed.
    pub(super) fn control(&self) -> Option<&str> {
        self.options.allow_control.then_some(self.token.as_str())
    }

    /// The store.
    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.looking.store
    }

    /// Becomes true when the server ends: streams of events end with it.
    pub(super) fn stopping(&self) -> watch::Receiver<bool> {
        self.looking.stopping.clone()
    }

    /// A look that somebody may have seen, as the id of an event.
    pub(super) fn event_id(&self, version: u64) -> String {
        format!("{}-{version}", self.epoch)
    }

    /// The look of an event's id; `None`: another server gave it.
    pub(super) fn version_of(&self, id: &str) -> Option<u64> {
        let (epoch, version) = id.split_once('-')?;
        version.parse().ok().filter(|_| epoch == self.epoch)
    }
}
