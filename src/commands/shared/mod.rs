//! What several verbs are made of: their context, their one error, the choice of a sweep or trial, and the works that
//! `start` is composed of.
//!
//! Names no verb.

mod answers;
mod conclude;
mod confirmed;
mod context;
mod create;
mod exit;
mod failing;
mod failure;
mod format;
mod importance;
pub mod launching;
mod load;
mod log_place;
mod loopback;
mod names;
mod namesakes;
mod overview_words;
mod pin;
mod preview;
mod priors;
mod progress;
mod reliability;
mod report_material;
mod report_place;
mod results;
mod select;
mod signals;
mod sweep_files;
pub mod work;
pub mod workspace;

pub use answers::AnsweringAgents;
pub use conclude::{Conclusion, conclude};
pub use confirmed::{confirmed_headline, confirmed_sentences};
pub use context::{
    Backend, Context, DEFAULT_URI, Setting, SweepChoice, host, refuse_workspace, this_machine,
    unknown_scheme, without_login,
};
pub use create::create;
pub use exit::Exit;
pub use failing::{print_failures, tell_failures};
pub use failure::CommandFailure;
pub use format::{AnswerFormat, Format, print_csv, print_json, print_sheet, status_cell};
pub use importance::print_importance;
pub use load::{checked, load_file, load_sweep, name_of, read_file, refuse_half, sweep_run};
pub use log_place::{LogPlace, elsewhere, live_file, log_place};
pub use loopback::is_loopback;
pub use overview_words::{counts_words, deleted_words};
pub use pin::{Pin, check_pin};
pub use preview::{Sampler, seed_of, summary};
pub use progress::{progress, warn_of_left_out};
pub use reliability::{noise_words, tell_reported};
pub use report_material::ReportMaterial;
pub use report_place::{Delivery, ReportLocation, open_report, report_place, write_report};
pub use select::{FoundTrial, TrialChoice, find_trial};
pub use signals::{Signals, asked_to_end, not_heard};
pub use sweep_files::sweep_files;
