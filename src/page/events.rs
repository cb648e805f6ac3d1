//! Streams of server-sent events: what looks have changed since the one that a page has seen.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::hub::Hub;
use super::looking::LookNews;
use super::shape::{TrialColumnsJson, columns_json, points_json};
use super::sweeps::WatchedSweeps;
use super::watched::WatchedSweep;

/// A word now and then, by which both sides notice that the other is gone.
const ALIVE: Duration = Duration::from_secs(10);

/// What a page has a stream of.
pub(super) enum EventSource {
    Sweep(Arc<WatchedSweep>),
    Sweeps(Arc<WatchedSweeps>),
}

/// The state of a stream.
struct EventStream {
    hub: Arc<Hub>,
    source: EventSource,
    news: watch::Receiver<LookNews>,
    stopping: watch::Receiver<bool>,
    /// The look that the page has seen; `None`: none of this server.
    seen: Option<u64>,
    /// The columns that the page knows.
    columns: usize,
    trouble: Option<String>,
    /// Whether anything was sent: a proxy may hold back the head until then.
    started: bool,
}

/// The look that a page has seen: of the event that it got last, else of what it loaded.
pub(super) fn seen<'a>(headers: &'a HeaderMap, since: Option<&'a str>) -> Option<&'a str> {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(since)
}

/// The events after what the page has seen.
pub(super) fn stream(
    hub: &Arc<Hub>,
    source: EventSource,
    seen: Option<&str>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let mut news = match &source {
        EventSource::Sweep(watched) => watched.listen(),
        EventSource::Sweeps(watched) => watched.listen(),
    };
    // What there is now is news for a page that comes back.
    news.mark_changed();
    let state = EventStream {
        seen: seen.and_then(|id| hub.version_of(id)),
        stopping: hub.stopping(),
        hub: Arc::clone(hub),
        source,
        news,
        columns: 0,
        trouble: None,
        started: false,
    };
    let events = stream::unfold(state, |mut state| async move {
        let event = state.next().await?;
        Some((Ok(event), state))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE))
}

impl EventStream {
    /// Waits for the next event; `None`: the server ends.
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.started, true) {
            return Some(Event::default().comment(""));
        }
        loop {
            tokio::select! {
                _ = self.stopping.wait_for(|stop| *stop) => return None,
                changed = self.news.changed() => changed.ok()?,
            }
            let news = self.news.borrow_and_update().clone();
            let Some(seen) = self.seen else {
                // It must load everything again: the numbers that it knows are another server's.
                self.seen = Some(news.version);
                return Some(Event::default().event("reset").data("{}"));
            };
            if news.trouble != self.trouble {
                self.trouble.clone_from(&news.trouble);
                // Another look follows, which is news again.
                let data = json!({"message": news.trouble});
                self.news.mark_changed();
                return Some(Event::default().event("trouble").data(data.to_string()));
            }
            if news.version > seen {
                let (version, data) = self.changes(seen).await;
                self.seen = Some(version);
                let id = self.hub.event_id(version);
                return Some(Event::default().event("change").id(id).data(data));
            }
        }
    }

    async fn changes(&mut self, seen: u64) -> (u64, String) {
        match &self.source {
            EventSource::Sweeps(watched) => {
                let (version, data) = watched.since(seen).await;
                (version, data.to_string())
            }
            EventSource::Sweep(watched) => {
                let (version, data) = sweep_changes(watched, seen, self.columns);
                self.columns = data["columns"].as_array().map_or(self.columns, Vec::len);
                (version, data.to_string())
            }
        }
    }
}

/// What the looks after `seen` have changed; `columns` is how many the page knows of.
fn sweep_changes(watched: &WatchedSweep, seen: u64, columns: usize) -> (u64, Json) {
    let head = watched.head();
    let trials = watched.trials();
    let mut data = json!({
        "head": head,
        "trials": TrialColumnsJson::of(trials.changed_since(seen), trials.columns(), watched.facts().beside),
        "points": points_json(trials.points_since(seen)),
    });
    if trials.columns().len() != columns {
        data["columns"] = Json::Array(columns_json(trials.columns()));
    }
    (trials.version(), data)
}
