//! Child processes: spawned in a group of their own, watched, and ended as a whole.
//!
//! Owns the unsafe edge to the operating system. Refuses to know what a trial is: it is handed a command line and an
//! environment, and tells what became of them.

mod child;
mod clock;
mod git;
mod gpus;
mod guard;
mod output;
mod secret_files;
mod signals;

pub use child::{Child, Ended, SpawnError, Spec};
pub use clock::now_ms;
pub use git::{Changes, GitState, below_top, commits_apart, git_state, is_tracked};
pub use gpus::{list_gpus, parse_gpus};
pub use guard::{Guard, keep_guard};
pub use output::Tail;
pub use signals::{EndSignals, survive_file_size_limit};
