//! How a trial that was asked for came out, reported by the program that ran it.
//!
//! A report is written down once: its content is a fact of the ledger before anything else is written, so that the same
//! report may be sent again, and another one is refused.

use std::sync::Arc;

use super::error::AgentError;
use super::journal::{KnownParent, Settlement, deliver};
use super::outcome::TrialFate;
use super::trial::{GIVEN_BACK, MeasuredMetric, measure};
use crate::config::Config;
use crate::process::Clock;
use crate::record::{
    Claim, ClaimOrder, Ledger, SettleOutcome, Sweep, UnfinishedTrial, attempt_of, index_of, point_of, sha256,
    tags,
};
use crate::tracking::{Metric, Run, RunId, Store};
use crate::trial::{RunStatus, TrialIndex};

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedOutcome {
    /// It ended well.
    Finished,
    /// It failed.
    Failed,
    /// It was interrupted: it is free to be run again.
    GivenBack,
}

/// What is reported of a trial.
#[derive(Debug, Clone)]
pub struct TrialReport {
    /// How it came out.
    pub outcome: ReportedOutcome,
    /// Values of metrics, by name.
    pub metrics: Vec<(String, f64)>,
    /// The step of the values.
    pub step: i64,
}

impl TrialReport {
    /// What stands for it in the ledger.
    fn digest(&self) -> String {
        let mut text = format!("{:?} {}", self.outcome, self.step);
        for (name, value) in &self.metrics {
            text.push_str(&format!("\n{name}={:016x}", value.to_bits()));
        }
        let mut digest = sha256(text.as_bytes());
        digest.truncate(24);
        digest
    }
}

/// What becomes of a report.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportVerdict {
    /// The trial has its result now.
    Result {
        /// The value of the sweep's metric that counts.
        value: Option<f64>,
        /// The same of what is measured beside it.
        beside: Vec<Option<f64>>,
    },
    /// It had this result already: nothing has changed.
    Already,
    /// The trial is free to be run again: it was given back, or failed and is to be repeated.
    Free,
    /// Another attempt has taken the trial over, or was settled first: the report does not count.
    TooLate,
    /// Something else was reported of this attempt before.
    Otherwise,
    /// Somebody has deleted the run.
    Deleted,
}

/// A trial that was asked for, as the program that runs it reports on it.
pub struct TrialReporter {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its sweep.
    pub sweep: Sweep,
    /// The sweep's config.
    pub config: Config,
    /// The run of the attempt.
    pub run: Run,
    /// The wall clock.
    pub clock: Clock,
}

impl TrialReporter {
    fn trial(&self) -> TrialIndex {
        index_of(&self.run).unwrap_or(TrialIndex(0))
    }

    fn id(&self) -> &RunId {
        &self.run.info.id
    }

    /// Renews the lease; false: the trial is not this program's any more.
    ///
    /// # Errors
    /// As the store's.
    pub async fn keep_alive(&self) -> Result<bool, AgentError> {
        if !self.run.info.active {
            return Ok(false);
        }
        let ledger = Ledger::read(self.store.as_ref(), &self.sweep.ledger).await?;
        if ledger.results().contains_key(&self.trial()) {
            return Ok(false);
        }
        let before =
            self.run.tag(tags::HEARTBEAT).and_then(|beat| beat.split(' ').next()?.parse::<u64>().ok());
        let beat = format!("{} {}", before.unwrap_or(0) + 1, self.clock.now_ms());
        self.store.log_batch(self.id(), &[], &[], &[(tags::HEARTBEAT.to_owned(), beat)]).await?;
        // Whoever took the trial over before it saw this sign has said so by now, or finds that it came too late.
        Ok(self.store.run(self.id()).await?.tag(tags::SUPERSEDED_BY).is_none())
    }

    /// Writes a report down.
    ///
    /// # Errors
    /// As the store's. The same report may be sent again then.
    pub async fn tell(&self, report: &TrialReport) -> Result<ReportVerdict, AgentError> {
        if !self.run.info.active {
            return Ok(ReportVerdict::Deleted);
        }
        let token = self.run.tag(tags::AGENT).unwrap_or_default().to_owned();
        let store = Arc::clone(&self.store);
        let ledger = Ledger::open(store, &self.sweep.ledger, token, ClaimOrder::Spread, None).await?;
        let unfinished = ledger.unfinished().await?;
        let under_way = unfinished.iter().find(|trial| trial.trial == self.trial());
        let attempt = attempt_of(&self.run);
        let first = ledger.enter_report(self.trial(), attempt, &report.digest()).await?;
        let Some(under_way) = under_way.filter(|trial| trial.round <= attempt) else {
            let known = ledger.known().await;
            let own = known.all_settled().iter().any(|settled| settled.run == *self.id());
            return Ok(match (own, first) {
                (true, true) => ReportVerdict::Already,
                (true, false) => ReportVerdict::Otherwise,
                (false, _) => ReportVerdict::TooLate,
            });
        };
        if !first {
            return Ok(ReportVerdict::Otherwise);
        }
        if self.run.tag(tags::SUPERSEDED_BY).is_some() {
            return Ok(ReportVerdict::TooLate);
        }
        if report.outcome == ReportedOutcome::GivenBack && under_way.given_back {
            return Ok(ReportVerdict::Free);
        }
        self.log(report).await?;
        self.settle(&ledger, under_way, report).await
    }

    /// Logs the values; those that a report which was cut off has logged are there already.
    async fn log(&self, report: &TrialReport) -> Result<(), AgentError> {
        let now = self.clock.now_ms();
        let is_there = |name: &str, value: f64| {
            let known = self.run.metric(name);
            known.is_some_and(|known| known.value.to_bits() == value.to_bits() && known.step == report.step)
        };
        let new = report.metrics.iter().filter(|(name, value)| !is_there(name, *value));
        let metrics: Vec<Metric> = new
            .map(|(name, value)| Metric {
                key: name.clone(),
                value: *value,
                timestamp: now,
                step: report.step,
            })
            .collect();
        if !metrics.is_empty() {
            self.store.log_batch(self.id(), &metrics, &[], &[]).await?;
        }
        Ok(())
    }

    async fn settle(
        &self,
        ledger: &Ledger,
        trial: &UnfinishedTrial,
        report: &TrialReport,
    ) -> Result<ReportVerdict, AgentError> {
        let (store, objectives) = (self.store.as_ref(), self.config.objectives());
        let UnfinishedTrial { trial, round, preemptions, .. } = *trial;
        let claim = Claim { trial, attempt: attempt_of(&self.run), round, preemptions };
        let run = store.run(self.id()).await?;
        let measured = measure(&self.store, &run, &objectives).await?;
        let mut settlement = self.settlement(claim, report.outcome);
        let has_metric = self.config.metric.is_none() || measured.is_whole();
        if report.outcome == ReportedOutcome::Finished && !has_metric {
            settlement.tags.push((tags::UNMEASURED.to_owned(), "true".to_owned()));
        }
        let known = KnownParent::Read(Box::new(run));
        let delivered = deliver(store, ledger, &settlement, Vec::new(), known).await?;
        Ok(match settlement.fate {
            _ if delivered.dropped => ReportVerdict::Deleted,
            TrialFate::GivenBack => ReportVerdict::Free,
            TrialFate::Retried => {
                ledger.pass_on(claim.trial, claim.attempt).await?;
                ReportVerdict::Free
            }
            _ if delivered.verdict == SettleOutcome::Counts => {
                let MeasuredMetric { value, beside, .. } = match report.outcome {
                    ReportedOutcome::Finished => measured,
                    _ => MeasuredMetric::default(),
                };
                ReportVerdict::Result { value, beside }
            }
            _ => ReportVerdict::TooLate,
        })
    }

    fn settlement(&self, claim: Claim, outcome: ReportedOutcome) -> Settlement {
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let failures = claim.attempt.saturating_sub(claim.round.saturating_add(claim.preemptions));
        let (status, tag, fate) = match outcome {
            ReportedOutcome::Finished => (RunStatus::Finished, tag(tags::EXIT_CODE, "0"), TrialFate::Result),
            ReportedOutcome::Failed if failures < self.config.retries => {
                (RunStatus::Failed, tag(tags::EXIT_CODE, "1"), TrialFate::Retried)
            }
            ReportedOutcome::Failed => (RunStatus::Failed, tag(tags::EXIT_CODE, "1"), TrialFate::Result),
            ReportedOutcome::GivenBack => {
                (RunStatus::Killed, tag(tags::REASON, GIVEN_BACK), TrialFate::GivenBack)
            }
        };
        Settlement {
            run: self.id().clone(),
            claim,
            status,
            end_time: self.clock.now_ms(),
            params: point_of(&self.run)
                .leaves()
                .into_iter()
                .map(|(name, value)| (name, value.text()))
                .collect(),
            tags: vec![tag],
            values: Vec::new(),
            fate,
        }
    }
}
