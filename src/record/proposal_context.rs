//! What a proposal was made from, as it is kept with its trial: enough to make the same proposal again.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use serde_json::{Map, Value as Json, json};

use crate::strategy::LoggedValues;
use crate::trial::TrialIndex;

/// Which trials a proposal knew of, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProposalContext {
    /// Trials that had their result, with the round that it is of.
    pub ended: BTreeMap<TrialIndex, u32>,
    /// Trials under way, with what they had logged where that counted.
    pub running: BTreeMap<TrialIndex, Option<LoggedValues>>,
}

impl ProposalContext {
    /// `{"ended": "0-41 43 44/2", "running": {"45": null, "46": [lowest, highest, latest]}}`: the number after a slash
    /// is the round, where it is not the first.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let running: Map<String, Json> = self
            .running
            .iter()
            .map(|(trial, logged)| {
                let values =
                    logged.map(|LoggedValues { lowest, highest, latest }| json!([lowest, highest, latest]));
                (trial.to_string(), values.unwrap_or(Json::Null))
            })
            .collect();
        json!({ "ended": ranges(&self.ended), "running": running })
    }

    /// Reads what [`ProposalContext::to_json`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let ended = parse_ranges(json.get("ended")?.as_str()?)?;
        let running = json.get("running")?.as_object()?.iter().map(|(trial, values)| {
            let logged = match values.as_array().map(Vec::as_slice) {
                None => None,
                Some([lowest, highest, latest]) => Some(LoggedValues {
                    lowest: lowest.as_f64()?,
                    highest: highest.as_f64()?,
                    latest: latest.as_f64()?,
                }),
                Some(_) => return None,
            };
            Some((trial.parse().ok()?, logged))
        });
        Some(Self { ended, running: running.collect::<Option<_>>()? })
    }
}

/// Neighbours of the same round as one range.
fn ranges(ended: &BTreeMap<TrialIndex, u32>) -> String {
    let mut found: Vec<(u64, u64, u32)> = Vec::new();
    for (&TrialIndex(trial), &round) in ended {
        match found.last_mut() {
            Some((_, last, of)) if *last + 1 == trial && *of == round => *last = trial,
            _ => found.push((trial, trial, round)),
        }
    }
    let mut words = found.into_iter().map(|(first, last, round)| {
        let span = if first == last { first.to_string() } else { format!("{first}-{last}") };
        if round == 1 { span } else { format!("{span}/{round}") }
    });
    words.join(" ")
}

/// More trials than this are not read from a text, in all of its ranges: the program never writes so many.
const MOST_TRIALS: u64 = 1_000_000;

fn parse_ranges(text: &str) -> Option<BTreeMap<TrialIndex, u32>> {
    let mut ended = BTreeMap::new();
    for word in text.split_whitespace() {
        let (span, round) = match word.split_once('/') {
            Some((span, round)) => (span, round.parse().ok()?),
            None => (word, 1),
        };
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        if last.checked_sub(first)?.saturating_add(ended.len() as u64) >= MOST_TRIALS {
            return None;
        }
        ended.extend((first..=last).map(|trial| (TrialIndex(trial), round)));
    }
    Some(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_short_and_reads_back() {
        let saw = ProposalContext {
            ended: (0..42)
                .map(|trial| (trial, 1))
                .chain([(43, 1), (44, 2), (45, 2)])
                .map(|(trial, round)| (TrialIndex(trial), round))
                .collect(),
            running: [
                (TrialIndex(46), None),
                (TrialIndex(47), Some(LoggedValues { lowest: 0.1, highest: 0.3, latest: 0.2 })),
            ]
            .into(),
        };
        let json = saw.to_json();
        assert_eq!(
            json.to_string(),
            r#"{"ended":"0-41 43 44-45/2","running":{"46":null,"47":[0.1,0.3,0.2]}}"#
        );
        assert_eq!(ProposalContext::from_json(&json), Some(saw));
        assert_eq!(
            ProposalContext::from_json(&ProposalContext::default().to_json()),
            Some(ProposalContext::default())
        );
    }

    #[test]
    fn anything_else_is_nothing() {
        for text in [
            "{}",
            r#"{"ended":"x","running":{}}"#,
            r#"{"ended":"5-3","running":{}}"#,
            r#"{"ended":"0-99999999999","running":{}}"#,
            r#"{"ended":"0-600000 1000000-1600000","running":{}}"#,
            r#"{"ended":"","running":{"a":null}}"#,
            r#"{"ended":"","running":{"1":[1]}}"#,
        ] {
            assert_eq!(ProposalContext::from_json(&serde_json::from_str(text).unwrap()), None, "{text}");
        }
    }
}
