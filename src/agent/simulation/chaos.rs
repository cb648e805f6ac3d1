//! What goes wrong for a while: agents are killed, suspended and taken away, ways are cut, clocks jump.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::network::NetworkCut;
use super::plan::Trouble;
use super::scheduler::WORLD;
use super::world::{Living, World};
use crate::agent::{StopLevel, StopRequest};
use crate::record::{ClaimOrder, Ledger, SweepOrder, running_runs};
use crate::tracking::{ErrorKind, Store as _};
use crate::trial::TrialIndex;

/// Lets things go wrong, and then all be well again.
pub(super) async fn disturb(world: &Arc<World>) {
    let end = Instant::now() + world.plan.disturbed;
    loop {
        sleep(Duration::from_millis(1 + world.scheduler.below(2 * world.plan.apart))).await;
        if Instant::now() >= end {
            break;
        }
        match world.plan.trouble {
            Trouble::None => {}
            Trouble::Outages => outage(world).await,
            Trouble::Agents => strike(world, 16).await,
            Trouble::People => strike(world, 20).await,
        }
    }
    world.note(|| "all is well again".to_owned());
    world.scheduler.spare_all();
    world.scheduler.wake_all();
    world.network.heal();
    let _ = world.sweep.give_order(&world.store, SweepOrder::Run).await;
    world.well.store(true, Ordering::Relaxed);
}

fn somebody(world: &World) -> Option<Living> {
    let living = world.living();
    let place = world.scheduler.below(living.len() as u64);
    living.get(usize::try_from(place).unwrap_or(0)).cloned()
}

/// Nobody loses patience with it.
async fn outage(world: &World) {
    let patience = u64::try_from(world.plan.quality.patience.as_millis()).unwrap_or(0);
    if world.scheduler.one_in(4) {
        let time = cut(world, None, None, patience / 2);
        // The next one comes when all have heard from the store.
        sleep(time + world.plan.lease / 2).await;
    }
}

async fn strike(world: &Arc<World>, kinds: u64) {
    let scheduler = &world.scheduler;
    let server = !world.plan.quality.local;
    match scheduler.below(kinds) {
        0..=2 => {
            if let Some(Living { owner, .. }) = somebody(world) {
                world.note(|| format!("kills agent {}", 1000 + owner.0));
                scheduler.kill(owner);
            }
        }
        // Between any two steps of its tasks.
        3..=6 => {
            if let Some(Living { owner, .. }) = somebody(world) {
                scheduler.kill_after(owner, 1 + scheduler.below(200));
            }
        }
        7..=9 => suspend(world),
        10 => {
            if let Some(Living { owner, stop, .. }) = somebody(world) {
                world.note(|| format!("asks agent {} to end", 1000 + owner.0));
                let level = if scheduler.one_in(4) { StopLevel::Kill } else { StopLevel::Terminate };
                StopRequest::ask(&stop, level, true);
            }
        }
        11 if server => {
            cut(world, Some(scheduler.below(world.plan.hosts as u64)), None, 20_000);
        }
        12 if server => {
            cut(world, None, None, 20_000);
        }
        13 if server => {
            let kinds = [ErrorKind::Unauthorized, ErrorKind::Forbidden, ErrorKind::Protocol];
            let kind = kinds[usize::try_from(scheduler.below(3)).unwrap_or(0)];
            cut(world, Some(scheduler.below(world.plan.hosts as u64)), Some(kind), 3000);
        }
        14 => {
            let host = usize::try_from(scheduler.below(world.plan.hosts as u64)).unwrap_or(0);
            let days = i64::try_from(scheduler.below(41)).unwrap_or(0) - 20;
            world.note(|| format!("the clock of host {host} is {days} days off"));
            world.skews[host].store(days * 86_400_000, Ordering::Relaxed);
        }
        15 => {
            let order = if scheduler.one_in(2) { SweepOrder::Pause } else { SweepOrder::Run };
            world.note(|| format!("orders {order:?}"));
            let _ = world.sweep.give_order(&world.store, order).await;
        }
        16 => delete(world).await,
        17..=18 => repeat(world).await,
        _ => {}
    }
}

/// A person deletes the run of a trial that runs.
async fn delete(world: &World) {
    let running = running_runs(&world.store, &world.sweep).await.unwrap_or_default();
    let place = usize::try_from(world.scheduler.below(running.len() as u64)).unwrap_or(0);
    let Some(run) = running.get(place) else { return };
    world.note(|| format!("somebody deletes {}", run.info.id));
    world.observer.see().deleted.push(run.info.id.clone());
    let _ = world.store.delete_run(&run.info.id).await;
}

/// A person has a trial run again.
async fn repeat(world: &World) {
    let trial = TrialIndex(world.scheduler.below(world.plan.trials));
    let (store, token) = (Arc::new(world.store.clone()), "person".to_owned());
    let opened = Ledger::open(store, &world.sweep.ledger, token, ClaimOrder::Ascending, None).await;
    let Ok(ledger) = opened else { return };
    let again = ledger.reopen(&BTreeSet::from([trial])).await.unwrap_or_default();
    if !again.is_empty() {
        world.note(|| format!("somebody has trial {trial} run again"));
        world.observer.see().repeated.insert(trial);
    }
}

fn suspend(world: &Arc<World>) {
    let Some(Living { owner, .. }) = somebody(world) else { return };
    let most = 3 * u64::try_from(world.plan.lease.as_millis()).unwrap_or(0);
    let time = Duration::from_millis(50 + world.scheduler.below(most));
    world.note(|| format!("agent {} sleeps for {time:?}", 1000 + owner.0));
    world.scheduler.set_asleep(owner, true);
    world.observer.see().slept.insert(owner, Instant::now() + time);
    let scheduler = Arc::clone(&world.scheduler);
    world.scheduler.spawn(WORLD, async move {
        sleep(time).await;
        scheduler.set_asleep(owner, false);
    });
}

fn cut(world: &World, host: Option<u64>, answer: Option<ErrorKind>, most: u64) -> Duration {
    let time = Duration::from_millis(100 + world.scheduler.below(most));
    world.note(|| format!("cuts {host:?} for {time:?}: {answer:?}"));
    let cut = NetworkCut { until: Instant::now() + time, answer };
    for number in 0..world.plan.hosts {
        if host.is_none_or(|host| host == number as u64) {
            world.network.cut(number, cut);
        }
    }
    time
}
