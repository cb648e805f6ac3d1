//! Judging a trial while its command runs: its reports are read and judged.
//!
//! A look at a trial is one request, the history of its metric. When the rule is due (a rung was reached), what the
//! trial has reached is written down for the other agents, and what theirs have reached is read: one write and at most
//! two searches, however many trials there were.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::early::{EarlyStopping, reached_tag};
use crate::agent::hand_over::MetricUpdates;
use crate::agent::setup::Agent;
use crate::agent::tasks::Task;
use crate::record::curve;
use crate::stopping::{Compares, OtherTrial, ReachedValues, ReportedCurve, Rule, StopDecision};
use crate::tracking::{Result, RunId, Store};
use crate::trial::TrialIndex;

/// Looks at a trial are at least so far apart where they cost a request each.
const SHORTEST: Duration = Duration::from_secs(1);
/// The same where the store is a file.
const SHORTEST_LOCALLY: Duration = Duration::from_millis(100);
/// Looks at a trial that reports nothing are at most so far apart.
const LONGEST: Duration = Duration::from_secs(30);
/// A look may take one part in so many of the time.
const SHARE: u32 = 10;

/// Judges a running trial until dropped, or until it is to be stopped.
pub(in crate::agent) struct Stopper {
    _task: Option<Task<()>>,
    decided: oneshot::Receiver<StopDecision>,
}

impl Stopper {
    /// Begins, where the sweep stops trials early.
    pub(in crate::agent) fn start(agent: &Agent, trial: TrialIndex, run: &RunId) -> Self {
        let (tell, decided) = oneshot::channel();
        let task = agent.early.as_ref().map(|early| {
            let news = agent.hand_over.news(run, &early.metric);
            let watched = WatchedMetric {
                early: Arc::clone(early),
                store: Arc::clone(&agent.store),
                trial,
                run: run.clone(),
                judged: 0,
                others: Vec::new(),
                written: ReachedValues::default(),
            };
            Task::start(&agent.machine.tasks, watch(watched, LookInterval::new(news.is_some()), news, tell))
        });
        Self { _task: task, decided }
    }

    /// Waits for the judgement that the trial is to be stopped. There is at most one.
    pub(in crate::agent) async fn decided(&mut self) -> StopDecision {
        match (&mut self.decided).await {
            Ok(stop) => stop,
            Err(_) => std::future::pending().await,
        }
    }
}

async fn watch(
    mut watched: WatchedMetric,
    mut pace: LookInterval,
    mut news: Option<Box<dyn MetricUpdates>>,
    tell: oneshot::Sender<StopDecision>,
) {
    let mut tell = Some(tell);
    loop {
        pace.wait(news.as_deref_mut()).await;
        let (begun, before) = (Instant::now(), watched.judged);
        let look = watched.look().await;
        pace.looked(begun, watched.judged.saturating_sub(before));
        match look {
            Ok(Some(stop)) => {
                // The command may be over by now.
                let _ = tell.take().map(|tell| tell.send(stop));
                // In the shadow it continues, and others are compared with it.
                if !watched.early.shadow {
                    return;
                }
            }
            Ok(None) => {}
            // Nobody is stopped for the store's sake: the next look may get through.
            Err(error) => tracing::debug!(%error, "a trial could not be judged"),
        }
    }
}

/// A trial that is judged.
struct WatchedMetric {
    early: Arc<EarlyStopping>,
    store: Arc<dyn Store>,
    trial: TrialIndex,
    run: RunId,
    /// So many reports have been judged.
    judged: usize,
    /// The others as they were when the rule was last due.
    others: Vec<OtherTrial>,
    /// What was posted of it for other agents.
    written: ReachedValues,
}

impl WatchedMetric {
    /// Judges what is new.
    async fn look(&mut self) -> Result<Option<StopDecision>> {
        let history = self.store.metric_history(&self.run, &self.early.metric).await?;
        let curve = curve(&history);
        if curve.len() == self.judged {
            return Ok(None);
        }
        if self.early.judge.is_due(&curve, self.judged) {
            self.compare(&curve).await?;
        }
        let stop = self.early.judge.decide(&curve, self.judged, &self.others);
        self.judged = curve.len();
        Ok(stop)
    }

    /// Says what was reached, and then reads what others have reached: of two trials that get there at the same moment,
    /// one at least knows of the other.
    async fn compare(&mut self, curve: &ReportedCurve) -> Result<()> {
        let judge = &self.early.judge;
        if judge.compares() == Compares::All {
            let marks = judge.marks(curve);
            if marks != self.written {
                self.store.log_batch(&self.run, &[], &[], &[reached_tag(&marks)]).await?;
                self.written = marks;
            }
        }
        let mut peers = self.early.peers.lock().await;
        peers.refresh(&self.store, judge).await?;
        self.others = peers.others(self.trial);
        Ok(())
    }
}

/// When to look next: as often as there are reports, within bounds.
struct LookInterval {
    shortest: Duration,
    /// Until the next look, where nothing is heard before.
    wait: Duration,
    /// News is not answered before.
    not_before: Instant,
    looked: Instant,
    /// When reports were last found; `None`: never.
    found: Option<Instant>,
}

impl LookInterval {
    fn new(local: bool) -> Self {
        let shortest = if local { SHORTEST_LOCALLY } else { SHORTEST };
        let now = Instant::now();
        Self { shortest, wait: shortest, not_before: now, looked: now, found: None }
    }

    async fn wait(&self, news: Option<&mut (dyn MetricUpdates + '_)>) {
        let heard = async {
            match news {
                Some(news) => news.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = heard => sleep_until(self.not_before).await,
            () = sleep_until(self.looked + self.wait) => {}
        }
    }

    /// Takes in a look that began then, and how many reports it found.
    fn looked(&mut self, begun: Instant, reports: usize) {
        let now = Instant::now();
        let cost = now.duration_since(begun);
        self.wait = match u32::try_from(reports).unwrap_or(u32::MAX) {
            0 => 2 * self.wait,
            // How long a command takes to get going says nothing about its reports.
            reports => self.found.map_or(self.shortest, |before| begun.duration_since(before) / reports),
        };
        if reports > 0 {
            self.found = Some(begun);
        }
        self.wait = self.wait.clamp(self.shortest, LONGEST).max(cost * SHARE);
        self.not_before = now + cost * SHARE;
        self.looked = now;
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// The times, in seconds, at which a trial is looked at that reports at these.
    async fn looks(local: bool, reports: &[u64], until: u64) -> Vec<u64> {
        let start = Instant::now();
        let mut pace = LookInterval::new(local);
        let (mut looks, mut known) = (Vec::new(), 0);
        loop {
            pace.wait(None).await;
            let now = start.elapsed();
            if now > Duration::from_secs(until) {
                return looks;
            }
            looks.push(now.as_secs());
            let there = reports.iter().filter(|report| Duration::from_secs(**report) <= now).count();
            pace.looked(Instant::now(), there - known);
            known = there;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_reports_nothing_is_looked_at_ever_more_rarely() {
        assert_eq!(looks(false, &[], 150).await, [1, 3, 7, 15, 31, 61, 91, 121]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_is_looked_at_about_as_often_as_it_reports_and_at_most_once_a_second() {
        let slow: Vec<u64> = (1..60).map(|k| 10 * k).collect();
        let count = looks(false, &slow, 600).await.len();
        assert!((40..=80).contains(&count), "{count}");
        // Also where the first report is long in coming.
        let late: Vec<u64> = (300..400).collect();
        let count = looks(false, &late, 400).await.into_iter().filter(|at| *at > 340).count();
        assert!(count >= 50, "{count}");
        let every_second: Vec<u64> = (0..100).collect();
        assert_eq!(looks(false, &every_second, 100).await.len(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn news_is_answered_at_once_but_never_takes_more_than_its_share_of_the_time() {
        struct Always;
        #[async_trait]
        impl MetricUpdates for Always {
            async fn next(&mut self) {}
        }
        let start = Instant::now();
        let mut pace = LookInterval::new(true);
        pace.wait(Some(&mut Always)).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        let begun = Instant::now();
        tokio::time::advance(Duration::from_millis(5)).await;
        pace.looked(begun, 1);
        pace.wait(Some(&mut Always)).await;
        assert!(start.elapsed() >= Duration::from_millis(55), "{:?}", start.elapsed());
    }
}
