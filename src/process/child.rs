//! One child process and its group.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::unix::pipe;

use super::guard::Guard;

/// How long output is still read after the command and its group are gone, in case a process left the group and
/// holds the pipe open.
const LAST_OUTPUT: Duration = Duration::from_millis(500);

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Program and arguments; not empty.
    pub argv: Vec<String>,
    /// Inherited variables to remove.
    pub env_remove: Vec<&'static str>,
    /// Variables to set.
    pub env: Vec<(String, OsString)>,
    /// Where it runs; `None`: here.
    pub folder: Option<PathBuf>,
}

/// Why a command did not start.
#[derive(Debug, thiserror::Error)]
#[error("`{program}` can't be started")]
pub struct SpawnError {
    /// The program.
    pub program: String,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an exit code.
    Exited(i32),
    /// By a signal.
    Signaled(i32),
}

impl Ended {
    /// Whether it ended well.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Exited(0)
    }

    /// The exit code; of a signal as shells give it, 128 + its number.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Signaled(signal) => 128 + signal,
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Signaled(signal) => match Signal::try_from(*signal) {
                Ok(name) => write!(f, "{name}"),
                Err(_) => write!(f, "signal {signal}"),
            },
        }
    }
}

/// A running command: the leader of a process group of its own. Dropping it kills the group.
pub struct Child {
    child: tokio::process::Child,
    group: Pid,
    output: pipe::Receiver,
    /// Kills the group should this process die.
    guard: Option<Arc<Guard>>,
    /// Set once the leader is reaped: its group id may then belong to somebody else.
    reaped: bool,
}

impl Child {
    /// Starts a command, with no input, and output and errors in one pipe, so that their order is kept.
    ///
    /// Must be called from a thread that lives as long as the child: on Linux the child is killed when the thread
    /// that started it ends, which is how no trial outlives an agent that was killed.
    ///
    /// # Errors
    /// Where the program is missing or may not be run.
    pub fn spawn(spec: &Spec, guard: Option<Arc<Guard>>) -> Result<Self, SpawnError> {
        let program = spec.argv.first().cloned().unwrap_or_default();
        Self::start(spec, &program, guard).map_err(|source| SpawnError { program, source })
    }

    fn start(spec: &Spec, program: &str, guard: Option<Arc<Guard>>) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let mut command = std::process::Command::new(program);
        command.args(spec.argv.iter().skip(1));
        for name in &spec.env_remove {
            command.env_remove(name);
        }
        command.envs(spec.env.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &spec.folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        die_with_parent(&mut command);
        let mut command = tokio::process::Command::from(command);
        let child = command.kill_on_drop(true).spawn()?;
        // The command holds the pipe's writing end: it must go, or the output would never end.
        drop(command);
        let id = child.id().ok_or_else(|| io::Error::other("the command ended before it began"))?;
        let group = Pid::from_raw(i32::try_from(id).map_err(io::Error::other)?);
        if let Some(guard) = &guard {
            guard.watch(group);
        }
        let output = pipe::Receiver::from_owned_fd(reader.into())?;
        Ok(Self { child, group, output, guard, reaped: false })
    }

    /// Waits until the command has ended, passing its output on as it comes. What it leaves behind of its group is
    /// killed then.
    ///
    /// May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// Where the system can't tell.
    pub async fn watch(&mut self, mut on_output: impl FnMut(&[u8])) -> io::Result<Ended> {
        let mut buffer = vec![0; 16 << 10];
        let mut open = true;
        let status = loop {
            tokio::select! {
                biased;
                ready = self.output.readable(), if open => {
                    ready?;
                    open = drain(&self.output, &mut buffer, &mut on_output)?;
                }
                status = self.child.wait() => break status?,
            }
        };
        self.signal_leftovers();
        self.reaped = true;
        if let Some(guard) = &self.guard {
            guard.release(self.group);
        }
        let rest = async {
            while open {
                self.output.readable().await?;
                open = drain(&self.output, &mut buffer, &mut on_output)?;
            }
            Ok::<_, io::Error>(())
        };
        if let Ok(read) = tokio::time::timeout(LAST_OUTPUT, rest).await {
            read?;
        }
        Ok(match status.code() {
            Some(code) => Ended::Exited(code),
            None => Ended::Signaled(status.signal().unwrap_or(Signal::SIGKILL as i32)),
        })
    }

    /// Asks the whole group to end.
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends the whole group at once.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    fn signal(&self, signal: Signal) {
        if !self.reaped {
            // It can only fail because the group is gone, which is what was wanted.
            let _ = killpg(self.group, signal);
        }
    }

    /// The group outlives its leader as long as it has members, and no new process gets its id until then.
    fn signal_leftovers(&self) {
        let _ = killpg(self.group, Signal::SIGKILL);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Passes on what is there to read; false at the end of the output.
fn drain(output: &pipe::Receiver, buffer: &mut [u8], on_output: &mut impl FnMut(&[u8])) -> io::Result<bool> {
    loop {
        match output.try_read(buffer) {
            Ok(0) => return Ok(false),
            Ok(length) => on_output(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt as _;

    let parent = nix::unistd::getpid();
    let in_child = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have died before the line above.
        if nix::unistd::getppid() != parent {
            return Err(io::Error::other("the agent is gone"));
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; prctl and getppid are plain system
    // calls, and the errors are built without allocation on the paths that are taken.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(in_child);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut std::process::Command) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Spec {
        Spec {
            argv: vec!["sh".into(), "-c".into(), text.into()],
            env_remove: vec!["HOME", "WORD"],
            env: vec![("WORD".into(), "hello".into())],
            folder: None,
        }
    }

    async fn run(text: &str) -> (Ended, String) {
        let mut output = Vec::new();
        let mut child = Child::spawn(&shell(text), None).unwrap();
        let ended = child.watch(|bytes| output.extend_from_slice(bytes)).await.unwrap();
        (ended, String::from_utf8(output).unwrap())
    }

    #[tokio::test]
    async fn output_and_errors_come_in_their_order_with_the_exit_code() {
        let (ended, output) = run("echo one; echo two >&2; echo \"$WORD ${HOME-none}\"; exit 3").await;
        assert_eq!(ended, Ended::Exited(3));
        assert_eq!(output, "one\ntwo\nhello none\n");
    }

    #[tokio::test]
    async fn a_signal_is_told_from_an_exit() {
        let (ended, _) = run("kill -TERM $$").await;
        assert_eq!(ended, Ended::Signaled(15));
        assert_eq!(ended.to_string(), "SIGTERM");
        assert_eq!(ended.code(), 143);
    }

    #[tokio::test]
    async fn what_a_command_leaves_behind_ends_with_it() {
        let (ended, output) = run("sleep 1000 & echo $!").await;
        assert!(ended.success());
        let pid = Pid::from_raw(output.trim().parse().unwrap());
        // The kill is done; only the system's own reaping may take a moment.
        while nix::sys::signal::kill(pid, None).is_ok() && !is_zombie(pid) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_whole_group_is_ended_on_request() {
        let mut child =
            Child::spawn(&shell("trap '' TERM; sleep 1000 & echo ready; wait; wait"), None).unwrap();
        let mut stage = 0;
        let ended = loop {
            let seen = std::cell::Cell::new(false);
            tokio::select! {
                ended = child.watch(|_| seen.set(true)) => break ended.unwrap(),
                () = async { while !seen.get() { tokio::task::yield_now().await } } => {}
            }
            stage += 1;
            child.kill();
        };
        assert_eq!((ended, stage), (Ended::Signaled(9), 1));
    }

    #[test]
    fn a_missing_program_is_an_error_with_its_name() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _guard = runtime.enter();
        let spec = Spec { argv: vec!["no-such-program".into()], ..shell("") };
        let error = Child::spawn(&spec, None).err().unwrap();
        assert_eq!(error.to_string(), "`no-such-program` can't be started");
    }

    fn is_zombie(pid: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    }
}
