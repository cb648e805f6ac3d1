//! A program that is run for what it prints, within a time.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use super::child::{Child, ChildSpec, CommandExit};
use super::guard::Guard;
use super::spawn_error::SpawnError;

/// What came of a brief run.
#[derive(Debug)]
pub struct BriefRun {
    /// What it printed, output and errors in their order; no more than was to be kept.
    pub output: Vec<u8>,
    /// How it ended; `None`: it took too long, and was killed with all that it had started.
    pub exit: Option<CommandExit>,
}

/// Runs a program with no input. After `limit` it is killed with its group; more than `most` bytes are not kept.
///
/// Dropping the future does the same.
///
/// # Errors
/// Where it can't be started.
pub async fn run_briefly(spec: &ChildSpec, limit: Duration, most: usize) -> Result<BriefRun, SpawnError> {
    Ok(watch_briefly(Child::spawn(spec, None)?, limit, most).await)
}

/// The same with an input; the guard kills it should this program die.
///
/// # Errors
/// Where it can't be started, or its input can't be kept.
pub async fn run_briefly_on(
    spec: &ChildSpec,
    input: &[u8],
    guard: Option<Arc<Guard>>,
    limit: Duration,
    most: usize,
) -> Result<BriefRun, SpawnError> {
    let stdin = file_of(input).map_err(|source| SpawnError {
        program: spec.argv.first().cloned().unwrap_or_default(),
        folder: spec.folder.clone().unwrap_or_default(),
        source,
    })?;
    Ok(watch_briefly(Child::spawn_with(spec, stdin, guard)?, limit, most).await)
}

/// A file without a name: nobody has to read it, and it can be read as slowly as the program likes.
fn file_of(input: &[u8]) -> io::Result<Stdio> {
    let mut file: File = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    Ok(file.into())
}

async fn watch_briefly(mut child: Child, limit: Duration, most: usize) -> BriefRun {
    let mut output = Vec::new();
    let watched = child.watch(|bytes| {
        let room = most.saturating_sub(output.len()).min(bytes.len());
        output.extend_from_slice(bytes.get(..room).unwrap_or_default());
    });
    let watched = tokio::time::timeout(limit, watched).await;
    let exit = match watched {
        Ok(Ok(exit)) => Some(exit),
        // The system does not know how it ended.
        Ok(Err(_)) => Some(CommandExit::NotStarted),
        Err(_) => None,
    };
    BriefRun { output, exit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::OwnerMark;

    fn shell(text: &str) -> ChildSpec {
        ChildSpec {
            argv: vec!["sh".into(), "-c".into(), text.into()],
            env_remove: Vec::new(),
            env: Vec::new(),
            folder: None,
            mark: OwnerMark::of(&["a brief run", text]),
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn output_and_errors_are_kept_up_to_a_length() {
        let run = run_briefly(&shell("echo out; echo err >&2; exit 2"), LONG, 100).await.unwrap();
        assert_eq!((run.output.as_slice(), run.exit), (&b"out\nerr\n"[..], Some(CommandExit::Exited(2))));
        let long = run_briefly(&shell("head -c 1000000 /dev/zero"), LONG, 10).await.unwrap();
        assert_eq!((long.output.len(), long.exit), (10, Some(CommandExit::Exited(0))));
    }

    #[tokio::test]
    async fn an_input_is_read_to_its_end() {
        let large = "x".repeat(1 << 20);
        let run = run_briefly_on(&shell("wc -c"), large.as_bytes(), None, LONG, 100).await.unwrap();
        assert_eq!(String::from_utf8(run.output).unwrap().trim(), (1 << 20).to_string());
        // Who reads nothing ends well, too.
        let run = run_briefly_on(&shell("true"), large.as_bytes(), None, LONG, 100).await.unwrap();
        assert_eq!(run.exit, Some(CommandExit::Exited(0)));
    }

    #[tokio::test]
    async fn who_takes_too_long_is_killed_with_all_that_it_started() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!("sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait", file.path().display());
        let run = run_briefly(&shell(&text), Duration::from_millis(500), 100).await.unwrap();
        assert_eq!(run.exit, None);
        let pid = std::fs::read_to_string(file.path()).unwrap();
        while std::fs::read(format!("/proc/{}/environ", pid.trim())).is_ok_and(|text| !text.is_empty()) {
            tokio::task::yield_now().await;
        }
    }
}
