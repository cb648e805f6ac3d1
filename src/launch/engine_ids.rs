//! Which agent of an engine this process is, by the engine's variables.

use itertools::Itertools as _;

/// Characters of an engine's ids that are kept.
const LONGEST: usize = 48;

/// The job of Slurm that this process is of, as `scontrol` takes it: an agent of an array by its task.
#[must_use]
pub fn slurm_job(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let own = variable("SLURM_JOB_ID")?;
    let task = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
    Some(task.map_or(own, |(job, task)| format!("{job}_{task}")))
}

/// What stands for this process in the engine, such as `slurm-12_3-r1`. Not unique: two copies of one task may live at
/// the same time. `None`: there is no engine.
#[must_use]
pub fn engine_id(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let id = if let Some(job) = slurm_job(variable) {
        let restarts = variable("SLURM_RESTART_COUNT").filter(|count| count != "0");
        format!("slurm-{job}{}", restarts.map_or_else(String::new, |count| format!("-r{count}")))
    } else if let Some(job) = variable("HQ_JOB_ID") {
        let more = ["HQ_TASK_ID", "HQ_INSTANCE_ID"].iter().filter_map(|name| variable(name));
        format!("hq-{}", std::iter::once(job).chain(more).join("."))
    } else if let Some(index) = variable("JOB_COMPLETION_INDEX") {
        format!("k8s-{index}")
    } else if let Some(task) = variable("SKYPILOT_TASK_ID") {
        let rank = variable("SKYPILOT_JOB_RANK").map_or_else(String::new, |rank| format!("-{rank}"));
        format!("{task}{rank}")
    } else {
        return None;
    };
    let kept = id
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' });
    Some(kept.take(LONGEST).collect())
}
