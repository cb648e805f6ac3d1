//! Leases: how long an agent may show no sign of life before others call it lost. The length is the owner's own, and
//! stands with its claims and its runs; who looks at them waits for that long.

use std::time::Duration;

use super::tags;
use crate::tracking::Run;

/// The lease of an agent that said nothing else.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(60);

/// A longer lease is ignored: the trial could never be taken over.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a claim says after the agent's token, where the lease is not the usual one.
const IN_CLAIM: &str = " lease=";

/// A lease as text: seconds.
#[must_use]
pub fn lease_text(lease: Duration) -> String {
    lease.as_secs_f64().to_string()
}

fn parse(text: &str) -> Option<Duration> {
    let lease = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
    (lease <= LONGEST).then_some(lease)
}

/// The lease of the agent that made a run; runs of earlier versions do not say it.
#[must_use]
pub fn lease_of(run: &Run) -> Duration {
    run.tag(tags::LEASE).and_then(parse).unwrap_or(DEFAULT_LEASE)
}

/// What an agent writes into a claim.
pub(super) fn claim_text(token: &str, lease: Duration) -> String {
    if lease == DEFAULT_LEASE {
        return token.to_owned();
    }
    format!("{token}{IN_CLAIM}{}", lease_text(lease))
}

/// The agent that wrote a claim, and its lease.
pub(super) fn read_claim(text: &str) -> (&str, Duration) {
    let with_lease = text.rsplit_once(IN_CLAIM).and_then(|(token, lease)| Some((token, parse(lease)?)));
    with_lease.unwrap_or((text, DEFAULT_LEASE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_says_whose_it_is_and_for_how_long() {
        for lease in [Duration::from_millis(250), Duration::from_secs(4), DEFAULT_LEASE] {
            assert_eq!(read_claim(&claim_text("me-1", lease)), ("me-1", lease));
        }
        // A claim of the usual lease is what earlier versions wrote.
        assert_eq!(claim_text("me-1", DEFAULT_LEASE), "me-1");
        assert_eq!(claim_text("me-1", Duration::from_secs(4)), "me-1 lease=4");
    }

    #[test]
    fn a_lease_that_makes_no_sense_is_the_usual_one() {
        for text in ["me lease=-1", "me lease=1e300", "me lease=NaN", "me lease=", "sweep import"] {
            assert_eq!(read_claim(text), (text, DEFAULT_LEASE));
        }
    }
}
