//! Processes that have left their command's group (`setsid`, a double fork), known by a mark in their environment.
//!
//! Every process of a command inherits the mark, however deep it is and whatever its parent is by now. A process without
//! the mark is nobody's business here: `env -u SWEEP_OWNER tmux …` keeps one on purpose.

use std::collections::HashSet;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep, timeout};

use super::aside::aside;
use crate::text::hex;

/// Holds the marks of all commands that a process belongs to, outermost first, with `:` between them.
pub(super) const VARIABLE: &str = "SWEEP_OWNER";

/// Hexadecimal digits of a mark.
const DIGITS: usize = 32;

/// A command that ended sooner than this can't have used up all process numbers: what it started has a higher one.
const SHORT: Duration = Duration::from_secs(1);
/// A process table that can't be read for so long (a process that hangs in the kernel) is not waited for.
const SLOW: Duration = Duration::from_secs(2);
/// How long processes are awaited that were killed.
const LAST: Duration = Duration::from_secs(5);
/// Between two looks, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));
/// Looks at a process that is just being started, and shows no environment yet.
const LOOKS_AT_NEWBORN: u32 = 3;

/// Identifies the processes of one command among all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerMark(String);

impl OwnerMark {
    /// The mark of what these texts name together: the same texts, the same mark, and no others.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut digits = hex(&hash.finalize());
        digits.truncate(DIGITS);
        Self(digits)
    }

    /// A mark that was written down.
    pub(super) fn read(text: &str) -> Option<Self> {
        let is_mark = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_mark.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of [`VARIABLE`] for a command of this mark that is started where `inherited` is the value.
    pub(super) fn within(&self, inherited: Option<&str>) -> String {
        match inherited.filter(|outer| !outer.is_empty()) {
            Some(outer) => format!("{outer}:{}", self.0),
            None => self.0.clone(),
        }
    }

    /// Whether an environment (entries that end with NUL) carries this mark.
    fn is_in(&self, environment: &[u8]) -> bool {
        let value = environment.split(|byte| *byte == 0).find_map(|entry| {
            entry.strip_prefix(VARIABLE.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
        });
        value.is_some_and(|value| value.split(|byte| *byte == b':').any(|mark| mark == self.0.as_bytes()))
    }
}

/// A process; its start distinguishes it from a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FoundProcess {
    pid: Pid,
    started: u64,
}

/// Which processes can be those that are looked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum StartTime {
    /// Any.
    Whenever,
    /// Those that were started after this one.
    After(Pid),
}

impl StartTime {
    /// What a command can have started whose first process is `leader`, and which took so long.
    pub(super) fn of(leader: Pid, took: Duration) -> Self {
        if took < SHORT { Self::After(leader) } else { Self::Whenever }
    }

    /// Whether the process of this number can be meant, where `latest` was given last. Numbers are given in their order,
    /// and begin again when the highest was given.
    fn allows(self, pid: i32, latest: i32) -> bool {
        match self {
            Self::Whenever => true,
            Self::After(first) if latest >= first.as_raw() => pid > first.as_raw() && pid <= latest,
            Self::After(first) => pid > first.as_raw() || pid <= latest,
        }
    }

    /// Whether no process was started after the one that is named.
    fn is_nobody(self, latest: i32) -> bool {
        matches!(self, Self::After(first) if first.as_raw() == latest)
    }
}

/// What a look at all processes gave.
#[derive(Debug, Default)]
struct ProcessScan {
    found: Vec<FoundProcess>,
    /// Some process is just being started, and does not show its environment yet.
    newborn: bool,
}

/// Ends what carries the mark: asks it to end, and kills it after `grace`, or as soon as `hurry` is done. Returns how many
/// processes there were.
pub(super) async fn end(
    mark: &OwnerMark,
    born: StartTime,
    grace: Duration,
    hurry: impl Future<Output = ()>,
) -> usize {
    let mut hurry = std::pin::pin!(hurry);
    let start = Instant::now();
    let (mut asked, mut hurried, mut pause) = (HashSet::new(), grace.is_zero(), PAUSE.0);
    let mut killed_since = None;
    loop {
        let found = patient_look(mark, born).await;
        hurried |= start.elapsed() >= grace;
        if hurried {
            killed_since.get_or_insert_with(Instant::now);
        }
        for process in &found {
            if hurried {
                signal(*process, mark, Signal::SIGKILL);
            } else if !asked.contains(process) {
                signal(*process, mark, Signal::SIGTERM);
            }
            asked.insert(*process);
        }
        if found.is_empty() || killed_since.is_some_and(|since| since.elapsed() > LAST) {
            return asked.len();
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = &mut hurry, if !hurried => hurried = true,
        }
        pause = (2 * pause).min(PAUSE.1);
    }
}

/// Ends what an earlier agent of this machine has left behind of a command, if that agent, a process of this number, is
/// gone. Returns how many processes there were.
pub async fn end_abandoned(mark: &OwnerMark, agent: Option<i32>, grace: Duration) -> usize {
    let found = patient_look(mark, StartTime::Whenever).await;
    let Some(first) = found.iter().map(|process| process.started).min() else { return 0 };
    // An agent that is only suspended ends its commands itself when it wakes. One that is gone may have left its number
    // to a later process.
    let lives = agent.map(Pid::from_raw).and_then(table::started).is_some_and(|started| started <= first);
    if lives {
        return 0;
    }
    end(mark, StartTime::Whenever, grace, std::future::pending()).await
}

/// Kills what carries one of the marks, until nothing does: for a process that does nothing else.
pub(super) fn kill_all(marks: &[OwnerMark]) {
    let start = std::time::Instant::now();
    while start.elapsed() < LAST {
        let mut any = false;
        for mark in marks {
            let look = look(mark, StartTime::Whenever);
            any |= look.newborn || !look.found.is_empty();
            look.found.iter().for_each(|process| signal(*process, mark, Signal::SIGKILL));
        }
        if !any {
            return;
        }
        std::thread::sleep(PAUSE.0);
    }
}

/// Kills what carries the mark, once.
pub(super) fn kill_now(mark: &OwnerMark, born: StartTime) {
    look(mark, born).found.iter().for_each(|process| signal(*process, mark, Signal::SIGKILL));
}

/// Looks off the thread that keeps heartbeats going, and again where a process is just being started.
async fn patient_look(mark: &OwnerMark, born: StartTime) -> Vec<FoundProcess> {
    // The usual end of a short command; no thread is needed to see it.
    if born.is_nobody(table::latest()) {
        return Vec::new();
    }
    let mut seen = ProcessScan::default();
    for again in 0..LOOKS_AT_NEWBORN {
        if again > 0 {
            sleep(PAUSE.0 * 2_u32.pow(again)).await;
        }
        let wanted = mark.clone();
        seen = match timeout(SLOW, aside(move || look(&wanted, born))).await {
            Ok(Some(seen)) => seen,
            // The machine is out of processes: then it is done here.
            Ok(None) => look(mark, born),
            Err(_) => ProcessScan::default(),
        };
        if !(seen.found.is_empty() && seen.newborn) {
            break;
        }
    }
    seen.found
}

fn signal(process: FoundProcess, mark: &OwnerMark, signal: Signal) {
    // The number may be another process's by now.
    if table::started(process.pid) == Some(process.started) && mark.is_in(&table::environment(process.pid)) {
        let _ = kill(process.pid, signal);
    }
}

fn look(mark: &OwnerMark, born: StartTime) -> ProcessScan {
    let mut look = ProcessScan::default();
    for pid in table::pids(born) {
        let environment = table::environment(pid);
        if environment.is_empty() {
            look.newborn |= matches!(born, StartTime::After(_)) && table::is_starting(pid);
        } else if mark.is_in(&environment)
            && table::is_own(pid)
            && let Some(started) = table::started(pid)
        {
            look.found.push(FoundProcess { pid, started });
        }
    }
    look
}

/// What the system says of its processes.
#[cfg(target_os = "linux")]
mod table {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use nix::unistd::{Pid, geteuid};

    use super::StartTime;

    /// The processes that there are, but this one.
    pub(super) fn pids(born: StartTime) -> Vec<Pid> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let pids: Vec<i32> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        // Read last: what was started meanwhile has no higher number.
        let latest = latest();
        let own = nix::unistd::getpid().as_raw();
        let possible = pids.into_iter().filter(|pid| *pid != own && born.allows(*pid, latest));
        possible.map(Pid::from_raw).collect()
    }

    /// The number of the process that was started last.
    pub(super) fn latest() -> i32 {
        let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        text.split_whitespace().next_back().and_then(|last| last.parse().ok()).unwrap_or(i32::MAX)
    }

    /// Empty where it can't be read: of other users, of zombies, of a process that is just being started.
    pub(super) fn environment(pid: Pid) -> Vec<u8> {
        fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
    }

    pub(super) fn is_own(pid: Pid) -> bool {
        fs::metadata(format!("/proc/{pid}")).is_ok_and(|file| file.uid() == geteuid().as_raw())
    }

    /// When it was started, in the kernel's ticks.
    pub(super) fn started(pid: Pid) -> Option<u64> {
        field(pid, 22)?.parse().ok()
    }

    /// Whether it is a process of ours with memory of its own: no zombie and no thread of the kernel.
    pub(super) fn is_starting(pid: Pid) -> bool {
        is_own(pid) && field(pid, 23).is_some_and(|size| size != "0")
    }

    /// A field of `stat`, counted from 1 as its manual does.
    fn field(pid: Pid, number: usize) -> Option<String> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is a name, and may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        rest.split_whitespace().nth(number - 3).map(str::to_owned)
    }
}

/// Where there is no `/proc`, none is found.
#[cfg(not(target_os = "linux"))]
mod table {
    use nix::unistd::Pid;

    use super::StartTime;

    pub(super) fn pids(_: StartTime) -> Vec<Pid> {
        Vec::new()
    }

    pub(super) fn latest() -> i32 {
        i32::MAX
    }

    pub(super) fn environment(_: Pid) -> Vec<u8> {
        Vec::new()
    }

    pub(super) fn is_own(_: Pid) -> bool {
        false
    }

    pub(super) fn started(_: Pid) -> Option<u64> {
        None
    }

    pub(super) fn is_starting(_: Pid) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_as_a_whole_entry_of_the_environment_and_nowhere_else() {
        let (mark, other) = (OwnerMark::of(&["store", "run"]), OwnerMark::of(&["storer", "un"]));
        assert_ne!(mark, other);
        let alone = format!("A=1\0SWEEP_OWNER={}\0B=2\0", mark.as_str());
        let nested = format!("SWEEP_OWNER={}\0", mark.within(Some(other.as_str())));
        for environment in [&alone, &nested] {
            assert!(mark.is_in(environment.as_bytes()), "{environment:?}");
        }
        assert!(other.is_in(nested.as_bytes()) && !other.is_in(alone.as_bytes()));
        let text = mark.as_str();
        for environment in [
            String::new(),
            format!("XSWEEP_OWNER={text}\0"),
            format!("SWEEP_OWNER={text}0\0"),
            format!("SWEEP_OWNER=0{text}\0"),
            format!("SWEEP_OWNER_OF={text}\0"),
            format!("NOTE=SWEEP_OWNER={text}\0"),
        ] {
            assert!(!mark.is_in(environment.as_bytes()), "{environment:?}");
        }
    }

    #[test]
    fn only_numbers_given_after_the_first_process_are_looked_at_also_when_they_begin_again() {
        let born = StartTime::After(Pid::from_raw(100));
        for (pid, latest, allowed) in [
            (99, 120, false),
            (100, 120, false),
            (101, 120, true),
            (120, 120, true),
            // Of an earlier round of the numbers.
            (121, 120, false),
            // They have started again.
            (32_000, 5, true),
            (5, 5, true),
            (6, 5, false),
            (100, 5, false),
        ] {
            assert_eq!(born.allows(pid, latest), allowed, "{pid} where {latest} was given last");
            assert!(StartTime::Whenever.allows(pid, latest));
        }
        assert!(born.is_nobody(100) && !born.is_nobody(101) && !born.is_nobody(5));
    }

    #[test]
    fn only_what_looks_like_a_mark_is_read_as_one() {
        let mark = OwnerMark::of(&["a"]);
        assert_eq!(OwnerMark::read(mark.as_str()), Some(mark));
        for text in ["", "abc", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert_eq!(OwnerMark::read(text), None, "{text}");
        }
    }
}
