//! How much is read.

/// Longest input, bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Deepest nesting.
pub const MAX_DEPTH: usize = 64;

/// Most nodes after the expansion of aliases.
pub const MAX_NODES: usize = 100_000;
