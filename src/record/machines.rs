//! Which machines work with a database file: SQLite is safe between the processes of one machine, and only there.
//!
//! An agent leaves its machine on the parent run when it starts, and on every run that it makes. Anyone who comes from
//! another machine sees both, with their last signs of life.

use super::catalog::{Sweep, search_all};
use super::tags;
use super::trial_tags::last_sign;
use crate::tracking::{Result, Run, RunProjection, RunQuery, Store};

/// Signs of life that are not older count, milliseconds: a little more than agents are silent, and clocks differ.
const FRESH: i64 = 120_000;
/// A sign that lies further in the future is that of a wrong clock, milliseconds.
const FUTURE: i64 = 24 * 3_600_000;

/// A machine, by its running kernel and by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Different for every machine and every start of it; the same in all containers on it.
    pub id: String,
    /// Its name, for people.
    pub host: String,
}

impl Machine {
    /// What stands in [`tags::MACHINE`].
    #[must_use]
    pub fn tag(&self) -> String {
        format!("{} {}", self.id, self.host_in_tag())
    }

    /// Its name as [`Machine::tag`] writes it: one word.
    #[must_use]
    pub fn host_in_tag(&self) -> String {
        self.host.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_')).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        Some(Self { id: words.next()?.to_owned(), host: words.next()?.to_owned() })
    }
}

/// Another machine at work in the store, with the age of its last sign of life in milliseconds.
///
/// # Errors
/// As the store's.
pub async fn other_machine(store: &dyn Store, own: &Machine, now: i64) -> Result<Option<(Machine, i64)>> {
    let query = RunQuery {
        experiment_ids: store.experiments().await?.into_iter().map(|experiment| experiment.id).collect(),
        filter: format!("attributes.status = 'RUNNING' AND tags.`{}` LIKE '% %'", tags::MACHINE),
        want: RunProjection::only(&[tags::MACHINE, tags::SWEEP, tags::HEARTBEAT], &[]),
        ..RunQuery::default()
    };
    let found = search_all(store, query).await?;
    let others = found.iter().filter_map(|run| {
        let machine = Machine::parse(run.tag(tags::MACHINE)?).filter(|machine| machine.id != own.id)?;
        let age = now.saturating_sub(sign_of(run));
        (-FUTURE..FRESH).contains(&age).then_some((machine, age))
    });
    Ok(others.min_by_key(|(_, age)| *age))
}

/// The time at which the machine of a run was last heard of.
fn sign_of(run: &Run) -> i64 {
    match run.tag(tags::SWEEP) {
        // The parent run tells when the last agent started.
        Some(_) => run
            .tag(tags::MACHINE)
            .and_then(|text| text.split(' ').nth(2)?.parse().ok())
            .unwrap_or(run.info.start_time),
        None => last_sign(run),
    }
}

/// Leaves word that an agent of this machine starts to work on a sweep.
///
/// # Errors
/// As the store's.
pub async fn enter_machine(store: &dyn Store, sweep: &Sweep, own: &Machine, now: i64) -> Result<()> {
    let tag = (tags::MACHINE.to_owned(), format!("{} {now}", own.tag()));
    store.log_batch(sweep.id(), &[], &[], &[tag]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::NewSweep;
    use crate::tracking::embedded::EmbeddedStore;
    use crate::tracking::{NewRun, RunUpdate};
    use crate::trial::RunStatus;

    fn machine(id: &str, host: &str) -> Machine {
        Machine { id: id.into(), host: host.into() }
    }

    async fn sweep(store: &dyn Store) -> Sweep {
        let new = NewSweep {
            name: "s",
            experiment: "e",
            config: b"command: x\n",
            seed: 1,
            method: "random",
            note: None,
            user: "ann",
            tags: Vec::new(),
            prior: None,
            now: 1_000,
        };
        Sweep::create(store, &new).await.unwrap()
    }

    fn store() -> (tempfile::TempDir, EmbeddedStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(folder.path().join("mlflow.db").to_str().unwrap()).unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn an_agent_that_has_just_started_is_seen_by_other_machines_alone() {
        let (_folder, store) = store();
        let sweep = sweep(&store).await;
        let (one, two) = (machine("aaaa", "one"), machine("bbbb", "two"));
        assert_eq!(other_machine(&store, &two, 1_000_000).await.unwrap(), None);
        enter_machine(&store, &sweep, &one, 1_000_000).await.unwrap();
        assert_eq!(other_machine(&store, &two, 1_005_000).await.unwrap(), Some((one.clone(), 5_000)));
        // A container of the same machine has another name.
        assert_eq!(other_machine(&store, &machine("aaaa", "c0ffee"), 1_005_000).await.unwrap(), None);
        // What was left long ago is nobody's sign of life, and a clock that goes wrong is no reason for ever.
        assert_eq!(other_machine(&store, &two, 1_000_000 + FRESH).await.unwrap(), None);
        assert_eq!(other_machine(&store, &two, 1_000_000 - 2 * FUTURE).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_running_trial_of_another_machine_is_seen_until_it_ends() {
        let (_folder, store) = store();
        let (one, two) = (machine("aaaa", "one"), machine("bbbb", "two"));
        let experiment_id = store.create_experiment("e").await.unwrap();
        let new = NewRun {
            experiment_id,
            name: "trial-0000".into(),
            user: "ann".into(),
            start_time: 1_000_000,
            tags: vec![(tags::MACHINE.into(), one.tag())],
        };
        let run = store.create_run(&new).await.unwrap();
        assert_eq!(other_machine(&store, &two, 1_030_000).await.unwrap(), Some((one, 30_000)));
        let ended = RunUpdate { status: Some(RunStatus::Finished), ..RunUpdate::default() };
        store.update_run(&run.id, &ended).await.unwrap();
        assert_eq!(other_machine(&store, &two, 1_030_000).await.unwrap(), None);
    }
}
