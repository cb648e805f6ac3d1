//! What a program owes as the first process of a container: processes whose parents are gone are its to reap, and signals
//! are ignored unless it handles them. So the work is done by a second process, and the first one passes signals on.

use std::io;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Whether this is the first process of a container, or of the machine.
#[must_use]
pub fn is_first_process() -> bool {
    std::process::id() == 1
}

/// Runs the program once more with the same arguments, passes signals on to it, reaps whatever ends, and returns its exit
/// code.
///
/// # Errors
/// Where it cannot be started.
pub fn keep_as_first_process() -> io::Result<u8> {
    let program = std::env::current_exe()?;
    let child = Command::new(program).args(std::env::args_os().skip(1)).spawn()?;
    let child = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    // Only now: the child would inherit what is blocked. It may have ended meanwhile.
    let signals = SigSet::all();
    signals.thread_block()?;
    if let Some(code) = reap(child) {
        return Ok(code);
    }
    loop {
        match signals.wait()? {
            Signal::SIGCHLD => {
                if let Some(code) = reap(child) {
                    return Ok(code);
                }
            }
            // It may have ended this moment.
            other => drop(kill(child, other)),
        }
    }
}

/// Reaps all that has ended; the exit code of the child, where that is among them.
fn reap(child: Pid) -> Option<u8> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == child => return u8::try_from(code).ok().or(Some(1)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                return u8::try_from(128 + signal as i32).ok();
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return None,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}
