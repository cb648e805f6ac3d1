//! What a sweep's parent run says of its trials while agents run: the best value under the metric's own name, with a
//! step for each result, counts, and the first line of the note. MLflow's pages show it, and agents learn from it what
//! others have found.
//!
//! Anyone who posts reads first what is posted, and keeps the better of two bests that still count: however many agents
//! post, the last of them leaves the truth.

use super::catalog::Sweep;
use super::note::{headline, with_headline};
use super::progress::{SweepProgress, TrialRanking, best_runs};
use super::sweep_view::{BestTrial, DONE, FAILED, RUNNING, SweepView};
use super::tags;
use crate::config::{MetricConfig, MetricLimit, MetricSummary};
use crate::tracking::{Metric as Logged, Result, Run, RunProjection, Store};

/// What a store takes in one batch, with space for the counts.
const BATCH: usize = 900;
/// The best value when a result came in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BestAtTime {
    /// The value.
    pub value: f64,
    /// When, epoch milliseconds.
    pub time: i64,
}

/// What is to be posted.
#[derive(Debug)]
pub struct LivePosting<'a> {
    /// The sweep.
    pub sweep: &'a Sweep,
    /// Its metric.
    pub metric: Option<&'a MetricConfig>,
    /// What a trial that may be the best keeps to.
    pub limits: &'a [MetricLimit],
    /// Trials that may be run in all.
    pub limit: Option<u64>,
    /// Who posts.
    pub by: &'a str,
    /// The best that the poster knows of.
    pub best: Option<BestTrial>,
    /// The results since it posted last.
    pub results: &'a [BestAtTime],
    /// Now, epoch milliseconds.
    pub now: i64,
}

impl LivePosting<'_> {
    /// Reads how far the sweep is, and writes it on the parent run.
    ///
    /// # Errors
    /// As the store's.
    pub async fn post(&self, store: &dyn Store) -> Result<SweepView> {
        // In this order: who knows a later posting knows the results that it speaks of, too.
        let parent = store.run(self.sweep.id()).await?;
        let standing = SweepProgress::read(store, self.sweep, None).await?;
        let best = self.best(store, &standing, &parent).await?;
        let view = SweepView {
            done: standing.done(),
            failed: standing.failed,
            running: standing.running.len() as u64,
            best,
        };
        let metrics = self.metrics(&view, &parent);
        let tags = self.tags(&view, &parent);
        let (first, rest) = metrics.split_at(metrics.len().min(BATCH));
        if !(first.is_empty() && tags.is_empty()) {
            store.log_batch(self.sweep.id(), first, &[], &tags).await?;
        }
        for some in rest.chunks(BATCH) {
            store.log_batch(self.sweep.id(), some, &[], &[]).await?;
        }
        Ok(view)
    }

    /// The better of what is posted and what the poster knows, of trials that still count; else the store is asked.
    async fn best(
        &self,
        store: &dyn Store,
        standing: &SweepProgress,
        parent: &Run,
    ) -> Result<Option<BestTrial>> {
        let Some(metric) = self.metric else { return Ok(None) };
        let counts = |best: &BestTrial| standing.results.get(&best.trial) == Some(&best.run);
        let own = self.best.clone().filter(counts);
        let posted = BestTrial::posted(parent).filter(counts);
        let best = match (own, posted) {
            (own, Some(posted)) if posted.beats(own.as_ref(), metric.goal) => Some(posted),
            (own, _) => own,
        };
        let by = TrialRanking {
            metric: &metric.name,
            goal: metric.goal,
            most: 1,
            finished: true,
            limits: self.limits,
        };
        let can_ask = metric.summary == MetricSummary::Last && by.can_be_said() && standing.done() > 0;
        // Two agents that end at once have not read each other's postings: the last word on a complete sweep is the store's.
        let complete = self.limit.is_some_and(|limit| standing.done() >= limit);
        if (best.is_some() && !complete) || !can_ask {
            return Ok(best);
        }
        let want = RunProjection::only(&[tags::TRIAL, tags::POINT], &by.metrics());
        let runs = best_runs(store, self.sweep, &standing.results, by, want).await?;
        let asked = runs.first().and_then(|run| BestTrial::of(run, run.metric(&metric.name)?.value));
        Ok(match (asked, best) {
            (Some(asked), Some(best)) if asked.trial == best.trial => Some(best),
            (asked, best) => asked.or(best),
        })
    }

    fn metrics(&self, view: &SweepView, parent: &Run) -> Vec<Logged> {
        let step = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let mut metrics = Vec::new();
        if let (Some(metric), Some(best)) = (self.metric, &view.best) {
            let before = view.done.saturating_sub(self.results.len() as u64);
            metrics.extend((before + 1..).zip(self.results).filter(|(_, then)| then.value.is_finite()).map(
                |(count, then)| Logged {
                    key: metric.name.clone(),
                    value: then.value,
                    timestamp: then.time,
                    step: step(count),
                },
            ));
            let last = metrics.last();
            let is_latest = last.is_some_and(|last: &Logged| {
                let ahead = parent.metric(&metric.name).is_none_or(|known| known.step < last.step);
                ahead && last.value.to_bits() == best.value.to_bits()
            });
            if !is_latest {
                metrics.extend(self.latest(&metric.name, best.value, step(view.done), parent));
            }
        }
        #[allow(clippy::cast_precision_loss)]
        for (key, count) in [(DONE, view.done), (FAILED, view.failed), (RUNNING, view.running)] {
            metrics.extend(self.latest(key, count as f64, step(view.done), parent));
        }
        metrics
    }

    /// A value that is to be the latest of its metric, whatever the clocks of others say; `None`: it is already.
    fn latest(&self, key: &str, value: f64, step: i64, parent: &Run) -> Option<Logged> {
        let Some(known) = parent.metric(key) else {
            return Some(Logged { key: key.to_owned(), value, timestamp: self.now, step });
        };
        let is_there = known.value.to_bits() == value.to_bits() && known.step >= step;
        let timestamp = self.now.max(known.timestamp.saturating_add(1));
        (!is_there).then(|| Logged { key: key.to_owned(), value, timestamp, step: step.max(known.step) })
    }

    fn tags(&self, view: &SweepView, parent: &Run) -> Vec<(String, String)> {
        let head = headline(
            view,
            self.metric.map(|metric| metric.name.as_str()),
            self.limit,
            &parent.info.experiment_id,
        );
        let note = with_headline(parent.tag(tags::NOTE), &head);
        let mut new = view.best.as_ref().map(BestTrial::tags).unwrap_or_default();
        new.push((tags::NOTE.to_owned(), note));
        new.retain(|(key, value)| parent.tag(key) != Some(value));
        if !new.is_empty() {
            // Others need not post for a while.
            new.push((tags::POSTED.to_owned(), format!("{} {}", self.by, self.now)));
        }
        new
    }
}

/// Who has posted last, and when by its own clock: a text that changes with every posting.
#[must_use]
pub fn last_posting(parent: &Run) -> Option<&str> {
    parent.tag(tags::POSTED)
}
