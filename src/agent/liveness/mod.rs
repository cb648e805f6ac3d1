//! Who is alive: the agent's own sign of life, and what it makes of those of others.

mod heartbeat;
mod leftovers;
mod reconcile;
mod signs;
mod strays;
mod takeover;

pub(super) use heartbeat::{Heartbeat, Lost, patience, pulse};
pub(super) use leftovers::Leftovers;
pub(super) use reconcile::reconcile;
pub(super) use strays::{left_behind, mark_of};
pub(super) use takeover::{Look, Takeover};
