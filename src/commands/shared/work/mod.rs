//! Working on a sweep: an agent of this machine, from what was typed to what it prints at its end.

mod args;
mod assemble;
mod engine;
mod hand_over;
mod one_machine;
mod words;
mod work_on;
pub mod workdir;

pub use args::{Allocation, WorkArgs};
pub use assemble::{GUARD, assemble, assemble_to_ask};
pub use work_on::work_on;
