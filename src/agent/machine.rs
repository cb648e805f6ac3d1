//! The machine that an agent works on.

use std::sync::Arc;

use super::processes::{Processes, SystemProcesses};
use super::tasks::{RuntimeTasks, Tasks};
use crate::process::{Clock, Guard};

/// What an agent touches besides the store and its own files.
#[derive(Clone)]
pub struct AgentMachine {
    /// Its processes.
    pub processes: Arc<dyn Processes>,
    /// What runs side by side.
    pub tasks: Arc<dyn Tasks>,
    /// Its wall clock.
    pub clock: Clock,
}

impl AgentMachine {
    /// This machine; the guard kills what the commands started should this program die.
    #[must_use]
    pub fn this(guard: Option<Arc<Guard>>) -> Self {
        Self {
            processes: Arc::new(SystemProcesses::new(guard)),
            tasks: Arc::new(RuntimeTasks),
            clock: Clock::system(),
        }
    }
}
