//! Other programs that are asked for something: none of them is waited for without end.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// More of an answer is not read where nothing else is said, bytes.
const LARGEST: u64 = 1 << 20;
/// What one question may take where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(5);
/// A program that has been killed, or has closed its output, ends within this time, or is left to itself.
const LAST: Duration = Duration::from_secs(1);

/// A program did not answer in time, and was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it does not answer within {} s", .0.as_secs_f64())]
pub struct TooSlow(pub Duration);

/// The time that several questions have together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    whole: Duration,
    end: Instant,
}

impl Limit {
    pub(super) fn of(whole: Duration) -> Self {
        Self { whole, end: Instant::now() + whole }
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

/// What a program answered.
#[derive(Debug, Default)]
pub(super) struct ProgramOutput {
    /// It ended with 0.
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    /// There was more than was to be read.
    pub(super) cut: bool,
}

impl ProgramOutput {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// What a program of these arguments prints, if it ends well within a few seconds.
#[must_use]
pub fn ask_program(program: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments);
    let answer = ask(command, Limit::of(PATIENCE)).ok()??;
    answer.success.then(|| answer.text())
}

/// Runs a program that prints its answer: no input, errors unseen, all of its processes ended when the time is over.
/// `Ok(None)`: it is not there.
pub(super) fn ask(command: Command, limit: Limit) -> Result<Option<ProgramOutput>, TooSlow> {
    ask_for(command, limit, LARGEST)
}

/// The same, of an answer that may have so many bytes.
pub(super) fn ask_for(
    mut command: Command,
    limit: Limit,
    largest: u64,
) -> Result<Option<ProgramOutput>, TooSlow> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let Ok(mut child) = command.spawn() else { return Ok(None) };
    let Some(stdout) = child.stdout.take() else { return Ok(None) };
    let (send, answer) = mpsc::channel();
    // A helper of the program that holds the pipe open keeps this thread, and nothing else.
    let reader = std::thread::Builder::new().name("answer".into()).spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(largest + 1).read_to_end(&mut bytes);
        let _ = send.send(read.map(|_| bytes));
    });
    if reader.is_err() {
        // The machine is out of processes: nobody would read.
        end(&mut child);
        return Ok(None);
    }
    let read = answer.recv_timeout(limit.left());
    let cut = matches!(&read, Ok(Ok(bytes)) if bytes.len() as u64 > largest);
    // A program may close its output and stay; one whose answer is long enough need not end by itself.
    let wait = if read.is_ok() && !cut { limit.left() } else { Duration::ZERO };
    let success = match wait_for(&mut child, wait) {
        Some(success) => success,
        None => {
            end(&mut child);
            if !cut {
                return Err(TooSlow(limit.whole));
            }
            false
        }
    };
    Ok(match read {
        Ok(Ok(mut stdout)) => {
            stdout.truncate(usize::try_from(largest).unwrap_or(usize::MAX));
            Some(ProgramOutput { success, stdout, cut })
        }
        _ => None,
    })
}

/// Ends a program with all that it has started.
fn end(child: &mut std::process::Child) {
    if let Ok(group) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = wait_for(child, LAST);
}

/// Whether a program ended well; `None`: it has not ended yet.
fn wait_for(child: &mut std::process::Child, patience: Duration) -> Option<bool> {
    let end = Instant::now() + patience;
    let mut pause = Duration::from_micros(100);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Err(_) => return Some(false),
            Ok(None) if Instant::now() >= end => return None,
            Ok(None) => std::thread::sleep(pause),
        }
        pause = (2 * pause).min(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn an_answer_is_what_was_printed_and_whether_it_went_well() {
        let limit = Limit::of(Duration::from_secs(60));
        let answer = ask(shell("echo yes; exit 3"), limit).unwrap().unwrap();
        assert_eq!((answer.text().as_str(), answer.success, answer.cut), ("yes\n", false, false));
        assert!(ask(shell("true"), limit).unwrap().unwrap().success);
        assert!(ask(Command::new("no-such-program"), limit).unwrap().is_none());
    }

    #[test]
    fn who_does_not_answer_is_killed_with_all_that_it_started() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!("sleep 1000 & echo $! > {}; wait", file.path().display());
        let limit = Limit::of(Duration::from_millis(300));
        assert_eq!(ask(shell(&text), limit).unwrap_err(), TooSlow(Duration::from_millis(300)));
        let pid = std::fs::read_to_string(file.path()).unwrap();
        while std::fs::read(format!("/proc/{}/environ", pid.trim())).is_ok_and(|text| !text.is_empty()) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn questions_share_their_time() {
        let limit = Limit::of(Duration::from_millis(200));
        ask(shell("sleep 0.1"), limit).unwrap();
        assert!(ask(shell("sleep 1000"), limit).is_err());
    }

    #[test]
    fn an_answer_that_is_too_long_is_cut() {
        let answer = ask_for(shell("yes"), Limit::of(Duration::from_secs(60)), 1000).unwrap().unwrap();
        assert_eq!((answer.stdout.len(), answer.cut), (1000, true));
    }
}
