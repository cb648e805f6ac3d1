//! The exit codes, all of them.

use nix::sys::signal::Signal;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the work failed: trials failed, or there was nothing to analyse.
    WorkFailed,
    /// 2: what was typed, or the config, is wrong.
    Usage,
    /// 3: the tracking store can't be reached, or refused.
    Tracking,
    /// 4: no trial is left to ask for.
    NothingLeft,
    /// 75: nothing could be done now; try again later.
    TryAgain,
    /// 130: ended by Ctrl-C, its trials settled as far as the store has answered.
    Interrupted,
    /// 143: ended by SIGTERM, likewise.
    Terminated,
    /// 128 + n: ended by another signal of number n, likewise.
    EndedBy(u8),
}

impl Exit {
    /// How the program ends after this signal has asked it to.
    pub fn after(signal: Signal) -> Self {
        match signal {
            Signal::SIGINT => Self::Interrupted,
            Signal::SIGTERM => Self::Terminated,
            other => Self::EndedBy(u8::try_from(other as i32).unwrap_or(0)),
        }
    }

    /// The code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::WorkFailed => 1,
            Self::Usage => 2,
            Self::Tracking => 3,
            Self::NothingLeft => 4,
            Self::TryAgain => 75,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::EndedBy(signal) => 128 | signal,
        }
    }
}
