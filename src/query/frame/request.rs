//! What is asked of a table of runs.

use crate::config::Goal;

/// The forest's seed: the same for everything, so that the same trials give the same figures in whatever sweep, store or
/// file they stand.
pub const SEED: u64 = 0;

/// What is asked of runs that no config describes.
#[derive(Debug)]
pub struct FrameRequest {
    /// The metric.
    pub metric: String,
    /// Its direction, where it is known.
    pub goal: Option<Goal>,
    /// Parameters whose logarithm is what counts.
    pub log: Vec<String>,
}
