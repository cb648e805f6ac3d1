//! Work that would block the thread on which heartbeats and signals are heard.

use tokio::sync::oneshot;

/// Does some work on a thread of its own, for which the end of the program does not wait: what hangs in the kernel does not
/// hold it up. `None`: no thread can be started, or the work has failed.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = oneshot::channel();
    // tokio's own threads are unusable here: it panics where the system refuses one.
    let thread = std::thread::Builder::new().name("aside".into()).spawn(move || {
        let _ = tell.send(work());
    });
    thread.ok()?;
    told.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_beside_the_thread_that_waits() {
        let here = std::thread::current().id();
        assert!(aside(move || std::thread::current().id() != here).await.unwrap());
        assert_eq!(aside(|| -> u8 { panic!("on purpose") }).await, None, "a panic is no answer");
    }
}
