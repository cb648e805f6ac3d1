//! Between fork and exec a command allocates nothing: another thread of the agent may hold the allocator's lock.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use sweep::testing::{Child, ChildSpec, CommandExit, Guard, OwnerMark};

/// The process that may allocate; 0: every one.
static ALLOWED: AtomicI32 = AtomicI32::new(0);

/// The system's allocator, which ends a process that was forked off.
struct Watched;

// SAFETY: it hands all to the system's own.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let allowed = ALLOWED.load(Ordering::Relaxed);
        if allowed != 0 && allowed != nix::unistd::getpid().as_raw() {
            let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGABRT);
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

fn spec(program: &str) -> ChildSpec {
    ChildSpec {
        argv: vec![program.into()],
        env_remove: vec!["HOME"],
        env: vec![("WORD".into(), "hello".into())],
        folder: Some("/".into()),
        mark: OwnerMark::of(&["after fork", program]),
    }
}

#[tokio::test]
async fn nothing_is_allocated_between_fork_and_exec() {
    // The guard's program is this test, which does not know the argument and ends: a guard that is gone.
    let guard = Arc::new(Guard::start("--list").unwrap());
    ALLOWED.store(nix::unistd::getpid().as_raw(), Ordering::Relaxed);
    for guard in [None, Some(guard)] {
        let mut child = Child::spawn(&spec("true"), guard.clone()).unwrap();
        assert_eq!(child.watch(|_| {}).await.unwrap(), CommandExit::Exited(0));
        // A failure is reported by its number.
        assert!(Child::spawn(&spec("no-such-program"), guard).is_err());
    }
}
