//! One child process and its group.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::unix::pipe;

use super::guard::{Announcement, Guard};
use super::orphans::{self, OwnerMark, StartTime};
use super::program;
use super::spawn_error::SpawnError;

/// How long output is still read after the command and its group are gone, in case a process left the group and
/// holds the pipe open.
const LAST_OUTPUT: Duration = Duration::from_millis(500);

/// What shells give as the exit code of a command that could not be started.
const NOT_STARTED: i32 = 126;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    /// Program and arguments; not empty.
    pub argv: Vec<String>,
    /// Inherited variables to remove.
    pub env_remove: Vec<&'static str>,
    /// Variables to set.
    pub env: Vec<(String, OsString)>,
    /// Where it runs; `None`: here.
    pub folder: Option<PathBuf>,
    /// Tells its processes from all others.
    pub mark: OwnerMark,
}

impl ChildSpec {
    /// The `PATH` of the command.
    fn path(&self) -> Option<OsString> {
        const PATH: &str = "PATH";
        let set = self.env.iter().rev().find(|(name, _)| name == PATH).map(|(_, value)| value.clone());
        set.or_else(|| std::env::var_os(PATH).filter(|_| !self.env_remove.contains(&PATH)))
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandExit {
    /// With an exit code.
    Exited(i32),
    /// By a signal.
    Signaled(i32),
    /// It never began.
    NotStarted,
}

impl CommandExit {
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
            Self::NotStarted => NOT_STARTED,
        }
    }
}

impl fmt::Display for CommandExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::NotStarted => f.write_str("could not be started"),
            Self::Signaled(signal) => match Signal::try_from(*signal) {
                Ok(name) => write!(f, "{name}"),
                Err(_) => write!(f, "signal {signal}"),
            },
        }
    }
}

/// A running command: the leader of a process group of its own. Dropping it kills the group, and what has left it.
pub struct Child {
    child: tokio::process::Child,
    group: Pid,
    mark: OwnerMark,
    started: Instant,
    output: pipe::Receiver,
    /// Kills the command's processes should this process die.
    guard: Option<Arc<Guard>>,
    /// Set once the leader is reaped: its group id may then belong to somebody else.
    reaped: bool,
    /// Set once nothing is left of it.
    over: bool,
}

impl Child {
    /// Starts a command, with no input, and output and errors in one pipe, so that their order is kept.
    ///
    /// Must be called from a thread that lives as long as the child: on Linux the child is killed when the thread
    /// that started it ends, which is how no trial outlives an agent that was killed.
    ///
    /// # Errors
    /// Where the program is missing or may not be run.
    pub fn spawn(spec: &ChildSpec, guard: Option<Arc<Guard>>) -> Result<Self, SpawnError> {
        Self::spawn_with(spec, Stdio::null(), guard)
    }

    /// The same, with an input.
    ///
    /// # Errors
    /// As [`Child::spawn`].
    pub fn spawn_with(spec: &ChildSpec, stdin: Stdio, guard: Option<Arc<Guard>>) -> Result<Self, SpawnError> {
        let program = spec.argv.first().cloned().unwrap_or_default();
        Self::start(spec, &program, stdin, guard).map_err(|source| SpawnError {
            program,
            folder: spec.folder.clone().unwrap_or_default(),
            source,
        })
    }

    fn start(spec: &ChildSpec, program: &str, stdin: Stdio, guard: Option<Arc<Guard>>) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let found = program::find(program, spec.path().as_deref());
        let mut command = std::process::Command::new(found.as_deref().unwrap_or(Path::new(program)));
        command.arg0(program).args(spec.argv.iter().skip(1));
        for name in &spec.env_remove {
            command.env_remove(name);
        }
        command.envs(spec.env.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &spec.folder {
            command.current_dir(folder);
        }
        command.stdin(stdin).stdout(writer.try_clone()?).stderr(writer);
        let inherited = std::env::var(orphans::VARIABLE).ok();
        command.env(orphans::VARIABLE, spec.mark.within(inherited.as_deref()));
        command.process_group(0);
        // It takes the command along, and with it the pipe's writing end, or the output would never end.
        let (child, group) = spawn_announced(command, &spec.mark, guard.as_deref())?;
        let output = pipe::Receiver::from_owned_fd(reader.into())?;
        Ok(Self {
            child,
            group,
            mark: spec.mark.clone(),
            started: Instant::now(),
            output,
            guard,
            reaped: false,
            over: false,
        })
    }

    /// Waits until the command has ended, passing its output on as it comes. What it leaves behind of its group is
    /// killed then.
    ///
    /// May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// Where the system can't tell.
    pub async fn watch(&mut self, mut on_output: impl FnMut(&[u8])) -> io::Result<CommandExit> {
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
            Some(code) => CommandExit::Exited(code),
            None => CommandExit::Signaled(status.signal().unwrap_or(Signal::SIGKILL as i32)),
        })
    }

    /// Ends what a command that is over has left behind outside its group: asks it to end, and kills it after `grace`, or
    /// as soon as `hurry` is done. Returns how many processes there were.
    pub async fn end_strays(&mut self, grace: Duration, hurry: impl Future<Output = ()>) -> usize {
        let born = StartTime::of(self.group, self.started.elapsed());
        let number = orphans::end(&self.mark, born, grace, hurry).await;
        self.release();
        number
    }

    fn release(&mut self) {
        self.over = true;
        if let Some(guard) = &self.guard {
            guard.release(self.group);
        }
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
        if self.over {
            return;
        }
        self.kill();
        orphans::kill_now(&self.mark, StartTime::of(self.group, self.started.elapsed()));
        self.release();
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

/// Starts a command that announces itself to the guard; the guard is not replaced meanwhile.
fn spawn_announced(
    mut command: std::process::Command,
    mark: &OwnerMark,
    guard: Option<&Guard>,
) -> io::Result<(tokio::process::Child, Pid)> {
    let starting = guard.map(Guard::starting);
    before_exec(&mut command, starting.as_ref().map(|starting| starting.announcement(mark)));
    let spawned = tokio::process::Command::from(command).kill_on_drop(true).spawn().and_then(|child| {
        let id = child.id().ok_or_else(|| io::Error::other("the command ended before it started"))?;
        Ok((child, Pid::from_raw(i32::try_from(id).map_err(io::Error::other)?)))
    });
    match (starting, &spawned) {
        (Some(starting), Ok((_, group))) => starting.started(*group, mark.clone()),
        (Some(starting), Err(_)) => starting.failed(mark),
        (None, _) => {}
    }
    spawned
}

/// Prepares what the command does before it becomes the person's program: it dies with this process, and is announced to
/// the guard.
fn before_exec(command: &mut std::process::Command, mut announcement: Option<Announcement>) {
    let parent = nix::unistd::getpid();
    let in_child = move || {
        die_with(parent)?;
        if let Some(announcement) = &mut announcement {
            announcement.send();
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed, and no allocation: prctl, getppid, getpid
    // and send are plain system calls, and errors are made from their numbers alone.
    #[allow(unsafe_code)]
    unsafe {
        std::os::unix::process::CommandExt::pre_exec(command, in_child);
    }
}

#[cfg(target_os = "linux")]
fn die_with(parent: Pid) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    // The parent may have died before the line above.
    if nix::unistd::getppid() == parent {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(nix::libc::ESRCH))
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with(_: Pid) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> ChildSpec {
        ChildSpec {
            argv: vec!["sh".into(), "-c".into(), text.into()],
            env_remove: vec!["HOME", "WORD"],
            env: vec![("WORD".into(), "hello".into())],
            folder: None,
            mark: OwnerMark::of(&["a test", text]),
        }
    }

    async fn run(text: &str) -> (CommandExit, String) {
        let mut output = Vec::new();
        let mut child = Child::spawn(&shell(text), None).unwrap();
        let ended = child.watch(|bytes| output.extend_from_slice(bytes)).await.unwrap();
        (ended, String::from_utf8(output).unwrap())
    }

    #[tokio::test]
    async fn output_and_errors_come_in_their_order_with_the_exit_code() {
        let (ended, output) = run("echo one; echo two >&2; echo \"$WORD ${HOME-none}\"; exit 3").await;
        assert_eq!(ended, CommandExit::Exited(3));
        assert_eq!(output, "one\ntwo\nhello none\n");
    }

    #[tokio::test]
    async fn a_signal_is_told_from_an_exit() {
        let (ended, _) = run("kill -TERM $$").await;
        assert_eq!(ended, CommandExit::Signaled(15));
        assert_eq!(ended.to_string(), "SIGTERM");
        assert_eq!(ended.code(), 143);
    }

    #[tokio::test]
    async fn what_a_command_leaves_behind_ends_with_it() {
        let (ended, output) = run("sleep 1000 & echo $!").await;
        assert!(ended.success());
        let pid = Pid::from_raw(output.trim().parse().unwrap());
        // The kill is done; only the system's own reaping may take a moment.
        while !is_gone(pid.as_raw()) {
            tokio::task::yield_now().await;
        }
    }

    /// Leaves the group at once, and says so once it has.
    const STRAY: &str = "setsid sh -c 'trap \"\" HUP; echo $$ > pid; exec sleep 1000' > /dev/null 2>&1 & \
                         until [ -s pid ]; do :; done; cat pid";

    fn spec_in(folder: &std::path::Path, text: &str) -> ChildSpec {
        ChildSpec {
            folder: Some(folder.to_owned()),
            mark: OwnerMark::of(&[&folder.display().to_string()]),
            env_remove: vec![],
            ..shell(text)
        }
    }

    #[tokio::test]
    async fn what_has_left_the_group_ends_with_the_command_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = Vec::new();
        let mut child = Child::spawn(&spec_in(folder.path(), STRAY), None).unwrap();
        child.watch(|bytes| output.extend_from_slice(bytes)).await.unwrap();
        let pid: i32 = String::from_utf8(output).unwrap().trim().parse().unwrap();
        assert!(nix::sys::signal::kill(Pid::from_raw(pid), None).is_ok(), "the group's end reached it");
        assert_eq!(child.end_strays(Duration::from_secs(3600), std::future::pending()).await, 1);
        assert!(is_gone(pid));
        assert_eq!(child.end_strays(Duration::ZERO, std::future::pending()).await, 0);
    }

    #[tokio::test]
    async fn what_has_left_the_group_and_ignores_the_request_is_killed_after_the_grace() {
        let folder = tempfile::tempdir().unwrap();
        let stubborn = STRAY.replace("HUP", "HUP TERM");
        let mut child = Child::spawn(&spec_in(folder.path(), &stubborn), None).unwrap();
        child.watch(|_| {}).await.unwrap();
        let pid: i32 = std::fs::read_to_string(folder.path().join("pid")).unwrap().trim().parse().unwrap();
        let asked = Instant::now();
        child.end_strays(Duration::from_millis(100), std::future::pending()).await;
        assert!(is_gone(pid) && asked.elapsed() >= Duration::from_millis(100));
    }

    #[tokio::test]
    async fn what_gave_up_the_mark_is_kept_and_so_is_what_carries_another() {
        let folder = tempfile::tempdir().unwrap();
        let kept = STRAY.replace("setsid", "env -u SWEEP_OWNER setsid");
        let mut child = Child::spawn(&spec_in(folder.path(), &kept), None).unwrap();
        child.watch(|_| {}).await.unwrap();
        let pid: i32 = std::fs::read_to_string(folder.path().join("pid")).unwrap().trim().parse().unwrap();
        assert_eq!(child.end_strays(Duration::ZERO, std::future::pending()).await, 0);
        assert!(!is_gone(pid));
        let _ = nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGKILL);
    }

    #[tokio::test]
    async fn a_command_that_is_dropped_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{STRAY}; sleep 1000");
        let mut child = Child::spawn(&spec_in(folder.path(), &text), None).unwrap();
        let seen = std::cell::Cell::new(false);
        tokio::select! {
            _ = child.watch(|_| seen.set(true)) => panic!("it ended by itself"),
            () = async { while !seen.get() { tokio::task::yield_now().await } } => {}
        }
        drop(child);
        let pid: i32 = std::fs::read_to_string(folder.path().join("pid")).unwrap().trim().parse().unwrap();
        while !is_gone(pid) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_a_lost_agent_left_is_ended_and_what_a_living_one_runs_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let spec = spec_in(folder.path(), STRAY);
        let mut child = Child::spawn(&spec, None).unwrap();
        child.watch(|_| {}).await.unwrap();
        let own = i32::try_from(std::process::id()).unwrap();
        let grace = Duration::from_secs(3600);
        assert_eq!(orphans::end_abandoned(&spec.mark, Some(own), grace).await, 0);
        let gone = std::process::Command::new("true").spawn().unwrap();
        let number = i32::try_from(gone.id()).unwrap();
        gone.wait_with_output().unwrap();
        assert_eq!(orphans::end_abandoned(&spec.mark, Some(number), grace).await, 1);
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
        assert_eq!((ended, stage), (CommandExit::Signaled(9), 1));
    }

    #[test]
    fn a_missing_program_is_an_error_with_its_name() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _guard = runtime.enter();
        let spec = ChildSpec { argv: vec!["no-such-program".into()], ..shell("") };
        let error = Child::spawn(&spec, None).err().unwrap();
        assert_eq!(error.to_string(), "cannot start `no-such-program`");
    }

    fn is_gone(pid: i32) -> bool {
        let pid = Pid::from_raw(pid);
        nix::sys::signal::kill(pid, None).is_err() || is_zombie(pid)
    }

    fn is_zombie(pid: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    }
}
