//! A small process that outlives the agent by a moment: when the agent dies, however it dies, the guard kills what its
//! commands have started.
//!
//! The kernel's parent-death signal reaches a command's first process only. The guard reaches its whole group.

use std::collections::HashSet;
use std::io::{self, BufRead, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use nix::sys::signal::{SigHandler, Signal, killpg, signal};
use nix::unistd::Pid;

/// The agent's end of the pipe: it tells the guard of groups, and its closing is the agent's death.
pub struct Guard {
    pipe: Mutex<ChildStdin>,
}

impl Guard {
    /// Starts the guard: this program with `argument`, which must lead to [`keep_guard`].
    ///
    /// # Errors
    /// Where the program can't be started again.
    pub fn start(argument: &str) -> io::Result<Self> {
        let mut command = Command::new(this_program()?);
        // A group of its own, so that no signal that is meant for the agent's group ends it.
        command
            .arg(argument)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn()?;
        let pipe = child.stdin.take().ok_or_else(|| io::Error::other("the guard has no pipe"))?;
        Ok(Self { pipe: Mutex::new(pipe) })
    }

    /// Has a group killed should the agent die.
    pub fn watch(&self, group: Pid) {
        self.tell('+', group);
    }

    /// Lets a group go: it is over, and its number may become somebody else's.
    pub fn release(&self, group: Pid) {
        self.tell('-', group);
    }

    fn tell(&self, sign: char, group: Pid) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        // A guard that was killed guards no more; the parent-death signal is left.
        let _ = writeln!(pipe, "{sign}{group}");
    }
}

/// The guard's whole life: it reads until the agent is gone, then kills the groups that are left.
pub fn keep_guard() {
    ignore_signals();
    let groups = left_over(io::stdin().lock());
    for group in groups {
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// The groups that were named and not let go when the input ends.
fn left_over(input: impl BufRead) -> HashSet<Pid> {
    let mut groups = HashSet::new();
    for line in input.lines().map_while(Result::ok) {
        let Some((sign, number)) = line.split_at_checked(1) else { continue };
        // 0 and 1 would be the guard's own group and everybody's.
        let Some(group) = number.parse().ok().filter(|number| *number > 1).map(Pid::from_raw) else {
            continue;
        };
        match sign {
            "+" => groups.insert(group),
            _ => groups.remove(&group),
        };
    }
    groups
}

fn ignore_signals() {
    for name in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        // SAFETY: no handler of ours is run; the signals are only ignored.
        #[allow(unsafe_code)]
        let _ = unsafe { signal(name, SigHandler::SigIgn) };
    }
}

fn this_program() -> io::Result<std::path::PathBuf> {
    // The file may have been replaced by a newer one while this program runs; the link leads to what runs.
    let link = std::path::Path::new("/proc/self/exe");
    if link.exists() { Ok(link.to_owned()) } else { std::env::current_exe() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_were_not_let_go_are_left_over() {
        let said = "+100\n+200\n-100\nnonsense\n+0\n+1\n+-5\n\n";
        assert_eq!(left_over(said.as_bytes()), HashSet::from([Pid::from_raw(200)]));
    }
}
