//! What an engine is given so that agents run on it: the text of a batch script or manifest, the words of a command line;
//! and what engines answer.
//!
//! Owns the differences between engines. Refuses all I/O: it turns what was asked for into text, and text into what was
//! answered. Agents are submitted, never trials: the ledger makes any number of them safe, whatever an engine does to them.

mod agent_command;
mod answer;
mod engine_ids;
mod hyperqueue;
mod kubernetes;
mod refusal;
mod request;
mod shell;
mod skypilot;
mod slurm;
mod step;
mod submission;

pub use answer::{count_of, job_of, processes_of};
pub use engine_ids::{engine_id, slurm_job};
pub use refusal::LaunchRefusal;
pub use request::{HostAgents, LaunchEngine, LaunchRequest, LaunchedProcess};
pub use shell::{alive_step, end_step, gpu_names};
pub use step::{Submission, SubmissionStep};
pub use submission::{cancel_step, count_step, scale_step, submission};

#[cfg(test)]
mod tests;
