//! The runs that hold the facts on who has which point.

use std::collections::BTreeMap;

use super::claim::SHARD;
use super::keys::LedgerFact;
use crate::tracking::{Run, RunId};

/// How many runs hold the facts on points. On the root, where it is not 1.
pub(super) const COUNT: &str = "points";

/// So many where the number of trials is not known.
const USUAL_SHARDS: u64 = 4;

/// Not more, however many trials there may be.
const MOST_SHARDS: u64 = 64;

/// Where it is kept who has which point.
pub(super) struct PointShards {
    /// `None`: it is not decided yet.
    pub(super) count: Option<u64>,
    /// How many this agent would have.
    pub(super) wanted: u64,
    /// The runs beside the root, as far as they are known.
    pub(super) runs: BTreeMap<u64, RunId>,
}

impl PointShards {
    /// As the root reports them. Ledgers of earlier versions hold everything in the root.
    pub(super) fn of(root: &Run, limit: Option<u64>) -> Self {
        let old = root.params.iter().any(|(key, _)| key.starts_with("point/"));
        Self {
            count: root.param(COUNT).and_then(read_count).or(old.then_some(1)),
            wanted: limit.map_or(USUAL_SHARDS, |limit| limit.div_ceil(SHARD)).clamp(1, MOST_SHARDS),
            runs: BTreeMap::new(),
        }
    }
}

pub(super) fn read_count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|count| (1..=MOST_SHARDS).contains(count))
}

/// The runs beside the root that hold facts on points.
pub(super) fn shard_runs(root: &Run) -> Vec<RunId> {
    let runs = (1..MOST_SHARDS).filter_map(|number| root.param(&LedgerFact::PointShard(number).key()));
    runs.map(|id| RunId(id.to_owned())).collect()
}
