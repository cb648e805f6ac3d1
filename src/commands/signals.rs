//! Ctrl-C and SIGTERM, turned into how far an agent is asked to stop.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::exit::Exit;
use super::failure::Failure;
use crate::agent::{Level, Stop};
use crate::ui::Ui;

/// Listens until it is dropped.
pub(super) struct Signals {
    stop: watch::Sender<Stop>,
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
        let stop = watch::Sender::new(Stop::default());
        let (exit, received) = watch::channel(None);
        let asked = stop.clone();
        let task = tokio::spawn(async move {
            loop {
                let present = asked.borrow().level;
                let (level, code) = tokio::select! {
                    Some(()) = interrupts.recv() => (after_interrupt(present), Exit::Interrupted),
                    Some(()) = terminations.recv() => (after_termination(present), Exit::Terminated),
                    else => return,
                };
                exit.send_modify(|exit| {
                    exit.get_or_insert(code);
                });
                if Stop::ask(&asked, level, code == Exit::Terminated) {
                    ui.say(words(level, code));
                }
            }
        });
        Ok(Self { stop, received, task })
    }

    /// Where the signals ask an agent to stop.
    pub(super) fn stop(&self) -> watch::Sender<Stop> {
        self.stop.clone()
    }

    /// Waits for the first signal, and returns how the program is to end.
    pub(super) async fn received(&self) -> Exit {
        let mut received = self.received.clone();
        let exit = received.wait_for(Option::is_some).await.ok().and_then(|exit| *exit);
        match exit {
            Some(exit) => exit,
            None => std::future::pending().await,
        }
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

/// Waits for Ctrl-C or SIGTERM, and says how the program is to end.
pub(super) async fn asked_to_end() -> Result<Exit, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::WorkFailed, "signals can't be listened to").caused_by(&error)
    };
    let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminations = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        _ = interrupts.recv() => Ok(Exit::Interrupted),
        _ = terminations.recv() => Ok(Exit::Terminated),
    }
}

fn after_interrupt(present: Level) -> Level {
    match present {
        Level::No => Level::Drain,
        Level::Drain => Level::Terminate,
        Level::Terminate | Level::Kill => Level::Kill,
    }
}

/// Whoever sends it again means now.
fn after_termination(present: Level) -> Level {
    if present < Level::Terminate { Level::Terminate } else { Level::Kill }
}

fn words(level: Level, code: Exit) -> &'static str {
    match level {
        Level::Terminate if code == Exit::Terminated => "Ending the running trials and giving them back.",
        Level::No | Level::Drain => {
            "Finishing the running trials; no more are started. Ctrl-C again ends them, a third time kills them."
        }
        Level::Terminate => "Ending the running trials. Ctrl-C again kills them at once.",
        Level::Kill => "Killing the running trials.",
    }
}
