//! Hooks: commands of the sweep file that are run beside the trials when something has happened, each with a JSON object on its
//! stdin. What comes of one changes no trial.

mod document;
mod reported;
mod run;
mod runner;

pub use reported::run_hooks_of_report;
pub(super) use runner::HookRunner;
