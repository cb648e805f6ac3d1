//! A look at a server for a person who wants to know whether it can be used. Nothing is tried twice.

use std::time::{Duration, Instant, SystemTime};

use super::RestStore;
use crate::tracking::error::Result;
use crate::tracking::protocol::{Experiment, Page, SearchExperiments};

/// What a server says of itself.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The version of MLflow; `None` where the server does not report it.
    pub version: Option<String>,
    /// How far its clock is ahead of ours, seconds; `None` where it does not report the time.
    pub ahead: Option<f64>,
    /// From the question to the answer.
    pub took: Duration,
}

/// What comes of a first call to the API, with the login that is set.
#[derive(Debug, Clone)]
pub struct FirstCall {
    /// One of its experiments.
    pub experiment: Option<Experiment>,
    /// From the question to the answer.
    pub took: Duration,
}

impl RestStore {
    /// Asks for version and time.
    ///
    /// # Errors
    /// `Unavailable` where there is no answer.
    pub async fn probe(&self) -> Result<Probe> {
        let (before, start) = (SystemTime::now(), Instant::now());
        let (status, date, line) = self.client.look(self.client.url(&["version"])).await?;
        let took = start.elapsed();
        // A page of a proxy is no version.
        let is_version =
            status.is_success() && line.len() < 40 && line.starts_with(|c: char| c.is_ascii_digit());
        // Its clock is read somewhere between question and answer, and cut to whole seconds.
        let ahead = date.map(|date| {
            let (earliest, latest) = (seconds(before), seconds(SystemTime::now()));
            let date = seconds(date);
            if date + 1.0 < earliest { date + 1.0 - earliest } else { (date - latest).max(0.0) }
        });
        Ok(Probe { version: is_version.then_some(line), ahead, took })
    }

    /// Makes a call that needs the login, where the server asks for one.
    ///
    /// # Errors
    /// As the store's.
    pub async fn first_call(&self) -> Result<FirstCall> {
        let start = Instant::now();
        let request = SearchExperiments { max_results: Some(1), ..SearchExperiments::default() };
        let page: Page<Experiment> = self.client.post("experiments/search", &request).await?;
        Ok(FirstCall { experiment: page.items.into_iter().next(), took: start.elapsed() })
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
