//! An agent as a process of its own, and what is left of the processes that it started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::sandbox::{Ran, Sandbox};

/// How long something may take that should happen soon: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is an answer.
///
/// # Panics
///
/// Where there is none within [`PATIENCE`].
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits for a file and returns its text, which is not empty.
#[track_caller]
pub fn file_in(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    until(name, || std::fs::read_to_string(&path).ok().filter(|text| !text.is_empty()))
}

/// A `sweep` process. Dropping it kills it.
pub struct AgentProcess {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl AgentProcess {
    /// Starts `sweep` with these arguments; what it prints is kept in the sandbox.
    pub fn start(sandbox: &Sandbox, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = sandbox.command(args);
        command.envs(environment.iter().copied());
        Self::of(sandbox, command)
    }

    /// Starts `sweep` by a command of this sandbox.
    pub fn of(sandbox: &Sandbox, mut command: Command) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let stdout = sandbox.path().join(format!("agent-{number}.out"));
        let stderr = sandbox.path().join(format!("agent-{number}.err"));
        let child = command
            .stdout(Stdio::from(File::create(&stdout).unwrap()))
            .stderr(Stdio::from(File::create(&stderr).unwrap()))
            .spawn()
            .unwrap();
        Self { child, stdout, stderr }
    }

    pub fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// The process that guards it.
    #[track_caller]
    pub fn guard(&self) -> u32 {
        let parent = self.child.id().to_string();
        until("a guard", || {
            processes().find(|pid| {
                let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                let of_agent = status.rsplit(')').next().unwrap().split_whitespace().nth(1) == Some(&parent);
                let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                of_agent && String::from_utf8_lossy(&line).contains("__guard")
            })
        })
    }

    /// Waits until it has said this on stderr.
    #[track_caller]
    pub fn says(&self, text: &str) {
        until(text, || std::fs::read_to_string(&self.stderr).ok()?.contains(text).then_some(()));
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(self) -> Ran {
        self.finish_within(PATIENCE)
    }

    /// Waits for its end, but no longer than this.
    #[track_caller]
    pub fn finish_within(mut self, patience: Duration) -> Ran {
        let deadline = Instant::now() + patience;
        let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Ran { code: status.code(), stdout: read(&self.stdout), stderr: read(&self.stderr) };
            }
            assert!(Instant::now() < deadline, "the agent does not end; it said:\n{}", read(&self.stderr));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it at once, as the system does where memory is short.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes, however deep, that trials of this sweep have started and that still live.
pub fn processes_of(sweep: &str) -> Vec<u32> {
    processes_with(&format!("SWEEP_ID={sweep}"))
}

/// The processes that have this entry in their environment.
pub fn processes_with(entry: &str) -> Vec<u32> {
    let carries = |pid: &u32| {
        let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        // A zombie has no environment any more.
        environ.split(|byte| *byte == 0).any(|other| other == entry.as_bytes())
    };
    processes().filter(carries).collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Sends a signal to a process.
#[track_caller]
pub fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
}

/// Waits until no process of the sweep's trials is left.
#[track_caller]
pub fn no_process_is_left(sweep: &str) {
    until("the end of all processes of the trials", || processes_of(sweep).is_empty().then_some(()));
}
