//! A scrambled Sobol sequence: points that fill the space evenly from the first one on.

use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::random::Draws;
use super::streams::key;
use super::{Observation, Proposal, Strategy, StrategyError};
use crate::config::Config;
use crate::space::Point;
use crate::trial::TrialIndex;

/// So many members in a row may miss the constraints.
const MAX_GAP: u64 = 10_000;
/// A known place every so many trials.
const STRIDE: u64 = 64;
/// Length of a sequence; after it comes another, scrambled differently.
const LENGTH: u64 = 1 << 16;

/// Owen's scrambling of Sobol's sequence (Owen 1995, Burley 2020), seeded. One dimension a varying parameter in name
/// order, one for a `zip` group. Trial k is the k-th member for which the constraints hold.
#[derive(Debug)]
pub struct Sobol {
    seed: u64,
    draws: Draws,
    /// The dimension of each leaf.
    dimensions: Vec<Option<u32>>,
    /// Entry j: the member at which the search for trial j·[`STRIDE`] starts.
    marks: Mutex<Vec<u64>>,
}

impl Sobol {
    /// The sequence of a config.
    ///
    /// # Errors
    /// Conditions that can't be resolved.
    pub fn new(config: &Config, seed: u64) -> Result<Self, StrategyError> {
        let draws = Draws::new(config)?;
        let mut next = 0;
        let mut dimensions: Vec<Option<u32>> = Vec::new();
        for (i, source) in draws.sources().enumerate() {
            let dimension = match source {
                Some(source) if source < i => dimensions.get(source).copied().flatten(),
                Some(_) => {
                    next += 1;
                    Some(next - 1)
                }
                None => None,
            };
            dimensions.push(dimension);
        }
        Ok(Self { seed, draws, dimensions, marks: Mutex::new(vec![0]) })
    }

    /// A member of the sequence; `None`: the constraints refuse it.
    fn member(&self, index: u64) -> Result<Option<Point>, StrategyError> {
        // The crate's numbers have 24 digits; in Owen's scrambling all digits past those that stratify are random.
        let mut rng = ChaCha8Rng::from_seed(key(self.seed, b"sobol"));
        rng.set_stream(index);
        let uniforms: Vec<f64> = self
            .dimensions
            .iter()
            .map(|dimension| {
                dimension.map_or(0.0, |dimension| self.coordinate(index, dimension, rng.next_u32()))
            })
            .collect();
        let point = self.draws.point(&uniforms);
        Ok(if self.draws.allow(&point)? { Some(point) } else { None })
    }

    /// A coordinate in (0, 1).
    fn coordinate(&self, index: u64, dimension: u32, digits: u32) -> f64 {
        let block = index / LENGTH;
        let set = u64::from(dimension / sobol_burley::NUM_DIMENSIONS);
        let scrambling = mix(mix(self.seed, block), set) as u32;
        let place = (index % LENGTH) as u32;
        let coarse = sobol_burley::sample(place, dimension % sobol_burley::NUM_DIMENSIONS, scrambling);
        let fine = (f64::from(digits >> 3) + 0.5) / f64::from(1_u32 << 29);
        f64::from(coarse) + fine / f64::from(1_u32 << 24)
    }
}

/// One number from two (the finaliser of SplitMix64).
fn mix(a: u64, b: u64) -> u64 {
    let x = a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Strategy for Sobol {
    fn size(&self) -> Option<u128> {
        None
    }

    fn suggest(&self, k: TrialIndex, _: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        let TrialIndex(k) = k;
        if !self.draws.has_constraints() {
            return Ok(self.member(k)?.map(Proposal::from));
        }
        let (mut count, mut index) = {
            let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
            let nearest =
                usize::try_from(k / STRIDE).unwrap_or(usize::MAX).min(marks.len().saturating_sub(1));
            (nearest as u64 * STRIDE, marks.get(nearest).copied().unwrap_or(0))
        };
        let mut gap = 0;
        loop {
            let point = self.member(index)?;
            index += 1;
            let Some(point) = point else {
                gap += 1;
                if gap >= MAX_GAP {
                    return Err(StrategyError::NothingFits { tried: gap });
                }
                continue;
            };
            gap = 0;
            if count == k {
                return Ok(Some(point.into()));
            }
            count += 1;
            if count % STRIDE == 0 {
                let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
                if marks.len() as u64 == count / STRIDE {
                    marks.push(index);
                }
            }
        }
    }
}
