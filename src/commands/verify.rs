//! `sweep verify TRIAL`: what has changed since a trial ran, and how to get back to where it was.
//!
//! Code, config, point and files count. Host and version are reported, and do not: a trial may be checked from anywhere.

use std::path::Path;

use itertools::Itertools as _;
use serde::Serialize;

use super::shared::{
    CommandFailure, Context, Exit, Format, FoundTrial, Setting, TrialChoice, find_trial, host, print_json,
    read_file,
};
use crate::agent::{TOO_LARGE, changes_hash};
use crate::config;
use crate::config::command::quoted;
use crate::process::{GitState, below_top, commits_apart, git_state, is_tracked};
use crate::query::{propose_again, shown_command};
use crate::record::{Code, Sweep, fingerprint, index_of, point_of, tags};
use crate::tracking::{ErrorKind, Run};
use crate::trial::TrialIndex;
use crate::ui::{CheckLine, CheckMark, check_list, words};

/// What was typed.
#[derive(Debug, Clone)]
pub struct VerifyArgs {
    /// Which trial.
    pub trial: TrialChoice,
    /// Print the changes that the trial ran with, for `git apply`, and nothing else.
    pub diff: bool,
    /// How the findings are printed.
    pub format: Format,
}

/// How something stands, compared with then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum VerifyState {
    Same,
    Changed,
    Unknown,
}

/// Something that is compared.
#[derive(Debug, Clone, Serialize)]
struct Compared {
    check: &'static str,
    state: VerifyState,
    then: Option<String>,
    now: Option<String>,
    /// In words.
    found: String,
    /// Whether a change of it makes the trial another experiment.
    counts: bool,
}

/// All that was found, for programs.
#[derive(Debug, Serialize)]
struct Verified {
    trial: Option<TrialIndex>,
    run_id: String,
    sweep_id: String,
    /// Whether nothing that counts has changed.
    same: bool,
    checks: Vec<Compared>,
    /// Commands that lead back to the code of then.
    back: Vec<String>,
    /// What the trial ran.
    command: Option<String>,
}

/// Says what has changed; ends with 1 where something has.
///
/// # Errors
/// Where there is no such trial, or it belongs to no sweep; and as the store's.
pub async fn verify(setting: &Setting, args: &VerifyArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let found = find_trial(&context, &args.trial).await?;
    if args.diff {
        return print_diff(&context, &found).await;
    }
    let title = found.title();
    let run = found.run.clone();
    let (sweep, config) = found.into_sweep()?;
    let git = git_state(&context.folder).unwrap_or_else(|slow| {
        context.ui.warn(&format!("git: {slow}"));
        None
    });
    let mut checks = vec![commit(&context.folder, &run, git.as_ref()), changes(&run, git.as_ref())];
    checks.push(config_file(&context.folder, &sweep));
    checks.push(fingerprint_now(&sweep, &run, git.as_ref()));
    checks.push(point(&context, &sweep, &config, &run).await?);
    let command = shown_command(&sweep, &config, &run);
    checks.push(files(&context.folder, command.as_deref().unwrap_or_default(), git.is_some()));
    checks.push(told("host", run.tag(tags::HOST), Some(host())));
    checks.push(told("version", run.tag(tags::VERSION), Some(env!("CARGO_PKG_VERSION").to_owned())));
    let same = !checks.iter().any(|check| check.counts && check.state == VerifyState::Changed);
    let verified = Verified {
        trial: index_of(&run),
        run_id: run.info.id.to_string(),
        sweep_id: sweep.id().to_string(),
        same,
        back: way_back(&context.folder, &run, &checks, config.git_diff),
        checks,
        command,
    };
    match args.format {
        Format::Json => print_json(&setting.ui, &verified),
        Format::Table => setting.ui.print(&in_words(setting, &verified, &title)),
    }
    Ok(if same { Exit::Done } else { Exit::WorkFailed })
}

async fn print_diff(context: &Context, found: &FoundTrial) -> Result<Exit, CommandFailure> {
    match context.store.artifact(&found.run.info, tags::GIT_DIFF_ARTIFACT).await {
        Ok(patch) => {
            context.ui.data_bytes(&patch);
            Ok(Exit::Done)
        }
        Err(error) if error.kind == ErrorKind::NotFound => {
            Err(CommandFailure::new(Exit::WorkFailed, format!("{} has kept no changes", found.title())).hint(
                "It ran with the files of its commit, outside of a repository, with too many changes, or with `git_diff: false`.",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

fn compared(check: &'static str, state: VerifyState, found: impl Into<String>) -> Compared {
    Compared { check, state, then: None, now: None, found: found.into(), counts: true }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn commit(folder: &Path, run: &Run, git: Option<&GitState>) -> Compared {
    let then = run.tag(tags::GIT_COMMIT);
    let now = git.map(|git| git.commit.as_str());
    let (state, found) = match (then, now) {
        (None, _) => (VerifyState::Unknown, "the trial did not run in a git repository".to_owned()),
        (Some(then), None) => {
            (VerifyState::Unknown, format!("{} then; this folder is in no repository", short(then)))
        }
        (Some(then), Some(now)) if then == now => (VerifyState::Same, short(then).to_owned()),
        (Some(then), Some(now)) => {
            let apart = match commits_apart(folder, then, now) {
                None => "this repository does not have it: try git fetch".to_owned(),
                Some((ahead, 0)) => format!("{} later", words::count(ahead, "commit")),
                Some((0, behind)) => format!("{} earlier", words::count(behind, "commit")),
                Some((ahead, behind)) => {
                    let other = words::count(behind, "other");
                    format!("on another line: {} here, {other} there", words::count(ahead, "commit"))
                }
            };
            (VerifyState::Changed, format!("{} then, {} now ({apart})", short(then), short(now)))
        }
    };
    let (then, now) = (then.map(str::to_owned), now.map(str::to_owned));
    Compared { then, now, ..compared("commit", state, found) }
}

fn changes(run: &Run, git: Option<&GitState>) -> Compared {
    let dirty = run.tag(tags::GIT_DIRTY).map(|dirty| dirty == "true");
    let then = run.tag(tags::GIT_DIFF_SHA256).map(str::to_owned);
    let now = git.and_then(|git| changes_hash(&git.changes));
    let (state, found) = match (dirty, git, &then, &now) {
        (None, ..) | (_, None, ..) => (VerifyState::Unknown, "not recorded for both".to_owned()),
        (Some(false), Some(git), _, None) if git.is_dirty() => {
            (VerifyState::Changed, "nothing uncommitted then, changes now".to_owned())
        }
        (Some(false), _, _, None) => (VerifyState::Same, "nothing uncommitted, then and now".to_owned()),
        (Some(false), ..) => (VerifyState::Changed, "nothing uncommitted then, changes now".to_owned()),
        (Some(true), Some(git), None, None) if git.is_dirty() => {
            (VerifyState::Unknown, "uncommitted changes then and now, in files that are not kept".to_owned())
        }
        (Some(true), _, _, None) => {
            (VerifyState::Changed, "changes then, nothing uncommitted now".to_owned())
        }
        (Some(true), _, Some(then), Some(now)) if then == TOO_LARGE || now == TOO_LARGE => {
            (VerifyState::Unknown, "too many to be compared".to_owned())
        }
        (Some(true), _, then, now) if then == now => {
            (VerifyState::Same, "the same uncommitted changes".to_owned())
        }
        (Some(true), ..) => (VerifyState::Changed, "the uncommitted changes differ".to_owned()),
    };
    Compared { then, now, ..compared("changes", state, found) }
}

/// The file that the sweep was made from, where this folder has one of that path.
fn config_file(folder: &Path, sweep: &Sweep) -> Compared {
    let Some(typed) = sweep.parent.tag(tags::CONFIG_FILE) else {
        return compared(
            "config",
            VerifyState::Unknown,
            "the sweep does not record which file it was made from",
        );
    };
    let Ok(bytes) = read_file(&folder.join(typed)) else {
        return compared(
            "config",
            VerifyState::Unknown,
            format!("{typed} is not here; the sweep keeps its own copy"),
        );
    };
    let then = config::canonical(&sweep.config);
    match config::canonical(&bytes) {
        now if now.is_some() && now == then => compared("config", VerifyState::Same, typed),
        _ => compared("config", VerifyState::Changed, format!("{typed} has changed")),
    }
}

fn fingerprint_now(sweep: &Sweep, run: &Run, git: Option<&GitState>) -> Compared {
    let Some(then) = run.tag(tags::FINGERPRINT) else {
        return compared("fingerprint", VerifyState::Unknown, "the trial has none");
    };
    let config = config::canonical(sweep.config_of(run)).unwrap_or_default();
    let commit = git.map_or("", |git| git.commit.as_str());
    let changes = git.and_then(|git| changes_hash(&git.changes));
    let now = fingerprint(&config, &point_of(run), Code { commit, changes: changes.as_deref() });
    let (state, found) = match then == now {
        true => (VerifyState::Same, now.clone()),
        false => (VerifyState::Changed, format!("{then} then, {now} now")),
    };
    Compared { then: Some(then.to_owned()), now: Some(now), ..compared("fingerprint", state, found) }
}

/// Whether this version proposes the point again.
async fn point(
    context: &Context,
    sweep: &Sweep,
    config: &config::Config,
    run: &Run,
) -> Result<Compared, CommandFailure> {
    let Some(trial) = index_of(run) else {
        return Ok(compared("point", VerifyState::Unknown, "the run is not a trial"));
    };
    let again = match propose_again(&context.store, sweep, config, trial).await.map_err(CommandFailure::from)
    {
        Ok(again) => again,
        Err(failure) if failure.exit == Exit::Tracking => return Err(failure),
        Err(failure) => return Ok(compared("point", VerifyState::Unknown, failure.message)),
    };
    let then = words::point(&point_of(run));
    let now = again.proposal.as_ref().map(|proposal| words::point(&proposal.point));
    let (state, found) = match (again.is_the_same(), &now) {
        (true, _) => (VerifyState::Same, "config and seed give the same point".to_owned()),
        (false, Some(now)) => (VerifyState::Changed, format!("{then} then, {now} now")),
        (false, None) => (VerifyState::Changed, format!("{then} then, none now")),
    };
    Ok(Compared { then: Some(then), now, ..compared("point", state, found) })
}

/// The files that the command names: git reports changes in those alone that it knows.
fn files(folder: &Path, command: &str, in_repository: bool) -> Compared {
    let clean = |word: &str| word.trim_matches(['\'', '"', ';', '(', ')']).to_owned();
    let is_here = |word: &String| Path::new(word).is_relative() && folder.join(word).is_file();
    let named = command.split_whitespace().map(clean).filter(is_here).sorted().dedup().collect_vec();
    if named.is_empty() {
        return compared("files", VerifyState::Same, "the command names no file in this folder");
    }
    let unknown: Vec<&str> = named
        .iter()
        .filter(|file| !in_repository || !is_tracked(folder, Path::new(file)))
        .map(String::as_str)
        .collect();
    match unknown.as_slice() {
        [] => compared("files", VerifyState::Same, format!("tracked by git: {}", named.join(", "))),
        _ => compared(
            "files",
            VerifyState::Unknown,
            format!("not tracked by git, so changes cannot be seen: {}", unknown.join(", ")),
        ),
    }
}

/// What is reported and does not count.
fn told(check: &'static str, then: Option<&str>, now: Option<String>) -> Compared {
    let (state, found) = match (then, &now) {
        (Some(then), Some(now)) if then == now => (VerifyState::Same, now.clone()),
        (Some(then), Some(now)) => {
            (VerifyState::Changed, format!("{then} then, {now} now (not counted as a change)"))
        }
        _ => (VerifyState::Unknown, "not recorded for both".to_owned()),
    };
    Compared { then: then.map(str::to_owned), now, counts: false, ..compared(check, state, found) }
}

/// Commands that make a work tree beside this one in which the code is as it was. Nothing here is touched.
fn way_back(folder: &Path, run: &Run, checks: &[Compared], kept: bool) -> Vec<String> {
    let moved = |check: &&Compared| {
        ["commit", "changes"].contains(&check.check) && check.state == VerifyState::Changed
    };
    let hex = |hash: &&str| hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (Some(commit), true) =
        (run.tag(tags::GIT_COMMIT).filter(hex), checks.iter().any(|check| moved(&check)))
    else {
        return Vec::new();
    };
    let below = below_top(folder).unwrap_or_default();
    // Beside the top of the work tree, wherever below it one stands.
    let depth = below.matches('/').count();
    let top = folder.ancestors().nth(depth).and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    // Of a name such as `trial-0003 lr=0.1` the number says enough.
    let trial = run.info.name.split(' ').next().unwrap_or_default();
    let name = format!("{top}-{trial}");
    let plain = |c: char| !c.is_alphanumeric() && !"-_.".contains(c);
    let tree = format!("{}{}", "../".repeat(depth + 1), name.replace(plain, "-"));
    let mut back = vec![format!("git worktree add --detach {tree} {commit}")];
    let hash = run.tag(tags::GIT_DIFF_SHA256);
    if kept && run.tag(tags::GIT_DIRTY) == Some("true") && hash.is_some_and(|hash| hash != TOO_LARGE) {
        back.push(format!("sweep verify {} --diff | git -C {tree} apply", run.info.id));
    }
    back.push(format!("cd {}", quoted(format!("{tree}/{below}").trim_end_matches('/'))));
    back
}

fn in_words(setting: &Setting, verified: &Verified, title: &str) -> String {
    let line = |check: &Compared| CheckLine {
        mark: match check.state {
            VerifyState::Same => CheckMark::Same,
            VerifyState::Changed => CheckMark::Changed,
            VerifyState::Unknown => CheckMark::Unknown,
        },
        label: check.check.to_owned(),
        text: check.found.clone(),
        advice: None,
    };
    let lines: Vec<CheckLine> = verified.checks.iter().map(line).collect();
    let unknown = verified.checks.iter().any(|check| check.counts && check.state == VerifyState::Unknown);
    let mut text = check_list(&setting.ui, &lines);
    text.push_str(&match (verified.same, unknown) {
        (true, false) => format!("Nothing has changed since {title} ran (run {}).\n", verified.run_id),
        (true, true) => {
            format!("Nothing that can be checked has changed since {title} ran (run {}).\n", verified.run_id)
        }
        (false, _) => format!("Something has changed since {title} ran (run {}).\n", verified.run_id),
    });
    if !verified.back.is_empty() {
        text.push_str("\nTo get its code back, in a folder next to this one:\n");
        for command in &verified.back {
            text.push_str(&format!("  {command}\n"));
        }
        if let Some(command) = &verified.command {
            text.push_str(&format!("It ran: {}\n", command.escape_debug()));
        }
    }
    text
}
