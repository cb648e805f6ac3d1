//! Random streams: a generator for each purpose and each trial.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The generator of a trial.
pub(super) fn stream(seed: u64, trial: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::from_seed(key(seed, b"trial"));
    rng.set_stream(trial);
    rng
}

/// A generator's key: the seed, and what it is for.
pub(super) fn key(seed: u64, purpose: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (slot, byte) in key.iter_mut().zip(seed.to_le_bytes().iter().chain(purpose)) {
        *slot = *byte;
    }
    key
}
