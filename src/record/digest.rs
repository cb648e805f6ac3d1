//! Digests of what is kept.

use sha2::{Digest as _, Sha256};

/// SHA-256, hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
