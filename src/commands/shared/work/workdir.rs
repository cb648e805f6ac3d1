//! Where a sweep's command runs, and whether what it names is there.

use std::path::{Path, PathBuf};

use super::super::context::{Context, host};
use super::super::exit::Exit;
use super::super::failure::CommandFailure;
use crate::agent::Outcome;
use crate::config::{Command, Config};
use crate::process::{CommandExit, why_not_started};
use crate::record::{Sweep, tags};

/// Where a command runs.
pub struct WorkingDirectory {
    /// The directory.
    pub folder: PathBuf,
    /// Why the command may well find nothing there to run.
    pub misplaced: Option<String>,
}

/// Where the command of a sweep runs when an agent is started here: its `workdir`, else here.
pub fn place(context: &Context, sweep: &Sweep, config: &Config) -> Result<WorkingDirectory, CommandFailure> {
    let made_in = made_in(sweep);
    let folder = folder(&context.folder, made_in, config.workdir.as_deref());
    if !folder.is_dir() {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("the command's directory does not exist on this machine: {}", folder.display()),
        )
        .hint("Create it, or correct `workdir` in the config and initialize the sweep again."));
    }
    let misplaced = made_in.and_then(|made_in| misplaced(&folder, made_in, &config.command));
    Ok(WorkingDirectory { folder, misplaced })
}

/// The directory in which the command runs by the config's own word.
pub fn named(context: &Context, sweep: &Sweep, config: &Config) -> Option<PathBuf> {
    let workdir = config.workdir.as_deref()?;
    Some(folder(&context.folder, made_in(sweep), Some(workdir)))
}

/// Where the sweep was made, if that was on this machine.
fn made_in(sweep: &Sweep) -> Option<&Path> {
    let here = sweep.parent.tag(tags::HOST) == Some(host().as_str());
    sweep.parent.tag(tags::FOLDER).filter(|_| here).map(Path::new)
}

/// A relative `workdir` counts from where the sweep was made; on another machine from where the agent was started.
fn folder(started_in: &Path, made_in: Option<&Path>, workdir: Option<&str>) -> PathBuf {
    match workdir {
        None => started_in.to_owned(),
        Some(workdir) => made_in.filter(|folder| folder.is_dir()).unwrap_or(started_in).join(workdir),
    }
}

/// Says so where the command names a file that lies where the sweep was made, and not where the command runs.
fn misplaced(folder: &Path, made_in: &Path, command: &Command) -> Option<String> {
    let same = |one: &Path, other: &Path| one.canonicalize().ok() == other.canonicalize().ok();
    if same(folder, made_in) {
        return None;
    }
    let words: Vec<&str> = match command {
        Command::Shell(text) => text.split_whitespace().collect(),
        Command::Argv(words) => words.iter().map(String::as_str).collect(),
    };
    let clean = |word: &str| word.trim_matches(['\'', '"', ';', '(', ')', '&']).to_owned();
    let mut files = words.into_iter().map(clean).filter(|word| {
        !word.is_empty()
            && Path::new(word).is_relative()
            && made_in.join(word).is_file()
            && !folder.join(word).exists()
    });
    let file = files.next()?;
    Some(format!(
        "this sweep was made in {}; its command runs in {}, where `{file}` is missing",
        made_in.display(),
        folder.display()
    ))
}

/// What to do where the first trial has shown that the command cannot run here.
pub fn advice(place: &WorkingDirectory, command: &Command, outcome: &Outcome) -> String {
    if let Some(why) = &place.misplaced {
        return format!("{why}. Start the agent there, or set `workdir:` in the config.");
    }
    let program = match command {
        Command::Shell(text) => text.split_whitespace().next().unwrap_or_default(),
        Command::Argv(words) => words.first().map_or("", String::as_str),
    };
    // A word that the shell itself would have to take apart is left to its own message above.
    let plain = program.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c));
    let seen = Some(program).filter(|_| plain).and_then(|program| why_not_started(program, &place.folder));
    let why = seen.unwrap_or_else(|| match outcome.ended {
        CommandExit::Exited(126) => {
            "126 is the exit code for a program that is found and cannot be run.".to_owned()
        }
        _ => "127 is the exit code for a program that is not found: see the message above.".to_owned(),
    });
    format!("{why} The command runs in {}.", place.folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_workdir_counts_from_where_the_sweep_was_made_if_that_is_on_this_machine() {
        let made = tempfile::tempdir().unwrap();
        let (here, made) = (Path::new("/here"), made.path());
        assert_eq!(folder(here, Some(made), None), here);
        assert_eq!(folder(here, Some(made), Some("train")), made.join("train"));
        assert_eq!(folder(here, None, Some("train")), Path::new("/here/train"));
        assert_eq!(folder(here, Some(Path::new("/gone")), Some("train")), Path::new("/here/train"));
        assert_eq!(folder(here, Some(made), Some("/data/train")), Path::new("/data/train"));
    }

    #[test]
    fn a_file_that_lies_only_where_the_sweep_was_made_is_missed() {
        let (made, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (made, other) = (made.path(), other.path());
        std::fs::write(made.join("train.py"), "").unwrap();
        let shell = |text: &str| Command::Shell(text.to_owned());
        let argv = Command::Argv(vec!["python".into(), "train.py".into()]);
        for command in [shell("python 'train.py' --lr ${lr}"), shell("(./train.py)"), argv] {
            let why = misplaced(other, made, &command).unwrap();
            assert!(why.contains("train.py` is missing") && why.contains("made in"), "{why}");
            assert_eq!(misplaced(made, made, &command), None);
        }
        for command in [shell("python other.py"), shell("python --version"), shell("/bin/true")] {
            assert_eq!(misplaced(other, made, &command), None);
        }
        std::fs::write(other.join("train.py"), "").unwrap();
        assert_eq!(misplaced(other, made, &shell("python train.py")), None);
    }
}
