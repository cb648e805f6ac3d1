//! Working on a sweep: an agent of this machine, from what was typed to what it prints at its end.

mod args;
mod assemble;
mod hand_over;
mod one_machine;
mod words;
mod work_on;
pub mod workdir;

pub use args::WorkArgs;
pub use assemble::{GUARD, assemble};
pub use work_on::work_on;
