//! What an agent does side by side: its tasks, and work that blocks.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::process::aside;

/// Runs tasks side by side.
pub trait Tasks: Send + Sync {
    /// Starts a task. It ends as soon as what is returned is dropped.
    fn start(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn Send + Sync>;

    /// Does work that blocks, where it holds up no task. It is dropped undone where that can't be.
    fn block(&self, work: Box<dyn FnOnce() + Send>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// A task that was started. Dropping it ends it.
pub(super) struct Task<T> {
    result: oneshot::Receiver<T>,
    _running: Box<dyn Send + Sync>,
}

impl<T: Send + 'static> Task<T> {
    /// Starts a task.
    pub(super) fn start(tasks: &Arc<dyn Tasks>, task: impl Future<Output = T> + Send + 'static) -> Self {
        let (tell, result) = oneshot::channel();
        let running = tasks.start(Box::pin(async move {
            let _ = tell.send(task.await);
        }));
        Self { result, _running: running }
    }

    /// Waits for its result; `None`: it was cut off.
    pub(super) async fn join(&mut self) -> Option<T> {
        (&mut self.result).await.ok()
    }
}

/// Does work that blocks where it holds up no task; `None`: it was cut off.
pub(super) async fn block<T: Send + 'static>(
    tasks: &Arc<dyn Tasks>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (tell, mut result) = oneshot::channel();
    let done = tasks.block(Box::new(move || {
        let _ = tell.send(work());
    }));
    done.await;
    result.try_recv().ok()
}

/// Tasks of the runtime that is entered, and threads.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeTasks;

impl Tasks for RuntimeTasks {
    fn start(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn Send + Sync> {
        Box::new(AbortOnDrop(tokio::spawn(task).abort_handle()))
    }

    fn block(&self, work: Box<dyn FnOnce() + Send>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let _ = aside(work).await;
        })
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_is_dropped_goes_no_further() {
        let tasks: Arc<dyn Tasks> = Arc::new(RuntimeTasks);
        let (tell, told) = oneshot::channel::<()>();
        let task = Task::start(&tasks, async move {
            std::future::pending::<()>().await;
            drop(tell);
        });
        drop(task);
        assert!(told.await.is_err());
    }

    #[tokio::test]
    async fn what_panics_is_cut_off() {
        let tasks: Arc<dyn Tasks> = Arc::new(RuntimeTasks);
        assert_eq!(Task::start(&tasks, async { panic!("on purpose") }).join().await, None::<u8>);
        assert_eq!(block(&tasks, || -> u8 { panic!("on purpose") }).await, None);
        assert_eq!(block(&tasks, || 7).await, Some(7));
    }
}
