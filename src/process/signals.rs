//! The signals that ask this program to end, and those that must not end it.

use std::io;
use std::task::Poll;

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use tokio::signal::unix::{SignalKind, signal};

/// What would end the program at once and is a request instead. Clusters announce a time limit with any of USR1, USR2, HUP
/// and XCPU; a closed terminal and a lost connection send HUP; power supplies send PWR.
#[cfg(target_os = "linux")]
pub(super) const ASK_TO_END: &[Signal] = &[
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGXCPU,
    Signal::SIGALRM,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGPWR,
    Signal::SIGIO,
    Signal::SIGSTKFLT,
];
#[cfg(not(target_os = "linux"))]
pub(super) const ASK_TO_END: &[Signal] = &[
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGXCPU,
    Signal::SIGALRM,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
];

/// Receives requests to end, until it is dropped: then each signal does again what it did before.
pub struct EndSignals {
    listened: Vec<(Signal, SignalHandle)>,
}

/// tokio's half: it wakes the task.
type SignalHandle = tokio::signal::unix::Signal;

impl EndSignals {
    /// Starts to listen. SIGHUP stays ignored where it was ignored at the start: that is what `nohup` is for.
    ///
    /// # Errors
    /// Where the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        let asked = ASK_TO_END.iter().copied();
        let asked = asked.filter(|name| *name != Signal::SIGHUP || !is_ignored(Signal::SIGHUP));
        let listened: io::Result<Vec<_>> =
            asked.map(|name| Ok((name, signal(SignalKind::from_raw(name as i32))?))).collect();
        Ok(Self { listened: listened? })
    }

    /// Waits for the next request.
    pub async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            for (name, signal) in &mut self.listened {
                if let Poll::Ready(Some(())) = signal.poll_recv(context) {
                    return Poll::Ready(*name);
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl Drop for EndSignals {
    fn drop(&mut self) {
        // The handlers stay when nobody listens any more: whatever comes next would not hear a Ctrl-C.
        for (name, _) in &self.listened {
            set(*name, SigHandler::SigDfl);
        }
    }
}

/// Receives requests to be suspended (Ctrl-Z), until it is dropped.
pub struct Suspensions(SignalHandle);

impl Suspensions {
    /// Starts to listen.
    ///
    /// # Errors
    /// Where the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(signal(SignalKind::from_raw(Signal::SIGTSTP as i32))?))
    }

    /// Waits for the next request.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Stops this program until somebody continues it.
    pub fn suspend() {
        let _ = raise(Signal::SIGSTOP);
    }
}

impl Drop for Suspensions {
    fn drop(&mut self) {
        set(Signal::SIGTSTP, SigHandler::SigDfl);
    }
}

/// A file that reaches the limit of `ulimit -f` makes the write fail, as a full disk does, instead of ending the program.
/// Commands that are started later have the system's default again.
pub fn survive_file_size_limit() {
    // A handler, since an ignored signal would stay ignored in every command.
    set(Signal::SIGXFSZ, SigHandler::Handler(nothing));
}

extern "C" fn nothing(_: libc::c_int) {}

fn set(name: Signal, handler: SigHandler) {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the only handler of ours does nothing, which is safe at any moment.
    #[allow(unsafe_code)]
    let _ = unsafe { sigaction(name, &action) };
}

/// Whether a signal is ignored now.
fn is_ignored(name: Signal) -> bool {
    // SAFETY: all zeros is a valid `sigaction`, and with no new action the call only writes the present one to it.
    #[allow(unsafe_code)]
    unsafe {
        let mut present: libc::sigaction = std::mem::zeroed();
        libc::sigaction(name as libc::c_int, std::ptr::null(), &raw mut present) == 0
            && present.sa_sigaction == libc::SIG_IGN
    }
}
