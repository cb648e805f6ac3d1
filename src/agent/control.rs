//! Orders for all agents of a sweep, wherever they are: a tag on the parent run, read with every pulse.

use std::sync::Arc;

use tokio::sync::watch;

use super::Agent;
use super::heartbeat::{patience, pulse};
use super::stop::{Level, Stop};
use crate::record::Order;
use crate::tracking::ErrorKind;

/// Reads the orders until dropped.
pub(super) struct Control {
    task: tokio::task::JoinHandle<()>,
    paused: watch::Receiver<bool>,
}

impl Control {
    /// Obeys the present order before it returns: a paused sweep starts no trial.
    pub(super) async fn listen(agent: Arc<Agent>, stop: watch::Sender<Stop>) -> Self {
        let (pause, paused) = watch::channel(false);
        let look = async move |agent: &Agent| match agent.store.run(agent.sweep.id()).await {
            Ok(parent) if parent.info.active => obey(Order::of(&parent), &stop, &pause),
            Ok(_) => Stop::sweep_is_deleted(&stop),
            Err(error) if error.kind == ErrorKind::NotFound => Stop::sweep_is_deleted(&stop),
            Err(error) => tracing::debug!(%error, "the sweep's orders could not be read"),
        };
        look(&agent).await;
        let task = tokio::spawn(async move {
            loop {
                let lease = agent.options.lease;
                tokio::time::sleep(pulse(lease)).await;
                // One that waits for a server to come back must not hold up the next.
                let _ = tokio::time::timeout(patience(lease), look(&agent)).await;
            }
        });
        Self { task, paused }
    }

    /// Whether no trial may be started now.
    pub(super) fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// Waits until the sweep is paused or resumed.
    pub(super) async fn changed(&mut self) {
        if self.paused.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn obey(order: Order, stop: &watch::Sender<Stop>, pause: &watch::Sender<bool>) {
    match order {
        Order::Run | Order::Pause => {}
        Order::Stop => {
            Stop::ask(stop, Level::Drain, false);
        }
        Order::Cancel => {
            Stop::ask(stop, Level::Terminate, false);
        }
    }
    pause.send_if_modified(|paused| {
        let wanted = order == Order::Pause;
        std::mem::replace(paused, wanted) != wanted
    });
}
