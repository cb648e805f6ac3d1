//! Child processes: spawned in a group of their own, watched, and ended as a whole.
//!
//! Owns the unsafe edge to the operating system. Refuses to know what a trial is: it is given a command line and an
//! environment, and returns what became of them.

mod aside;
mod ask;
mod brief_run;
mod child;
mod clock;
mod engine_call;
mod first_process;
mod git;
mod gpus;
mod guard;
mod machine;
mod opener;
mod orphans;
mod output;
mod program;
mod secret_files;
mod signals;
mod spawn_error;

pub use aside::aside;
pub use ask::ask_program;
pub use brief_run::{BriefRun, run_briefly, run_briefly_on};
pub use child::{Child, ChildSpec, CommandExit};
pub use clock::{Clock, now_ms};
pub use engine_call::{ProgramAnswer, call_program};
pub use first_process::{is_first_process, keep_as_first_process};
pub use git::{Changes, GitState, below_top, commits_apart, git_state, is_tracked};
pub use gpus::{list_gpus, parse_gpus};
pub use guard::{Guard, keep_guard};
pub use machine::machine_id;
pub use opener::open_for_person;
pub use orphans::{OwnerMark, end_abandoned};
pub use output::Tail;
pub use signals::{EndSignals, Suspensions, survive_file_size_limit};
pub use spawn_error::{SpawnError, SpawnErrorScope, machine_hint, why_not_started};
