//! What is asked of a table of runs.

use crate::config::Goal;

/// What is asked of runs that no config describes.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) metric: String,
    pub(super) goal: Option<Goal>,
    pub(super) log: Vec<String>,
}
