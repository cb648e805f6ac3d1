//! A program that is called to submit something, to ask, or to cancel: given its input, and waited for.

use std::io::{self, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How a call ended.
#[derive(Debug, Clone)]
pub struct ProgramAnswer {
    /// It ended with 0.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

/// Calls a program with this input. One that does not end in time is killed.
///
/// # Errors
/// Where it cannot be started, or did not end in time.
pub fn call_program(argv: &[String], input: Option<&str>, patience: Duration) -> io::Result<ProgramAnswer> {
    let (program, arguments) =
        argv.split_first().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no program"))?;
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn()?;
    if let (Some(mut pipe), Some(text)) = (child.stdin.take(), input.map(str::to_owned)) {
        // One that does not read its input has its reasons, and says so.
        thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
    }
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let (tell, ended) = mpsc::channel();
    thread::spawn(move || drop(tell.send(child.wait())));
    let status = match ended.recv_timeout(patience) {
        Ok(status) => status?,
        Err(_) => {
            let _ = kill(pid, Signal::SIGKILL);
            let seconds = patience.as_secs();
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("it did not end within {seconds} s"),
            ));
        }
    };
    // What it has started may hold its output open.
    let text =
        |channel: mpsc::Receiver<String>| channel.recv_timeout(Duration::from_secs(2)).unwrap_or_default();
    Ok(ProgramAnswer { success: status.success(), stdout: text(out), stderr: text(err) })
}

fn read(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (tell, text) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = tell.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(script: &str, input: Option<&str>, patience: Duration) -> io::Result<ProgramAnswer> {
        call_program(&["sh", "-c", script].map(str::to_owned), input, patience)
    }

    #[test]
    fn a_program_is_given_its_input_and_answers() {
        let answer = call("cat; echo no >&2; exit 3", Some("text"), Duration::from_secs(30)).unwrap();
        assert_eq!((answer.success, answer.stdout.as_str(), answer.stderr.as_str()), (false, "text", "no\n"));
    }

    #[test]
    fn one_that_does_not_end_is_killed() {
        let error = call("exec sleep 100", None, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
