//! Decides what runs when, by a seed: one of the tasks that could run is polled, then another.
//!
//! Each task belongs to an owner: a life of an agent, a command, the world itself. An owner can be put to sleep, as by
//! SIGSTOP, and killed between any two polls of its tasks, as by SIGKILL.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::agent::tasks::Tasks;

pub(super) type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Owner(pub(super) u32);

/// Nobody kills it, nor puts it to sleep.
pub(super) const WORLD: Owner = Owner(0);

/// More polls than this are a schedule that never ends.
const MOST_POLLS: u64 = 20_000_000;

pub(super) struct Scheduler {
    tasks: Mutex<BTreeMap<u64, TaskSlot>>,
    owners: Mutex<BTreeMap<Owner, Life>>,
    ready: Arc<Mutex<Ready>>,
    random: Mutex<ChaCha8Rng>,
    trace: Mutex<Trace>,
}

struct TaskSlot {
    owner: Owner,
    /// `None`: it is being polled.
    task: Option<BoxedTask>,
    waker: Waker,
}

#[derive(Default)]
struct Life {
    asleep: bool,
    dead: bool,
    /// Polls until it is killed; `None`: it is not to be.
    left: Option<u64>,
}

#[derive(Default)]
struct Ready {
    tasks: BTreeSet<u64>,
    main: Option<Waker>,
}

/// What was polled, in its order, as one number: equal traces are equal schedules.
#[derive(Default)]
struct Trace {
    hash: u64,
    polls: u64,
    tasks: u64,
}

struct TaskWaker {
    task: u64,
    ready: Arc<Mutex<Ready>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = lock(&self.ready);
        ready.tasks.insert(self.task);
        let main = ready.main.take();
        drop(ready);
        if let Some(main) = main {
            main.wake();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scheduler {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            tasks: Mutex::default(),
            owners: Mutex::default(),
            ready: Arc::default(),
            random: Mutex::new(ChaCha8Rng::seed_from_u64(seed)),
            trace: Mutex::default(),
        })
    }

    /// A number below this one.
    pub(super) fn below(&self, end: u64) -> u64 {
        if end < 2 { 0 } else { lock(&self.random).random_range(0..end) }
    }

    /// True once in so many times.
    pub(super) fn one_in(&self, number: u64) -> bool {
        self.below(number) == 0
    }

    /// What has happened so far, as one number.
    pub(super) fn trace(&self) -> (u64, u64) {
        let trace = lock(&self.trace);
        (trace.hash, trace.polls)
    }

    /// Starts a task of this owner; what is returned ends it.
    pub(super) fn start(self: &Arc<Self>, owner: Owner, task: BoxedTask) -> Started {
        let number = {
            let mut trace = lock(&self.trace);
            trace.tasks += 1;
            trace.tasks
        };
        let waker = Waker::from(Arc::new(TaskWaker { task: number, ready: Arc::clone(&self.ready) }));
        let dead = self.is_dead(owner);
        if !dead {
            lock(&self.tasks).insert(number, TaskSlot { owner, task: Some(task), waker: waker.clone() });
            waker.wake();
        }
        Started { scheduler: Arc::clone(self), task: number }
    }

    /// Starts a task that nobody waits for.
    pub(super) fn spawn(self: &Arc<Self>, owner: Owner, task: impl Future<Output = ()> + Send + 'static) {
        std::mem::forget(self.start(owner, Box::pin(task)));
    }

    pub(super) fn is_dead(&self, owner: Owner) -> bool {
        lock(&self.owners).get(&owner).is_some_and(|life| life.dead)
    }

    /// Kills an owner: none of its tasks is ever polled again.
    pub(super) fn kill(&self, owner: Owner) {
        lock(&self.owners).entry(owner).or_default().dead = true;
        let gone: Vec<TaskSlot> = {
            let mut tasks = lock(&self.tasks);
            tasks.extract_if(.., |_, slot| slot.owner == owner).map(|(_, slot)| slot).collect()
        };
        drop(gone);
    }

    /// Kills an owner after so many polls of its tasks.
    pub(super) fn kill_after(&self, owner: Owner, polls: u64) {
        lock(&self.owners).entry(owner).or_default().left = Some(polls);
    }

    /// Takes back what [`Scheduler::kill_after`] was asked for.
    pub(super) fn spare_all(&self) {
        lock(&self.owners).values_mut().for_each(|life| life.left = None);
    }

    /// Puts an owner to sleep, or wakes it.
    pub(super) fn set_asleep(&self, owner: Owner, asleep: bool) {
        lock(&self.owners).entry(owner).or_default().asleep = asleep;
        self.look_again();
    }

    pub(super) fn wake_all(&self) {
        lock(&self.owners).values_mut().for_each(|life| life.asleep = false);
        self.look_again();
    }

    fn look_again(&self) {
        let main = lock(&self.ready).main.take();
        if let Some(main) = main {
            main.wake();
        }
    }

    /// Runs tasks until `is_over`; true where it is, false where nothing would ever end.
    pub(super) async fn run(&self, mut is_over: impl FnMut() -> bool) -> bool {
        // tokio would have a task yield after so many calls, and all of this is one.
        tokio::task::unconstrained(poll_fn(|context| {
            loop {
                if is_over() {
                    return Poll::Ready(true);
                }
                if lock(&self.trace).polls > MOST_POLLS {
                    return Poll::Ready(false);
                }
                let Some(task) = self.pick(context) else { return Poll::Pending };
                self.poll(task);
            }
        }))
        .await
    }

    /// One of the tasks that could run. Where there is none, `context` is woken as soon as there is.
    fn pick(&self, context: &Context<'_>) -> Option<u64> {
        let mut ready = lock(&self.ready);
        let tasks = lock(&self.tasks);
        let owners = lock(&self.owners);
        ready.tasks.retain(|task| tasks.contains_key(task));
        let is_awake = |task: &&u64| {
            let owner = tasks.get(*task).map(|slot| slot.owner);
            owner.and_then(|owner| owners.get(&owner)).is_none_or(|life| !life.asleep)
        };
        let number = ready.tasks.iter().filter(is_awake).count();
        if number == 0 {
            ready.main = Some(context.waker().clone());
            return None;
        }
        let place = if number == 1 { 0 } else { lock(&self.random).random_range(0..number) };
        let task = ready.tasks.iter().filter(is_awake).nth(place).copied()?;
        ready.tasks.remove(&task);
        Some(task)
    }

    fn poll(&self, number: u64) {
        let taken = lock(&self.tasks).get_mut(&number).and_then(|slot| {
            let task = slot.task.take()?;
            Some((task, slot.waker.clone(), slot.owner))
        });
        let Some((mut task, waker, owner)) = taken else { return };
        {
            let mut trace = lock(&self.trace);
            trace.polls += 1;
            trace.hash = (trace.hash ^ number).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
        }
        let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
        let back = {
            let mut tasks = lock(&self.tasks);
            match tasks.get_mut(&number) {
                // It was ended meanwhile, or has ended.
                None => Some(task),
                Some(_) if polled.is_ready() => {
                    tasks.remove(&number);
                    Some(task)
                }
                Some(slot) => {
                    slot.task = Some(task);
                    None
                }
            }
        };
        drop(back);
        self.count(owner);
    }

    fn count(&self, owner: Owner) {
        let is_due = {
            let mut owners = lock(&self.owners);
            let left = owners.get_mut(&owner).and_then(|life| life.left.as_mut());
            left.is_some_and(|left| {
                *left = left.saturating_sub(1);
                *left == 0
            })
        };
        if is_due && !self.is_dead(owner) {
            self.kill(owner);
        }
    }

    /// Ends all tasks: they hold the world, and it holds them.
    pub(super) fn end_all(&self) {
        let all = std::mem::take(&mut *lock(&self.tasks));
        drop(all);
    }

    fn end(&self, task: u64) {
        let gone = lock(&self.tasks).remove(&task);
        drop(gone);
    }
}

/// A task that was started. Dropping it ends it.
pub(super) struct Started {
    scheduler: Arc<Scheduler>,
    task: u64,
}

impl Drop for Started {
    fn drop(&mut self) {
        self.scheduler.end(self.task);
    }
}

/// The tasks of one owner.
pub(super) struct TasksOf {
    pub(super) scheduler: Arc<Scheduler>,
    pub(super) owner: Owner,
}

impl Tasks for TasksOf {
    fn start(&self, task: BoxedTask) -> Box<dyn Send + Sync> {
        Box::new(self.scheduler.start(self.owner, task))
    }

    fn block(&self, work: Box<dyn FnOnce() + Send>) -> BoxedTask {
        Box::pin(async move { work() })
    }
}
