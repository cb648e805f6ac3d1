//! Where a trial's code stands: looked at when the trial starts, but not for each of many short ones.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::agent::tasks::{Tasks, block};
use crate::process::{Changes, GitState, git_state};
use crate::record::{Code, fingerprint, sha256, tags};
use crate::space::Point;

/// A look is good for so long.
const FRESH: Duration = Duration::from_secs(1);
/// And for so many times what it cost, where the repository is large.
const WORTH: u32 = 50;

/// Stands for changes that are not kept.
pub const TOO_LARGE: &str = "too large";

/// Looks at the work tree. Clones share what they saw.
#[derive(Clone)]
pub struct Provenance {
    /// `None`: there is nothing to look at.
    folder: Option<PathBuf>,
    /// The canonical config.
    config: String,
    /// Whether the changes themselves are kept.
    keeps_changes: bool,
    latest: Arc<Mutex<Option<CodeReading>>>,
    /// `git` did not answer: it is not asked again.
    silent: Arc<AtomicBool>,
}

#[derive(Clone)]
struct CodeReading {
    at: Instant,
    cost: Duration,
    code: Arc<CodeState>,
}

/// How the code stood at one moment.
pub(in crate::agent) struct CodeState {
    git: Option<GitState>,
    /// SHA-256 of the patch, hex.
    changes: Option<String>,
    keeps_changes: bool,
}

impl Provenance {
    /// Of the work tree that holds `folder`; `None`: of none. `config` is canonical. Where changes are not kept, their
    /// hash is.
    #[must_use]
    pub fn new(folder: Option<PathBuf>, config: String, keeps_changes: bool) -> Self {
        Self { folder, config, keeps_changes, latest: Arc::default(), silent: Arc::default() }
    }

    /// For another version of the config.
    #[must_use]
    pub(in crate::agent) fn of_config(&self, config: String) -> Self {
        Self { config, ..self.clone() }
    }

    /// How the code stands; `warn` is called, once, where that can't be found out.
    pub(in crate::agent) async fn look(&self, tasks: &Arc<dyn Tasks>, warn: impl Fn(&str)) -> Arc<CodeState> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(latest) = latest
            && latest.at.elapsed() < FRESH.max(latest.cost * WORTH)
        {
            return latest.code;
        }
        let (folder, start) = (self.folder.clone(), Instant::now());
        let git = match folder.filter(|_| !self.silent.load(Ordering::Relaxed)) {
            None => None,
            Some(folder) => match block(tasks, move || git_state(&folder)).await {
                Some(Ok(git)) => git,
                Some(Err(slow)) => {
                    // Trials side by side may have asked at the same time.
                    if !self.silent.swap(true, Ordering::Relaxed) {
                        warn(&format!("git: {slow}; trials do not record commit and changes"));
                    }
                    None
                }
                None => None,
            },
        };
        let changes = git.as_ref().and_then(|git| changes_hash(&git.changes));
        let code = Arc::new(CodeState { git, changes, keeps_changes: self.keeps_changes });
        let look = CodeReading { at: Instant::now(), cost: start.elapsed(), code: Arc::clone(&code) };
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
        code
    }

    /// What a trial's run says of its code.
    pub(in crate::agent) fn tags(&self, code: &CodeState, point: &Point) -> Vec<(String, String)> {
        let commit = code.git.as_ref().map_or("", |git| git.commit.as_str());
        let print = fingerprint(&self.config, point, Code { commit, changes: code.changes.as_deref() });
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let mut all = vec![(tags::FINGERPRINT.to_owned(), print), (tags::VERSION.to_owned(), version)];
        if let Some(git) = &code.git {
            all.push((tags::GIT_COMMIT.to_owned(), git.commit.clone()));
            all.extend(git.branch.iter().map(|branch| (tags::GIT_BRANCH.to_owned(), branch.clone())));
            all.push((tags::GIT_DIRTY.to_owned(), git.is_dirty().to_string()));
            all.extend(code.changes.iter().map(|hash| (tags::GIT_DIFF_SHA256.to_owned(), hash.clone())));
            if !git.left_out.is_empty() {
                all.push((tags::GIT_LEFT_OUT.to_owned(), git.left_out.join(", ")));
            }
        }
        all
    }
}

/// A fingerprint of the changes: the SHA-256 of their patch, hex; `None`: there are none.
#[must_use]
pub fn changes_hash(changes: &Changes) -> Option<String> {
    match changes {
        Changes::None => None,
        Changes::Patch(patch) => Some(sha256(patch)),
        // Nothing that could be distinguished from other large changes.
        Changes::TooLarge => Some(TOO_LARGE.to_owned()),
    }
}

impl CodeState {
    /// The changes since the commit, where there are any that can be kept.
    pub(in crate::agent) fn patch(&self) -> Option<&[u8]> {
        match &self.git.as_ref()?.changes {
            Changes::Patch(patch) if self.keeps_changes => Some(patch),
            _ => None,
        }
    }
}
