//! A seeded permutation of 0..n that needs no memory.
//!
//! A balanced Feistel network over the next even number of bits, with cycle walking back into the range
//! (Black & Rogaway 2002, "Ciphers with Arbitrary Finite Domains"). The round function is the finaliser of
//! SplitMix64; this shuffles, it does not keep secrets.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const ROUNDS: usize = 8;

/// A permutation of the numbers below `n`.
#[derive(Debug, Clone)]
pub(super) struct IndexPermutation {
    n: u128,
    half_bits: u32,
    keys: [u64; ROUNDS],
}

impl IndexPermutation {
    /// The permutation of 0..`n` that belongs to a seed.
    pub fn new(n: u128, seed: u64) -> Self {
        let bits = 128 - n.saturating_sub(1).leading_zeros();
        let mut rng = ChaCha8Rng::from_seed(super::streams::key(seed, b"permutation"));
        let keys = std::array::from_fn(|_| rng.next_u64());
        Self { n, half_bits: bits.div_ceil(2).max(1), keys }
    }

    /// Where `x` is sent; `x` itself outside of the range.
    pub fn forward(&self, x: u128) -> u128 {
        self.walk(x, |keys, left, right, round| {
            keys.fold((left, right), |(l, r), key| (r, l ^ round(r, key)))
        })
    }

    /// What is sent to `x`.
    pub fn backward(&self, x: u128) -> u128 {
        self.walk(x, |keys, left, right, round| {
            keys.rev().fold((left, right), |(l, r), key| (r ^ round(l, key), l))
        })
    }

    fn walk(
        &self,
        x: u128,
        pass: impl Fn(std::slice::Iter<'_, u64>, u64, u64, &dyn Fn(u64, &u64) -> u64) -> (u64, u64),
    ) -> u128 {
        if x >= self.n {
            return x;
        }
        let mask = if self.half_bits >= 64 { u64::MAX } else { (1 << self.half_bits) - 1 };
        let round = |half: u64, key: &u64| mix(half ^ key) & mask;
        let mut y = x;
        loop {
            let (left, right) = ((y >> self.half_bits) as u64 & mask, y as u64 & mask);
            let (left, right) = pass(self.keys.iter(), left, right, &round);
            y = u128::from(left) << self.half_bits | u128::from(right);
            // Fewer than four passes on average: the domain is less than four times the range.
            if y < self.n {
                return y;
            }
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_hit_once_and_the_way_back_leads_home() {
        for n in [1, 2, 3, 5, 16, 17, 1000] {
            let permutation = IndexPermutation::new(n, 7);
            let mut images: Vec<u128> = (0..n).map(|x| permutation.forward(x)).collect();
            assert!((0..n).all(|x| permutation.backward(permutation.forward(x)) == x));
            images.sort_unstable();
            assert_eq!(images, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn huge_ranges_are_permuted_at_once() {
        for n in [1u128 << 100, u128::MAX / 2, 1_000_000_000_000] {
            let permutation = IndexPermutation::new(n, 1);
            for x in [0, 1, n - 1] {
                assert_eq!(permutation.backward(permutation.forward(x)), x);
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let order = |seed| -> Vec<u128> {
            let permutation = IndexPermutation::new(100, seed);
            (0..100).map(|x| permutation.forward(x)).collect()
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        assert_ne!(order(1), (0..100).collect::<Vec<_>>());
    }
}
