//! The git state of the working directory, asked of `git` itself.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::ask::{Limit, ProgramOutput, TooSlow, ask, ask_for};
use super::secret_files::without_secrets;

/// A longer diff is not kept.
const LARGEST_DIFF: u64 = 4 << 20;
/// What all questions of one look may take: a repository on a slow disk must not hold up a trial.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where a work tree stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitState {
    /// Hash of the commit.
    pub commit: String,
    /// Name of the branch; `None`: a detached head.
    pub branch: Option<String>,
    /// How the files that git knows differ from the commit.
    pub changes: Changes,
    /// Changed files that most likely hold secrets: their changes are no part of [`changes`](Self::changes).
    pub left_out: Vec<String>,
}

impl GitState {
    /// Whether files that git knows differ from the commit.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.changes != Changes::None || !self.left_out.is_empty()
    }
}

/// How the files that git knows differ from the commit. Files that it does not know do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// They do not.
    None,
    /// As a patch that `git apply` takes.
    Patch(Vec<u8>),
    /// By more than is kept.
    TooLarge,
}

/// The state of the work tree that holds `folder`; `None` where there is none, no commit yet, or no `git`.
///
/// # Errors
/// Where `git` does not answer.
pub fn git_state(folder: &Path) -> Result<Option<GitState>, TooSlow> {
    state_within(folder, Limit::of(PATIENCE))
}

fn state_within(folder: &Path, limit: Limit) -> Result<Option<GitState>, TooSlow> {
    let Some((commit, branch)) = head(folder, limit)? else { return Ok(None) };
    let (changes, left_out) = match changes(folder, limit)? {
        Changes::Patch(patch) => match without_secrets(&patch) {
            (kept, left_out) if kept.is_empty() => (Changes::None, left_out),
            (kept, left_out) => (Changes::Patch(kept), left_out),
        },
        other => (other, Vec::new()),
    };
    Ok(Some(GitState { commit, branch, changes, left_out }))
}

fn head(folder: &Path, limit: Limit) -> Result<Option<(String, Option<String>)>, TooSlow> {
    let Some(answer) = git(folder, &["rev-parse", "HEAD", "--abbrev-ref", "HEAD"], limit)? else {
        return Ok(None);
    };
    let Ok(text) = String::from_utf8(answer.stdout) else { return Ok(None) };
    let mut lines = text.lines().map(str::to_owned);
    let commit = lines.next().filter(|line| line.len() >= 40);
    Ok(commit.map(|commit| (commit, lines.next().filter(|name| name != "HEAD"))))
}

/// Nothing is run that the repository's own settings name: no external diff, no text conversion, no monitor.
fn changes(folder: &Path, limit: Limit) -> Result<Changes, TooSlow> {
    let mut command = command(folder);
    command
        .args(["-c", "core.fsmonitor=false", "diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv"])
        // The same bytes for the same changes, in every clone and with every setting.
        .args(["--no-color", "--full-index", "--unified=3", "--diff-algorithm=myers"])
        .args(["--src-prefix=a/", "--dst-prefix=b/"]);
    Ok(match ask_for(command, limit, LARGEST_DIFF)? {
        Some(answer) if answer.cut => Changes::TooLarge,
        Some(answer) if answer.success && !answer.stdout.is_empty() => Changes::Patch(answer.stdout),
        _ => Changes::None,
    })
}

/// How many commits lie between two: those that only the second has, and those that only the first has. `None`: the
/// repository does not know one of them, or does not answer.
#[must_use]
pub fn commits_apart(folder: &Path, from: &str, to: &str) -> Option<(u64, u64)> {
    // What a tag holds must not be read as an option.
    let plain = |hash: &str| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !plain(from) || !plain(to) {
        return None;
    }
    let range = format!("{from}...{to}");
    let limit = Limit::of(PATIENCE);
    let text = git(folder, &["rev-list", "--left-right", "--count", &range], limit).ok()??.text();
    let (only_first, only_second) = text.trim().split_once('\t')?;
    Some((only_second.parse().ok()?, only_first.parse().ok()?))
}

/// Whether git knows a file.
#[must_use]
pub fn is_tracked(folder: &Path, file: &Path) -> bool {
    let mut asked = command(folder);
    asked.args(["ls-files", "--error-unmatch", "--"]).arg(file);
    matches!(ask(asked, Limit::of(PATIENCE)), Ok(Some(ProgramOutput { success: true, .. })))
}

/// The path from the top of the work tree to a folder, with `/` at its end; empty at the top.
#[must_use]
pub fn below_top(folder: &Path) -> Option<String> {
    let answer = git(folder, &["rev-parse", "--show-prefix"], Limit::of(PATIENCE)).ok()??;
    answer.success.then(|| answer.text().trim_end().to_owned())
}

fn git(folder: &Path, arguments: &[&str], limit: Limit) -> Result<Option<ProgramOutput>, TooSlow> {
    let mut command = command(folder);
    command.args(arguments);
    ask(command, limit)
}

fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    // A look must not take the lock that the person's own git wants.
    git.current_dir(folder).env("GIT_OPTIONAL_LOCKS", "0");
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as a busy machine needs.
    fn git_state(folder: &Path) -> Option<GitState> {
        state_within(folder, Limit::of(Duration::from_secs(60))).unwrap()
    }

    fn run(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let all: Vec<&str> = identity.iter().chain(arguments).copied().collect();
        let answer = git(folder, &all, Limit::of(Duration::from_secs(60))).unwrap().unwrap();
        assert!(answer.success, "{arguments:?}");
    }

    #[test]
    fn commit_branch_and_changes_are_those_of_the_work_tree() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        assert_eq!(git_state(here), None);
        run(here, &["init", "-q", "-b", "trunk"]);
        assert_eq!(git_state(here), None, "there is no commit yet");
        std::fs::write(here.join("train.py"), "a = 1\n").unwrap();
        run(here, &["add", "."]);
        run(here, &["commit", "-q", "-m", "first"]);
        let clean = git_state(here).unwrap();
        assert_eq!((clean.branch.as_deref(), &clean.changes), (Some("trunk"), &Changes::None));

        std::fs::write(here.join(".env"), "TOKEN=1\n").unwrap();
        run(here, &["add", ".env"]);
        let secret = git_state(here).unwrap();
        assert_eq!((&secret.changes, secret.left_out.as_slice()), (&Changes::None, &[".env".to_owned()][..]));
        assert!(secret.is_dirty() && !clean.is_dirty());
        run(here, &["rm", "-q", "-f", ".env"]);

        std::fs::write(here.join("notes.txt"), "git does not know this\n").unwrap();
        std::fs::write(here.join("train.py"), "a = 2\n").unwrap();
        let dirty = git_state(here).unwrap();
        let Changes::Patch(patch) = &dirty.changes else { panic!("{dirty:?}") };
        let patch = String::from_utf8(patch.clone()).unwrap();
        assert!(patch.contains("-a = 1\n+a = 2\n") && !patch.contains("notes"), "{patch}");
        assert_eq!(dirty.commit, clean.commit);
        for (key, value) in [("diff.noprefix", "true"), ("diff.context", "0"), ("core.abbrev", "5")] {
            run(here, &["config", key, value]);
        }
        assert_eq!(git_state(here).unwrap(), dirty, "a setting changes how changes are told");

        run(here, &["commit", "-q", "-a", "-m", "second"]);
        let second = git_state(here).unwrap().commit;
        assert_eq!(commits_apart(here, &clean.commit, &second), Some((1, 0)));
        assert_eq!(commits_apart(here, &second, &clean.commit), Some((0, 1)));
        assert_eq!(commits_apart(here, &"0".repeat(40), &second), None);
        assert_eq!(commits_apart(here, "--all", &second), None);
        assert!(is_tracked(here, Path::new("train.py")) && !is_tracked(here, Path::new("notes.txt")));
        std::fs::create_dir(here.join("sub")).unwrap();
        assert_eq!(
            (below_top(here).as_deref(), below_top(&here.join("sub")).as_deref()),
            (Some(""), Some("sub/"))
        );

        std::fs::write(here.join("train.py"), "x".repeat(5 << 20)).unwrap();
        assert_eq!(git_state(here).unwrap().changes, Changes::TooLarge);
    }
}
