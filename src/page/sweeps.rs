//! The list of sweeps while somebody looks at it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::sync::{Mutex, watch};

use super::looking::{LookNews, Looking, tell};
use crate::query::{SweepEntry, SweepsWatch};
use crate::tracking::{Result, Store};

/// Looks are so far apart.
const PAUSE: Duration = Duration::from_millis(900);
/// A look may take one part in so many of the time.
const SHARE: u32 = 4;

/// The list of sweeps while somebody looks at it.
pub struct WatchedSweeps {
    list: Mutex<ListLooks>,
    news: watch::Sender<LookNews>,
}

struct ListLooks {
    watch: SweepsWatch,
    last: Instant,
}

impl WatchedSweeps {
    /// Looks for the first time, and goes on.
    pub(super) async fn begin(looking: &Looking) -> Result<Arc<Self>> {
        let mut watch = SweepsWatch::new(Arc::clone(&looking.store));
        watch.look().await?;
        let version = watch.version();
        let watched = Arc::new(Self {
            list: Mutex::new(ListLooks { watch, last: Instant::now() }),
            news: watch::Sender::new(LookNews { version, trouble: None }),
        });
        tokio::spawn(keep_looking(looking.clone(), Arc::clone(&watched)));
        Ok(watched)
    }

    /// Looks again where the last look is old.
    pub(super) async fn freshen(&self) -> Result<()> {
        let mut list = self.list.lock().await;
        if list.last.elapsed() > 2 * PAUSE {
            self.look(&mut list).await?;
        }
        Ok(())
    }

    async fn look(&self, list: &mut ListLooks) -> Result<()> {
        list.watch.look().await?;
        list.last = Instant::now();
        tell(&self.news, LookNews { version: list.watch.version(), trouble: None });
        Ok(())
    }

    /// The number of the latest look, and the sweeps that one after `version` has changed.
    pub(super) async fn since(&self, version: u64) -> (u64, Json) {
        let list = self.list.lock().await;
        let sweeps: Vec<Json> = list.watch.changed_since(version).map(entry_json).collect();
        let gone: Vec<String> = list.watch.gone_since(version).map(ToString::to_string).collect();
        (list.watch.version(), json!({"sweeps": sweeps, "gone": gone}))
    }

    /// Hears of looks that changed anything.
    pub(super) fn listen(&self) -> watch::Receiver<LookNews> {
        self.news.subscribe()
    }
}

fn entry_json(entry: &SweepEntry) -> Json {
    json!({
        "id": entry.id,
        "name": entry.name,
        "experiment": entry.experiment,
        "state": entry.state,
        "method": entry.method,
        "created": entry.created,
        "metric": entry.metric.as_ref().map(|(name, goal)| json!({"name": name, "goal": goal})),
        "counts": entry.counts,
        "best": entry.best,
        "line": entry.line,
        "per_minute": entry.per_minute,
        "seconds_left": entry.seconds_left,
    })
}

async fn keep_looking(mut looking: Looking, watched: Arc<WatchedSweeps>) {
    let (mut pause, mut mark) = (PAUSE, None);
    loop {
        tokio::select! {
            _ = looking.stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(pause) => {}
        }
        if watched.news.receiver_count() == 0 {
            pause = PAUSE;
            continue;
        }
        let started = Instant::now();
        if let Err(error) = look_where_changed(looking.store.as_ref(), &watched, &mut mark).await {
            tracing::debug!(%error, "a look at the sweeps has failed");
            let version = watched.news.borrow().version;
            tell(&watched.news, LookNews { version, trouble: Some(error.message.clone()) });
            mark = None;
        }
        pause = PAUSE.max(SHARE * started.elapsed());
    }
}

async fn look_where_changed(
    store: &dyn Store,
    watched: &WatchedSweeps,
    mark: &mut Option<u64>,
) -> Result<()> {
    let next = store.change_mark().await?;
    if next.is_some() && next == *mark {
        return Ok(());
    }
    let mut list = watched.list.lock().await;
    watched.look(&mut list).await?;
    *mark = next;
    Ok(())
}
