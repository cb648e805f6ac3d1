//! The working folder: what git knows of it, and what `.sweep` keeps.

use super::CheckResult;
use crate::commands::shared::workspace::{LatestSweep, refused, waiting};
use crate::commands::shared::{DEFAULT_URI, Setting};
use crate::process::{Changes, git_state};
use crate::ui::words;

/// Looks at the working folder.
pub(super) fn look(setting: &Setting) -> Vec<CheckResult> {
    vec![git(setting), own(setting)]
}

fn git(setting: &Setting) -> CheckResult {
    let state = match git_state(&setting.folder) {
        Ok(state) => state,
        Err(slow) => {
            return CheckResult::warn(
                "git",
                format!("git: {slow}"),
                "Trials do not record their code: run `git status` here, and see what it waits for.",
            );
        }
    };
    let Some(state) = state else {
        return CheckResult::warn(
            "git",
            "this folder is not in a git repository with a commit, or git is not installed",
            "Trials do not record which code they ran: git init, git add, git commit.",
        );
    };
    let commit = state.commit.get(..12).unwrap_or(&state.commit);
    let at = match &state.branch {
        Some(branch) => format!("{commit} on {branch}"),
        None => format!("{commit}, on no branch"),
    };
    let left_out = match state.left_out.as_slice() {
        [] => String::new(),
        files => format!("; those of {} are left out, since they may hold secrets", files.join(", ")),
    };
    match state.changes {
        Changes::None if state.is_dirty() => {
            CheckResult::ok("git", format!("{at}, with changes that trials do not keep{left_out}"))
        }
        Changes::None => CheckResult::ok("git", format!("{at}, nothing uncommitted")),
        Changes::Patch(_) => CheckResult::ok(
            "git",
            format!("{at}, with changes, which each trial keeps as git.diff{left_out}"),
        ),
        Changes::TooLarge => CheckResult::warn(
            "git",
            format!("{at}, with more than 4 MiB of changes"),
            "They are too many to be kept with each trial: commit them.",
        ),
    }
}

/// What `.sweep` keeps.
fn own(setting: &Setting) -> CheckResult {
    let refused = refused(&setting.folder);
    if let Some(first) = refused.first() {
        let results = words::count(refused.len() as u64, "result");
        return CheckResult::warn(
            "folder",
            format!("{results} refused by the store for good and set aside, such as {}", first.display()),
            "Look into the files: what they hold is not in the store. Delete them when you no longer need them.",
        );
    }
    let waiting = waiting(&setting.folder);
    if let Some((sweep, _)) = waiting.first() {
        let all = waiting.iter().map(|(_, number)| number).sum();
        let results = words::count(all, "result");
        return CheckResult::warn(
            "folder",
            format!(
                "{results} of {} could not be delivered yet",
                words::count(waiting.len() as u64, "sweep")
            ),
            format!("Deliver them from here: sweep run --sweep-id={sweep}"),
        );
    }
    let Some(latest) = LatestSweep::load(&setting.folder) else {
        return CheckResult::ok("folder", "no sweep was initialised here yet");
    };
    let shown = latest.sweep_id.get(..8).unwrap_or(&latest.sweep_id);
    let uri = setting.tracking_uri.as_deref().unwrap_or(DEFAULT_URI);
    let same_kind = latest.tracking_uri.split(':').next() == uri.split(':').next();
    if !same_kind {
        return CheckResult::warn(
            "folder",
            format!(
                "sweep {shown} was made here last, in {}, but the present store is another",
                latest.tracking_uri
            ),
            format!("If you mean that one: export MLFLOW_TRACKING_URI={}", latest.tracking_uri),
        );
    }
    CheckResult::ok("folder", format!("sweep {shown} was made here last; nothing waits to be delivered"))
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;
    use crate::ui::Ui;

    #[test]
    fn results_that_were_set_aside_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let setting = Setting {
            ui: Ui::detect(true),
            folder: folder.path().to_path_buf(),
            tracking_uri: None,
            columns: Vec::new(),
        };
        assert_eq!(own(&setting).state, CheckState::Ok);
        let journal = folder.path().join(".sweep/journal/0123");
        std::fs::create_dir_all(&journal).unwrap();
        std::fs::write(journal.join("r1.json.refused"), "{}").unwrap();
        let found = own(&setting);
        assert_eq!(found.state, CheckState::Warn);
        assert!(
            found.found.starts_with("1 result refused") && found.found.ends_with("r1.json.refused"),
            "{found:?}"
        );
    }
}
