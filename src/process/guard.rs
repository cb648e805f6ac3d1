//! A small process that outlives the agent by a moment: when the agent dies, however it dies, the guard kills what its
//! commands have started.
//!
//! The kernel's parent-death signal reaches a command's first process only. The guard reaches its whole group, and by its
//! mark what has left the group. A command announces itself to the guard before it becomes the person's program, so that
//! there is no moment at which it runs unguarded.

use std::collections::HashMap;
use std::io::{self, BufRead, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use nix::libc;
use nix::sys::signal::{SigHandler, Signal, kill, killpg, signal};
use nix::unistd::Pid;

use super::orphans::{self, OwnerMark};
use super::signals::ASK_TO_END;

/// A guard that was killed is replaced so many times.
const REPLACEMENTS: u32 = 20;

/// The agent's end of the socket: commands are announced through it, and its closing is the agent's death.
pub struct Guard {
    post: Arc<Mutex<Post>>,
}

struct Post {
    /// Never blocks.
    socket: UnixStream,
    /// The guard's process.
    guard: Pid,
    /// What is to be killed, to be passed to a further guard.
    watched: HashMap<i32, OwnerMark>,
}

impl Post {
    /// Tells the guard something. One that is suspended reads nothing, and must not hold up the agent; nor may it wake
    /// later and kill by what it has missed: it is replaced by one that knows everything.
    fn tell(&mut self, line: &str) {
        let told = self.socket.write_all(line.as_bytes());
        if told.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            let _ = kill(self.guard, Signal::SIGKILL);
        }
    }
}

impl Guard {
    /// Starts the guard: this program with `argument`, which must lead to [`keep_guard`].
    ///
    /// # Errors
    /// Where the program can't be started again.
    pub fn start(argument: &str) -> io::Result<Self> {
        let (socket, child) = start_process(argument)?;
        let guard = process_of(&child)?;
        let post = Arc::new(Mutex::new(Post { socket, guard, watched: HashMap::new() }));
        let (weak, argument) = (Arc::downgrade(&post), argument.to_owned());
        std::thread::Builder::new().name("guard".into()).spawn(move || relieve(child, &weak, &argument))?;
        Ok(Self { post })
    }

    /// Keeps this guard at its post while a command is being started.
    pub(super) fn starting(&self) -> Starting<'_> {
        Starting { post: lock(&self.post) }
    }

    /// Lets a group go: it is over, and its number may become somebody else's.
    pub(super) fn release(&self, group: Pid) {
        let mut post = lock(&self.post);
        post.watched.remove(&group.as_raw());
        post.tell(&format!("-{group}\n"));
    }
}

/// A guard that stays the same while a command is being started.
pub(super) struct Starting<'a> {
    post: MutexGuard<'a, Post>,
}

impl Starting<'_> {
    /// What the command does between fork and exec.
    pub(super) fn announcement(&self, mark: &OwnerMark) -> Announcement {
        Announcement::new(self.post.socket.as_raw_fd(), mark)
    }

    /// The command could not be started: its number, which only it has known, is free again.
    pub(super) fn failed(mut self, mark: &OwnerMark) {
        self.post.tell(&format!("~ {}\n", mark.as_str()));
    }

    /// The command was started.
    pub(super) fn started(mut self, group: Pid, mark: OwnerMark) {
        self.post.watched.insert(group.as_raw(), mark);
    }
}

/// Tells the guard of the process that it is sent from.
pub(super) struct Announcement {
    socket: RawFd,
    /// `+0000012345 <mark>` and a line end; the number is filled in where it is known.
    line: Vec<u8>,
}

/// Where the number stands in an announcement.
const NUMBER: std::ops::Range<usize> = 1..11;

impl Announcement {
    fn new(socket: RawFd, mark: &OwnerMark) -> Self {
        Self { socket, line: format!("+{:010} {}\n", 0, mark.as_str()).into_bytes() }
    }

    /// Sends it. Only system calls and writes to memory that is there: it is called between fork and exec. Once the line
    /// lies in the socket, the guard reads it before it sees that the agent is gone.
    pub(super) fn send(&mut self) {
        let mut rest = nix::unistd::getpid().as_raw();
        for place in NUMBER.rev() {
            if let Some(byte) = self.line.get_mut(place) {
                *byte = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            }
            rest /= 10;
        }
        // A guard that was killed, or is suspended, is no reason not to run: the agent is there, and starts another.
        #[cfg(target_os = "linux")]
        let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
        #[cfg(not(target_os = "linux"))]
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: the line is a buffer of this length, and `send` is async-signal-safe.
        #[allow(unsafe_code)]
        unsafe {
            libc::send(self.socket, self.line.as_ptr().cast(), self.line.len(), flags);
        }
    }
}

fn lock(post: &Mutex<Post>) -> MutexGuard<'_, Post> {
    post.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start_process(argument: &str) -> io::Result<(UnixStream, Child)> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let mut command = Command::new(this_program()?);
    // A group of its own, so that no signal that is meant for the agent's group ends it; and it carries no mark of a
    // trial in which this agent may run: it must be there when that is ended.
    command
        .arg(argument)
        .env_remove(orphans::VARIABLE)
        .process_group(0)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok((ours, command.spawn()?))
}

fn process_of(child: &Child) -> io::Result<Pid> {
    Ok(Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?))
}

/// Starts another guard when one was killed, with all that the former knew.
fn relieve(mut child: Child, post: &Weak<Mutex<Post>>, argument: &str) {
    for _ in 0..REPLACEMENTS {
        let _ = child.wait();
        let Some(post) = post.upgrade() else { return };
        let mut post = lock(&post);
        let Ok((socket, next)) = start_process(argument) else { return };
        let Ok(guard) = process_of(&next) else { return };
        (post.socket, post.guard) = (socket, guard);
        let known: String =
            post.watched.iter().map(|(group, mark)| format!("+{group} {}\n", mark.as_str())).collect();
        let _ = post.socket.write_all(known.as_bytes());
        child = next;
    }
}

/// The guard's whole life: it reads until the agent is gone, then kills the groups that are left, and what carries the
/// marks of their commands.
pub fn keep_guard() {
    ignore_signals();
    let left = left_over(io::stdin().lock());
    for group in left.keys() {
        let _ = killpg(*group, Signal::SIGKILL);
    }
    let marks: Vec<OwnerMark> = left.into_values().flatten().collect();
    orphans::kill_all(&marks);
}

/// The groups that were named and not let go when the input ends.
fn left_over(input: impl BufRead) -> HashMap<Pid, Option<OwnerMark>> {
    let mut groups = HashMap::new();
    for line in input.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        let Some((sign, rest)) = line.split_at_checked(1) else { continue };
        let (number, mark) = rest.split_once(' ').unwrap_or((rest, ""));
        if sign == "~" {
            groups.retain(|_, known: &mut Option<OwnerMark>| {
                known.as_ref().is_none_or(|known| known.as_str() != mark)
            });
            continue;
        }
        // 0 and 1 would be the guard's own group and everybody's.
        let Some(group) = number.parse().ok().filter(|number| *number > 1).map(Pid::from_raw) else {
            continue;
        };
        match sign {
            "+" => groups.insert(group, OwnerMark::read(mark)),
            _ => groups.remove(&group),
        };
    }
    groups
}

fn ignore_signals() {
    for name in ASK_TO_END {
        // SAFETY: no handler of ours is run; the signals are only ignored.
        #[allow(unsafe_code)]
        let _ = unsafe { signal(*name, SigHandler::SigIgn) };
    }
}

fn this_program() -> io::Result<std::path::PathBuf> {
    // The file may have been replaced by a newer one while this program runs; the link leads to what runs.
    let link = std::path::Path::new("/proc/self/exe");
    if link.exists() { Ok(link.to_owned()) } else { std::env::current_exe() }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn groups_that_were_not_let_go_are_left_over() {
        let mark = OwnerMark::of(&["one"]);
        let said = format!(
            "+100\n+0000000200 {mark}\n-100\nnonsense\n+0\n+1\n+-5\n\n+300\n+400 {failed}\n~ {failed}\n",
            mark = mark.as_str(),
            failed = OwnerMark::of(&["two"]).as_str(),
        );
        let left = HashMap::from([(Pid::from_raw(200), Some(mark)), (Pid::from_raw(300), None)]);
        assert_eq!(left_over(said.as_bytes()), left);
    }

    #[test]
    fn an_announcement_names_the_process_that_sends_it() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mark = OwnerMark::of(&["one"]);
        Announcement::new(ours.as_raw_fd(), &mark).send();
        drop(ours);
        let mut said = Vec::new();
        theirs.read_to_end(&mut said).unwrap();
        assert_eq!(left_over(said.as_slice()), HashMap::from([(nix::unistd::getpid(), Some(mark))]));
    }

    #[test]
    fn a_guard_that_reads_nothing_holds_up_nobody_and_is_replaced() {
        let (socket, _unread) = UnixStream::pair().unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut suspended = Command::new("sleep").arg("1000").spawn().unwrap();
        let post = Post { socket, guard: process_of(&suspended).unwrap(), watched: HashMap::new() };
        let guard = Guard { post: Arc::new(Mutex::new(post)) };
        for _ in 0..20_000 {
            guard.release(Pid::from_raw(i32::MAX));
        }
        assert_eq!(suspended.wait().unwrap().signal(), Some(Signal::SIGKILL as i32));
    }

    #[test]
    fn an_announcement_to_a_guard_that_is_gone_harms_nobody() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        Announcement::new(ours.as_raw_fd(), &OwnerMark::of(&["one"])).send();
    }
}
