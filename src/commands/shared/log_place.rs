//! Where the output of a trial's command is.

use std::path::{Path, PathBuf};

use super::context::host;
use super::select::FoundTrial;
use super::workspace;
use crate::agent::live_log_name;
use crate::record::{LOG_ARTIFACT, tags};
use crate::tracking::{ArtifactEntry, Run};

/// Where the output of a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// Among the run's artifacts.
    Artifact,
    /// In a file of this machine.
    File(PathBuf),
    /// With its agent on another machine.
    Elsewhere,
    /// The command printed nothing, or what it printed is gone.
    Nowhere,
}

impl LogPlace {
    /// The artifact, or the file.
    pub fn path(&self) -> Option<String> {
        match self {
            Self::Artifact => Some(LOG_ARTIFACT.to_owned()),
            Self::File(path) => Some(path.display().to_string()),
            Self::Elsewhere | Self::Nowhere => None,
        }
    }

    /// For people.
    pub fn words(&self, found: &FoundTrial) -> String {
        let short = found.run.info.id.short();
        match self {
            Self::Artifact => format!("{LOG_ARTIFACT}: sweep logs {short}"),
            Self::File(path) => format!("{}: sweep logs -f {short}", path.display()),
            Self::Elsewhere => elsewhere(found),
            Self::Nowhere => "it printed nothing".to_owned(),
        }
    }
}

/// Where the output of a run is, given its artifacts.
pub fn log_place(run: &Run, artifacts: &[ArtifactEntry]) -> LogPlace {
    if artifacts.iter().any(|entry| entry.path == LOG_ARTIFACT) {
        return LogPlace::Artifact;
    }
    match live_file(run).filter(|path| path.exists()) {
        Some(path) => LogPlace::File(path),
        None if run.info.status.is_final() => LogPlace::Nowhere,
        None => LogPlace::Elsewhere,
    }
}

/// The file in which the agent of a run on this machine keeps its output while it runs.
pub fn live_file(run: &Run) -> Option<PathBuf> {
    if run.tag(tags::HOST) != Some(&host()) {
        return None;
    }
    let folder = run.tag(tags::FOLDER)?;
    Some(workspace::logs(Path::new(folder)).join(live_log_name(&run.info.id)))
}

/// Why the output of a running trial can't be read here.
pub fn elsewhere(found: &FoundTrial) -> String {
    let run = &found.run;
    match run.tag(tags::HOST) {
        Some(there) if there != host() => format!(
            "{} runs on {there}, where its output is until it is over: run `sweep logs` there, or wait.",
            found.title()
        ),
        _ => format!("the output of {} can't be read before it is over.", found.title()),
    }
}
