//! Decides what runs when, by a seed: one of the tasks that could run is polled, then another.
//!
//! Each task belongs to an owner: a life of an agent, a command, the world itself. An owner can be put to sleep, as by
//! SIGSTOP, and killed between any two polls of its tasks, as by SIGKILL.

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

/// More polls than this, or than so many for each trial, are a schedule that never ends.
const MOST_POLLS: u64 = 20_000_000;
const MOST_POLLS_OF_A_TRIAL: u64 = 20_000;

pub(super) struct Scheduler {
    tasks: Mutex<TaskTable>,
    /// By number.
    owners: Mutex<Vec<Life>>,
    ready: Arc<Mutex<Ready>>,
    random: Mutex<ChaCha8Rng>,
    trace: Mutex<Trace>,
    most_polls: u64,
}

struct TaskSlot {
    owner: Owner,
    /// `None`: it is being polled.
    task: Option<BoxedTask>,
    waker: Waker,
}

/// The tasks by number. Numbers are given once, in order, so that a place in a list finds them.
#[derive(Default)]
struct TaskTable(Vec<Option<TaskSlot>>);

impl TaskTable {
    /// The number of the next task.
    fn next(&self) -> usize {
        self.0.len()
    }

    fn get(&self, task: usize) -> Option<&TaskSlot> {
        self.0.get(task)?.as_ref()
    }

    fn get_mut(&mut self, task: usize) -> Option<&mut TaskSlot> {
        self.0.get_mut(task)?.as_mut()
    }

    fn remove(&mut self, task: usize) -> Option<TaskSlot> {
        self.0.get_mut(task)?.take()
    }
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
    /// In ascending order.
    tasks: Vec<usize>,
    main: Option<Waker>,
}

/// What was polled, in its order, as one number: equal traces are equal schedules.
#[derive(Default)]
struct Trace {
    hash: u64,
    polls: u64,
}

struct TaskWaker {
    task: usize,
    ready: Arc<Mutex<Ready>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut ready = lock(&self.ready);
        if let Err(place) = ready.tasks.binary_search(&self.task) {
            ready.tasks.insert(place, self.task);
        }
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

/// The life of an owner, which begins where it is first named.
fn life(owners: &mut Vec<Life>, owner: Owner) -> &mut Life {
    let place = owner.0 as usize;
    if owners.len() <= place {
        owners.resize_with(place + 1, Life::default);
    }
    &mut owners[place]
}

impl Scheduler {
    pub(super) fn new(seed: u64, trials: u64) -> Arc<Self> {
        Arc::new(Self {
            tasks: Mutex::default(),
            owners: Mutex::default(),
            ready: Arc::default(),
            random: Mutex::new(ChaCha8Rng::seed_from_u64(seed)),
            trace: Mutex::default(),
            most_polls: MOST_POLLS.max(trials * MOST_POLLS_OF_A_TRIAL),
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
        let dead = self.is_dead(owner);
        let (number, waker) = {
            let mut tasks = lock(&self.tasks);
            let number = tasks.next();
            let waker = Waker::from(Arc::new(TaskWaker { task: number, ready: Arc::clone(&self.ready) }));
            let slot = (!dead).then(|| TaskSlot { owner, task: Some(task), waker: waker.clone() });
            tasks.0.push(slot);
            (number, waker)
        };
        if !dead {
            waker.wake();
        }
        Started { scheduler: Arc::clone(self), task: number }
    }

    /// Starts a detached task.
    pub(super) fn spawn(self: &Arc<Self>, owner: Owner, task: impl Future<Output = ()> + Send + 'static) {
        std::mem::forget(self.start(owner, Box::pin(task)));
    }

    pub(super) fn is_dead(&self, owner: Owner) -> bool {
        life(&mut lock(&self.owners), owner).dead
    }

    /// Kills an owner: none of its tasks is ever polled again.
    pub(super) fn kill(&self, owner: Owner) {
        life(&mut lock(&self.owners), owner).dead = true;
        let gone: Vec<TaskSlot> = {
            let mut tasks = lock(&self.tasks);
            let of_owner = |slot: &mut TaskSlot| slot.owner == owner;
            tasks.0.iter_mut().filter_map(|slot| slot.take_if(of_owner)).collect()
        };
        drop(gone);
    }

    /// Kills an owner after so many polls of its tasks.
    pub(super) fn kill_after(&self, owner: Owner, polls: u64) {
        life(&mut lock(&self.owners), owner).left = Some(polls);
    }

    /// Takes back what [`Scheduler::kill_after`] was asked for.
    pub(super) fn spare_all(&self) {
        lock(&self.owners).iter_mut().for_each(|life| life.left = None);
    }

    /// Puts an owner to sleep, or wakes it.
    pub(super) fn set_asleep(&self, owner: Owner, asleep: bool) {
        life(&mut lock(&self.owners), owner).asleep = asleep;
        self.look_again();
    }

    pub(super) fn wake_all(&self) {
        lock(&self.owners).iter_mut().for_each(|life| life.asleep = false);
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
                if lock(&self.trace).polls > self.most_polls {
                    return Poll::Ready(false);
                }
                let Some(task) = self.pick(context) else { return Poll::Pending };
                self.poll(task);
            }
        }))
        .await
    }

    /// One of the tasks that could run. Where there is none, `context` is woken as soon as there is.
    fn pick(&self, context: &Context<'_>) -> Option<usize> {
        let mut ready = lock(&self.ready);
        let tasks = lock(&self.tasks);
        let mut owners = lock(&self.owners);
        ready.tasks.retain(|task| tasks.get(*task).is_some());
        let mut awake = Vec::with_capacity(ready.tasks.len());
        for (place, task) in ready.tasks.iter().enumerate() {
            if tasks.get(*task).is_some_and(|slot| !life(&mut owners, slot.owner).asleep) {
                awake.push(place);
            }
        }
        let place = match awake.len() {
            0 => {
                ready.main = Some(context.waker().clone());
                return None;
            }
            1 => 0,
            number => lock(&self.random).random_range(0..number as u64) as usize,
        };
        Some(ready.tasks.remove(awake[place]))
    }

    fn poll(&self, number: usize) {
        let taken = lock(&self.tasks).get_mut(number).and_then(|slot| {
            let task = slot.task.take()?;
            Some((task, slot.waker.clone(), slot.owner))
        });
        let Some((mut task, waker, owner)) = taken else { return };
        {
            let mut trace = lock(&self.trace);
            trace.polls += 1;
            trace.hash = (trace.hash ^ number as u64).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
        }
        let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
        let back = {
            let mut tasks = lock(&self.tasks);
            match tasks.get_mut(number) {
                // It was ended meanwhile, or has ended.
                None => Some(task),
                Some(_) if polled.is_ready() => {
                    tasks.remove(number);
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
            let left = life(&mut owners, owner).left.as_mut();
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
        let all = std::mem::take(&mut lock(&self.tasks).0);
        drop(all);
    }

    fn end(&self, task: usize) {
        let gone = lock(&self.tasks).remove(task);
        drop(gone);
    }
}

/// A task that was started. Dropping it ends it.
pub(super) struct Started {
    scheduler: Arc<Scheduler>,
    task: usize,
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
