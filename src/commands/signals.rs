//! Ctrl-C and SIGTERM, turned into how far an agent is asked to stop.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::exit::Exit;
use super::failure::Failure;
use crate::agent::Stop;
use crate::ui::Ui;

/// Listens until the returned value is dropped.
pub(super) struct Signals {
    pub(super) stop: watch::Receiver<Stop>,
    received: watch::Receiver<Option<Exit>>,
    task: tokio::task::JoinHandle<()>,
}

impl Signals {
    pub(super) fn listen(ui: Ui) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(Exit::WorkFailed, "signals can't be listened to").caused_by(&error)
        };
        let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminations = signal(SignalKind::terminate()).map_err(failed)?;
        let (level, stop) = watch::channel(Stop::No);
        let (exit, received) = watch::channel(None);
        let task = tokio::spawn(async move {
            loop {
                let present = *level.borrow();
                let (next, code) = tokio::select! {
                    Some(()) = interrupts.recv() => (after_interrupt(present), Exit::Interrupted),
                    Some(()) = terminations.recv() => (present.max(Stop::Terminate), Exit::Terminated),
                    else => return,
                };
                exit.send_modify(|exit| {
                    exit.get_or_insert(code);
                });
                if next > present {
                    ui.say(words(next));
                    level.send_replace(next);
                }
            }
        });
        Ok(Self { stop, received, task })
    }

    /// The exit code of the first signal, if one came.
    pub(super) fn exit(&self) -> Option<Exit> {
        *self.received.borrow()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn after_interrupt(present: Stop) -> Stop {
    match present {
        Stop::No => Stop::Drain,
        Stop::Drain => Stop::Terminate,
        Stop::Terminate | Stop::Kill => Stop::Kill,
    }
}

fn words(level: Stop) -> &'static str {
    match level {
        Stop::No => "",
        Stop::Drain => "Finishing the running trials; no more are started. Ctrl-C again ends them.",
        Stop::Terminate => "Ending the running trials. Ctrl-C again kills them at once.",
        Stop::Kill => "Killing the running trials.",
    }
}
