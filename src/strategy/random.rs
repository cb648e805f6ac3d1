//! Random search: independent draws by inverse distribution functions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::finite::Finite;
use super::sequence::Sequence;
use super::streams::stream;
use super::{Observation, Proposal, Strategy, StrategyError};
use crate::config::{Config, Constraint};
use crate::space::{Conditions, Distribution, Point, Space, Value};
use crate::trial::TrialIndex;

/// So many draws in a row may miss the constraints.
const MAX_DRAWS: u64 = 10_000;

/// Independent draws. Trial k reads stream k of a ChaCha8 generator whose key is the seed: one number for each
/// varying parameter in name order, and as many again for each draw that the constraints refuse.
#[derive(Debug)]
pub struct Random {
    seed: u64,
    draws: Draws,
}

/// From even numbers to points: quantiles, then conditions, then constraints.
#[derive(Debug)]
pub(super) struct Draws {
    space: Space,
    leaves: Vec<Draw>,
    conditions: Conditions,
    constraints: Vec<Constraint>,
}

#[derive(Debug)]
struct Draw {
    distribution: Distribution,
    /// The leaf whose number it shares: itself, or the first of its `zip` group.
    source: usize,
}

impl Draws {
    /// The draws of a config.
    ///
    /// # Errors
    /// Conditions that can't be resolved.
    pub fn new(config: &Config) -> Result<Self, StrategyError> {
        let leaves = config.space.leaves();
        let draws = leaves
            .iter()
            .enumerate()
            .map(|(i, leaf)| {
                let group = config.zip.iter().find(|group| group.contains(&leaf.name));
                let source =
                    group.and_then(|group| leaves.iter().position(|other| group.contains(&other.name)));
                Draw { distribution: leaf.parameter.distribution.clone(), source: source.unwrap_or(i) }
            })
            .collect();
        Ok(Self {
            conditions: Conditions::resolve(&leaves).map_err(|_| StrategyError::Conditions)?,
            leaves: draws,
            constraints: config.constraints.clone(),
            space: config.space.clone(),
        })
    }

    /// For each leaf the one whose number it takes; `None`: it is constant.
    pub fn sources(&self) -> impl Iterator<Item = Option<usize>> {
        self.leaves.iter().map(|draw| (!draw.distribution.is_constant()).then_some(draw.source))
    }

    /// The point of numbers in \[0, 1), one a leaf.
    pub fn point(&self, uniforms: &[f64]) -> Point {
        let mut values: Vec<Option<Value>> = self
            .leaves
            .iter()
            .map(|draw| Some(draw.distribution.quantile(uniforms.get(draw.source).copied().unwrap_or(0.0))))
            .collect();
        self.conditions.apply(&mut values);
        self.space.assemble(values)
    }

    /// Whether there are constraints.
    pub fn has_constraints(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// Whether the constraints hold.
    ///
    /// # Errors
    /// A constraint that can't be computed.
    pub fn allow(&self, point: &Point) -> Result<bool, StrategyError> {
        for constraint in &self.constraints {
            if !constraint.holds(point)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Random {
    /// The draws of a config.
    ///
    /// # Errors
    /// Conditions that can't be resolved.
    pub fn new(config: &Config, seed: u64) -> Result<Self, StrategyError> {
        Ok(Self { seed, draws: Draws::new(config)? })
    }
}

impl Strategy for Random {
    fn size(&self) -> Option<u128> {
        None
    }

    fn suggest(&self, k: TrialIndex, _: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        let mut rng = stream(self.seed, k.0);
        for _ in 0..MAX_DRAWS {
            let number = |draw: &Draw| {
                if draw.distribution.is_constant() { 0.0 } else { uniform(&mut rng, &draw.distribution) }
            };
            let uniforms: Vec<f64> = self.draws.leaves.iter().map(number).collect();
            let point = self.draws.point(&uniforms);
            if self.draws.allow(&point)? {
                return Ok(Some(point.into()));
            }
        }
        Err(StrategyError::NothingFits { tried: MAX_DRAWS })
    }
}

/// The combinations of a finite space in a seeded order: random search without repeats.
#[derive(Debug)]
pub(super) struct WithoutRepeats {
    sequence: Sequence,
}

/// `method: random` with `replace: false`.
pub(super) fn without_repeats(config: &Config, seed: u64) -> Result<WithoutRepeats, StrategyError> {
    let finite = Finite::new(config, Distribution::support)?;
    Ok(WithoutRepeats { sequence: Sequence::new(finite, Some(seed), &config.points) })
}

impl Strategy for WithoutRepeats {
    fn size(&self) -> Option<u128> {
        Some(self.sequence.size())
    }

    fn suggest(&self, k: TrialIndex, _: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        Ok(self.sequence.get(k.0)?.map(Proposal::from))
    }
}

/// 53 random bits as a number in \[0, 1), drawn again where 0 would be infinite.
fn uniform(rng: &mut ChaCha8Rng, distribution: &Distribution) -> f64 {
    loop {
        let u = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        if u > 0.0 || !distribution.is_open_at_zero() {
            return u;
        }
    }
}
