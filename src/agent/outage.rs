//! Says that the tracking server is away while it is, and when it is back.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::event::Event;
use super::setup::Agent;
use super::tasks::Task;
use crate::tracking::Outage;

/// A server that is back sooner is no news.
const NO_NEWS: Duration = Duration::from_secs(2);
/// Between two reports.
const PAUSE: Duration = Duration::from_secs(1);

/// Reports outages until dropped.
pub(super) struct OutageReporter {
    _task: Option<Task<()>>,
}

impl OutageReporter {
    pub(super) fn start(agent: &Arc<Agent>) -> Self {
        let task = agent.outages.clone().map(|outages| {
            let agent = Arc::clone(agent);
            let tasks = Arc::clone(&agent.machine.tasks);
            Task::start(&tasks, async move {
                report(outages, || agent.journal.kept(), |event| (agent.events)(event)).await;
            })
        });
        Self { _task: task }
    }
}

/// Reports until no receiver is left.
async fn report(
    mut outages: watch::Receiver<Option<Outage>>,
    kept: impl Fn() -> usize,
    events: impl Fn(Event<'static>),
) {
    loop {
        let seen = outages.wait_for(Option::is_some).await.ok().and_then(|seen| *seen);
        let Some(Outage { since, .. }) = seen else { return };
        if is_back_within(NO_NEWS, &mut outages).await {
            continue;
        }
        loop {
            let Some(outage) = *outages.borrow_and_update() else { break };
            events(Event::Away {
                since: since.elapsed(),
                next_try: outage.next_try.saturating_duration_since(Instant::now()),
                kept: kept(),
            });
            is_back_within(PAUSE, &mut outages).await;
        }
        events(Event::Back { after: since.elapsed() });
    }
}

async fn is_back_within(time: Duration, outages: &mut watch::Receiver<Option<Outage>>) -> bool {
    let back = timeout(time, outages.wait_for(Option::is_none)).await.map(|seen| seen.is_ok());
    if back == Ok(false) {
        // Nobody will tell.
        sleep(time).await;
    }
    back == Ok(true)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn away() -> Option<Outage> {
        let now = Instant::now();
        Some(Outage { since: now, next_try: now + Duration::from_secs(5) })
    }

    /// What is said of a server that is away for so long.
    async fn said(time: Duration) -> Vec<String> {
        let (server, outages) = watch::channel(None);
        let said = RefCell::new(Vec::new());
        let story = async {
            sleep(Duration::from_secs(1)).await;
            server.send_replace(away());
            sleep(time).await;
            server.send_replace(None);
            sleep(Duration::from_secs(1)).await;
        };
        tokio::select! {
            () = report(outages, || 2, |event| said.borrow_mut().push(format!("{event:?}"))) => {}
            () = story => {}
        }
        said.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_reported_while_it_lasts_and_its_end_once() {
        let said = said(Duration::from_millis(4500)).await;
        assert_eq!(said.len(), 4, "{said:?}");
        assert_eq!(said[0], "Away { since: 2s, next_try: 3s, kept: 2 }");
        assert_eq!(said[3], "Back { after: 4.5s }");
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_one_is_no_news() {
        assert!(said(Duration::from_secs(1)).await.is_empty());
    }
}
