//! A list of points that was changed while its trials ran: a grid, or random points without repeats.
//!
//! Trial k of the first version stays trial k: agents that have not read the new version yet claim by the old one. What a
//! version adds comes after all that the versions before it had; what it takes away leaves its index without a point.

use super::backfill::Backfill;
use super::earlier::EarlierSpace;
use super::explicit::Explicit;
use super::finite::Finite;
use super::sequence::Sequence;
use super::{Observation, Proposal, Strategy, StrategyError};
use crate::config::{Config, Method};
use crate::space::{Distribution, Listing, Point};
use crate::trial::TrialIndex;

/// The points of all versions of a config.
pub(super) struct Grown {
    /// What each version has added, with how many points of it are explicit.
    layers: Vec<GrownLayer>,
    backfill: Backfill,
    newest: Finite,
}

struct GrownLayer {
    explicit: u64,
    points: Explicit,
}

impl GrownLayer {
    fn size(&self) -> u128 {
        self.points.size().unwrap_or(u128::MAX)
    }
}

/// The points of one version.
struct ListedPoints(Sequence);

impl Strategy for ListedPoints {
    fn size(&self) -> Option<u128> {
        Some(self.0.size())
    }

    fn suggest(&self, k: TrialIndex, _: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        Ok(self.0.get(k.0)?.map(Proposal::from))
    }
}

/// How a method lists the values of a parameter.
pub(super) fn listing(config: &Config) -> fn(&Distribution) -> Option<Listing> {
    if config.method == Method::Grid { Distribution::grid } else { Distribution::support }
}

impl Grown {
    /// Of all versions, the first one first.
    ///
    /// # Errors
    /// As of a grid.
    pub fn new(versions: &[Config], seed: u64) -> Result<Self, StrategyError> {
        let Some(newest) = versions.last() else { return Err(StrategyError::Conditions) };
        let mut layers = Vec::new();
        let mut known_points = 0;
        for (number, config) in versions.iter().enumerate() {
            let shuffle = (config.shuffled || config.method == Method::Random).then_some(seed);
            let (before, _) = versions.split_at(number);
            let earlier: Vec<EarlierSpace> = before
                .iter()
                .map(|earlier| earlier_space(earlier, config))
                .collect::<Result<_, StrategyError>>()?;
            let added = config.points.iter().skip(known_points);
            let added: Vec<Point> =
                added.filter(|point| !earlier.iter().any(|space| space.holds(point))).cloned().collect();
            known_points = config.points.len();
            let finite = Finite::new(config, listing(config))?;
            let sequence = Sequence::new(finite, shuffle, &config.points).beyond(earlier);
            layers.push(GrownLayer {
                explicit: added.len() as u64,
                points: Explicit { points: added, inner: Box::new(ListedPoints(sequence)) },
            });
        }
        Ok(Self { layers, backfill: Backfill::new(newest), newest: Finite::new(newest, listing(newest))? })
    }
}

/// An earlier version, as `config` sees it.
fn earlier_space(earlier: &Config, config: &Config) -> Result<EarlierSpace, StrategyError> {
    let then = earlier.space.leaves();
    let is_new = |name: &str| !then.iter().any(|leaf| leaf.name == name);
    let added = config.space.leaves().into_iter().filter(|leaf| is_new(&leaf.name));
    let before = added.filter_map(|leaf| Some((leaf.name, leaf.parameter.before.clone()?))).collect();
    let backfill = Backfill::new(config);
    let points = earlier.points.iter().map(|point| backfill.fill(point)).collect();
    Ok(EarlierSpace { finite: Finite::new(earlier, listing(earlier))?, points, before })
}

impl Strategy for Grown {
    fn size(&self) -> Option<u128> {
        Some(self.layers.iter().fold(0, |sum: u128, layer| sum.saturating_add(layer.size())))
    }

    fn suggest(&self, k: TrialIndex, history: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        let mut at = u128::from(k.0);
        for layer in &self.layers {
            if at >= layer.size() {
                at -= layer.size();
                continue;
            }
            let inner = TrialIndex(u64::try_from(at).unwrap_or(u64::MAX));
            let Some(proposal) = layer.points.suggest(inner, history)? else { return Ok(None) };
            let point = self.backfill.fill(&proposal.point);
            // What a person has asked for is run; a combination only where it is still in the space.
            let stays = inner.0 < layer.explicit || self.newest.holds(&point);
            return Ok(stays.then(|| point.into()));
        }
        Ok(None)
    }
}
