//! Ctrl-C, SIGTERM and their kind, turned into how far an agent is asked to stop.

use std::collections::HashSet;

use nix::sys::signal::Signal;
use tokio::sync::watch;

use super::exit::Exit;
use super::failure::CommandFailure;
use crate::agent::{StopLevel, StopRequest};
use crate::process::EndSignals;
use crate::ui::Ui;

/// Who sends signals.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// An engine, which means none of the trials, whichever signal it sends.
    pub engine: bool,
    /// It is known when the machine is taken away.
    pub ends_known: bool,
}

/// Listens until it is dropped.
pub struct Signals {
    stop: watch::Sender<StopRequest>,
    received: watch::Receiver<Option<Exit>>,
    task: tokio::task::JoinHandle<()>,
}

impl Signals {
    /// As a person's terminal sends them.
    pub fn listen(ui: Ui) -> Result<Self, CommandFailure> {
        Self::listen_to(ui, Sender { engine: false, ends_known: false })
    }

    /// As this sender means them.
    pub fn listen_to(ui: Ui, sender: Sender) -> Result<Self, CommandFailure> {
        let mut signals = EndSignals::listen().map_err(|error| not_heard(&error))?;
        let stop = watch::Sender::new(StopRequest::default());
        let (exit, received) = watch::channel(None);
        let asked = stop.clone();
        let task = tokio::spawn(async move {
            let mut seen = HashSet::new();
            loop {
                let signal = signals.next().await;
                let again = !seen.insert(signal);
                let level = match signal {
                    Signal::SIGINT if !sender.engine => after_interrupt(asked.borrow().level),
                    // Anyone who sends it again means now. A cluster's warning before it, or the two SIGHUP of a terminal
                    // that is closed, are no second request.
                    Signal::SIGTERM if again => StopLevel::Kill,
                    // A warning. What can't be finished is given back when time is up.
                    Signal::SIGUSR1 | Signal::SIGUSR2 if sender.ends_known => StopLevel::Drain,
                    // The machine is being taken away, or the terminal is gone: nobody meant the trials.
                    _ => StopLevel::Terminate,
                };
                exit.send_modify(|exit| {
                    exit.get_or_insert(Exit::after(signal));
                });
                if StopRequest::ask(&asked, level, sender.engine || signal != Signal::SIGINT) {
                    ui.say(words(level, signal));
                }
            }
        });
        Ok(Self { stop, received, task })
    }

    /// Where the signals ask an agent to stop.
    pub fn stop(&self) -> watch::Sender<StopRequest> {
        self.stop.clone()
    }

    /// Waits for the first signal, and returns how the program is to end.
    pub async fn received(&self) -> Exit {
        let mut received = self.received.clone();
        let exit = received.wait_for(Option::is_some).await.ok().and_then(|exit| *exit);
        match exit {
            Some(exit) => exit,
            None => std::future::pending().await,
        }
    }

    /// A failure of what a signal may have ended: the exit code says that the signal was obeyed, and the message what the
    /// store did not get because of it.
    pub fn ended(&self, failure: CommandFailure) -> CommandFailure {
        let exit = self.exit().unwrap_or(failure.exit);
        CommandFailure { exit, ..failure }
    }

    /// The exit code of the first signal, if one came.
    pub fn exit(&self) -> Option<Exit> {
        *self.received.borrow()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits for Ctrl-C or another signal that asks for the end, and says how the program is to end.
pub async fn asked_to_end() -> Result<Exit, CommandFailure> {
    let mut signals = EndSignals::listen().map_err(|error| not_heard(&error))?;
    Ok(Exit::after(signals.next().await))
}

pub fn not_heard(error: &std::io::Error) -> CommandFailure {
    CommandFailure::new(Exit::WorkFailed, "the program cannot listen for signals").caused_by(error)
}

fn after_interrupt(present: StopLevel) -> StopLevel {
    match present {
        StopLevel::No => StopLevel::Drain,
        StopLevel::Drain => StopLevel::Terminate,
        StopLevel::Terminate | StopLevel::Kill => StopLevel::Kill,
    }
}

fn words(level: StopLevel, signal: Signal) -> &'static str {
    match level {
        StopLevel::Terminate if signal != Signal::SIGINT => "Ending the running trials and giving them back.",
        StopLevel::No | StopLevel::Drain if signal != Signal::SIGINT => {
            "The time is nearly up: no more are started, and what runs longer is given back."
        }
        StopLevel::No | StopLevel::Drain => {
            "Finishing the running trials; no more are started. Ctrl-C again ends them, a third time kills them."
        }
        StopLevel::Terminate => "Ending the running trials. Ctrl-C again kills them at once.",
        StopLevel::Kill => "Killing the running trials.",
    }
}
