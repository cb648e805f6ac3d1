//! A program that is run for what it prints, within a time.

use std::time::Duration;

use super::child::{Child, ChildSpec, CommandExit};
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
    let mut child = Child::spawn(spec, None)?;
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
    Ok(BriefRun { output, exit })
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
