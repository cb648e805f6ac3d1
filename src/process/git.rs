//! The git state of the working directory, asked of `git` itself.

use std::path::Path;
use std::process::{Command, Stdio};

/// Where a work tree stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitState {
    /// Hash of the commit.
    pub commit: String,
    /// Name of the branch; `None`: a detached head.
    pub branch: Option<String>,
}

/// The state of the work tree that holds `folder`; `None` where there is none, no commit yet, or no `git`.
#[must_use]
pub fn git_state(folder: &Path) -> Option<GitState> {
    let output = Command::new("git")
        .args(["rev-parse", "HEAD", "--abbrev-ref", "HEAD"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines().map(str::to_owned);
    let commit = lines.next().filter(|line| line.len() >= 40)?;
    Some(GitState { commit, branch: lines.next().filter(|name| name != "HEAD") })
}
