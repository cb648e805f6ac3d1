//! Digests of what is kept.

use sha2::{Digest as _, Sha256};

use crate::text::hex;

/// SHA-256, hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
