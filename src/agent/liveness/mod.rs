//! Who is alive: the agent's own sign of life, and what it makes of those of others.

mod heartbeat;
mod orphaned_processes;
mod orphaned_runs;
mod overlap;
mod reconcile;
mod signs_of_life;
mod takeover;

pub(super) use heartbeat::{Heartbeat, LostRun, patience, pulse};
pub(super) use orphaned_processes::{left_behind, mark_of};
pub(super) use orphaned_runs::OrphanedRuns;
pub(super) use overlap::{Pace, ask_repeatedly};
pub(super) use reconcile::reconcile;
pub(super) use signs_of_life::WIDEST_GAP;
pub(super) use takeover::{Takeover, TakeoverResult};
