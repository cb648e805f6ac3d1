//! Sweeps in a store: making the parent run, opening it, finding it.

use std::collections::BTreeMap;

use super::digest::sha256;
use super::import_mark::ImportMark;
use super::ledger::{Ledger, experiment};
use super::prior::PriorTrials;
use super::tags;
use super::versions::{ConfigVersion, read_versions};
use crate::config::nearest;
use crate::tracking::{
    ErrorKind, NewRun, Pages, Result, Run, RunId, RunInfo, RunQuery, RunUpdate, Store, TrackingError,
    ViewType,
};
use crate::trial::RunStatus;

/// Where the config lies among the parent run's artifacts, as it was written.
pub const CONFIG_ARTIFACT: &str = "sweep_config.yaml";

/// What the agents of a sweep are to do, wherever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepOrder {
    /// Continue.
    Run,
    /// Start no trials until further notice.
    Pause,
    /// Start no more trials.
    Stop,
    /// End the running ones, too.
    Cancel,
}

impl SweepOrder {
    fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Pause => "pause",
            Self::Stop => "stop",
            Self::Cancel => "cancel",
        }
    }

    /// An order to the agents, on the parent run.
    #[must_use]
    pub fn of(parent: &Run) -> Self {
        let word = parent.tag(tags::CONTROL).unwrap_or_default();
        let known = [Self::Pause, Self::Stop, Self::Cancel].into_iter().find(|order| order.word() == word);
        known.unwrap_or(Self::Run)
    }
}

/// A sweep that is to be made.
pub struct NewSweep<'a> {
    /// Name of the parent run.
    pub name: &'a str,
    /// Name of the experiment, made where there is none.
    pub experiment: &'a str,
    /// The config as it was written.
    pub config: &'a [u8],
    /// The seed of every draw.
    pub seed: u64,
    /// How points are chosen, for people.
    pub method: &'a str,
    /// A description for MLflow's pages.
    pub note: Option<&'a str>,
    /// Who makes it.
    pub user: &'a str,
    /// Further tags: git commit and branch. They stand where `sweep` would set the same.
    pub tags: Vec<(String, String)>,
    /// Trials of earlier sweeps that its strategy is to know.
    pub prior: Option<&'a PriorTrials>,
    /// Now, epoch milliseconds.
    pub now: i64,
}

/// A sweep in a store.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Its parent run.
    pub parent: Run,
    /// The seed of every draw.
    pub seed: u64,
    /// The ledger's root run.
    pub ledger: RunId,
    /// The newest config as it was written.
    pub config: Vec<u8>,
    /// All versions of it, the first one first: `sweep edit` adds to them.
    pub versions: Vec<ConfigVersion>,
}

impl Sweep {
    /// Makes the parent run with the config as its artifact, and the ledger.
    ///
    /// # Errors
    /// As the store's.
    pub async fn create(store: &dyn Store, new: &NewSweep<'_>) -> Result<Self> {
        let experiment_id = experiment(store, new.experiment).await?;
        let mut run_tags: Vec<(String, String)> = vec![
            (tags::SWEEP.into(), "True".into()),
            (tags::SEED.into(), new.seed.to_string()),
            (tags::METHOD.into(), new.method.into()),
            (tags::CONFIG_SHA256.into(), sha256(new.config)),
            (tags::VERSION.into(), env!("CARGO_PKG_VERSION").into()),
            (tags::USER.into(), new.user.into()),
            (tags::SOURCE_NAME.into(), "sweep".into()),
            (tags::SOURCE_TYPE.into(), "LOCAL".into()),
        ];
        run_tags.extend(new.note.map(|note| (tags::NOTE.into(), note.into())));
        run_tags.extend(new.tags.iter().cloned());
        run_tags.extend(new.prior.map(|prior| (tags::PRIOR.into(), prior.trials.len().to_string())));
        // A server refuses a tag that stands there twice.
        let run_tags: BTreeMap<String, String> = run_tags.into_iter().collect();
        let run = NewRun {
            experiment_id,
            name: new.name.to_owned(),
            user: new.user.to_owned(),
            start_time: new.now,
            tags: run_tags.into_iter().collect(),
        };
        let info = store.create_run(&run).await?;
        let ledger = match Self::complete(store, new, &info).await {
            Ok(ledger) => ledger,
            Err(error) => {
                // Half a sweep would be the newest one for the next command.
                if let Err(left) = store.delete_run(&info.id).await {
                    tracing::debug!(error = %left, "run {} of a sweep that failed to be made is left", info.id);
                }
                return Err(error);
            }
        };
        let mut tags = run.tags;
        tags.push((tags::LEDGER.to_owned(), ledger.to_string()));
        let parent = Run { tags, ..Run::bare(info) };
        let versions = vec![first_version(&parent, new.config)];
        Ok(Self { parent, seed: new.seed, ledger, config: new.config.to_vec(), versions })
    }

    /// Gives a new parent run what makes it a sweep.
    async fn complete(store: &dyn Store, new: &NewSweep<'_>, info: &RunInfo) -> Result<RunId> {
        store.put_artifact(info, CONFIG_ARTIFACT, new.config.to_vec()).await?;
        if let Some(prior) = new.prior {
            store.put_artifact(info, tags::PRIOR_ARTIFACT, prior.to_json().to_string().into_bytes()).await?;
        }
        let ledger = Ledger::create(store, info, new.user).await?;
        // Last, so that a sweep that has a ledger is complete.
        let entry = (tags::LEDGER.to_owned(), ledger.to_string());
        store.log_batch(&info.id, &[], &[], std::slice::from_ref(&entry)).await?;
        Ok(ledger)
    }

    /// Opens a sweep by the id of its parent run.
    ///
    /// # Errors
    /// `NotFound` where there is no such run, `Invalid` where it is no sweep of ours or its config was changed.
    pub async fn open(store: &dyn Store, id: &RunId) -> Result<Self> {
        Self::of_run(store, store.run(id).await?).await
    }

    /// Opens the sweep whose parent run has been read already.
    ///
    /// # Errors
    /// `Invalid` where the run is no sweep of ours or its config was changed.
    pub async fn of_run(store: &dyn Store, parent: Run) -> Result<Self> {
        let id = &parent.info.id;
        if parent.tag(tags::SWEEP).is_none() {
            return Err(invalid(format!("run {id} is not a sweep"))
                .hint("`sweep init` prints the id of the sweep that it makes."));
        }
        let tag = |key: &str| parent.tag(key).map(str::to_owned);
        let (Some(ledger), Some(seed)) = (tag(tags::LEDGER), tag(tags::SEED).and_then(|s| s.parse().ok()))
        else {
            return Err(invalid(format!("sweep {id} has no ledger")).hint(
                "It was made by another program, or `sweep init` was cut off: run `sweep init` again.",
            ));
        };
        let config = store.artifact(&parent.info, CONFIG_ARTIFACT).await?;
        if tag(tags::CONFIG_SHA256).is_some_and(|written| written != sha256(&config)) {
            return Err(invalid(format!("the config of sweep {id} is not the one it was made with"))
                .hint("Its artifact was changed: run `sweep init` again for a new sweep."));
        }
        let first = first_version(&parent, &config);
        let versions = read_versions(store, &parent, first).await?;
        let config = versions.last().map_or(config, |newest| newest.bytes.clone());
        Ok(Self { parent, seed, ledger: RunId(ledger), config, versions })
    }

    /// The id of the one sweep whose id begins with `prefix`, or that has this name; of several of one name the newest
    /// is `NAME@latest`.
    ///
    /// # Errors
    /// `NotFound` where there is none, `Invalid` where there are several.
    pub async fn find(store: &dyn Store, prefix: &str) -> Result<RunId> {
        if RunId::is_whole(prefix) {
            return Ok(RunId(prefix.to_owned()));
        }
        let sweeps = Self::all(store).await?;
        if let Some(name) = prefix.strip_suffix(LATEST)
            && let Some(newest) = of_name(&sweeps, name).last()
        {
            return Ok(newest.info.id.clone());
        }
        let mut found = sweeps.iter().filter(|run| run.info.id.as_str().starts_with(prefix));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.info.id.clone()),
            (Some(_), Some(_)) => {
                Err(invalid(format!("several sweeps match `{prefix}`")).hint("Give a longer prefix."))
            }
            _ => named(store, &sweeps, prefix),
        }
    }

    /// The id of the newest sweep of the store.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    pub async fn latest(store: &dyn Store) -> Result<RunId> {
        // One without a ledger was cut off while it was made, or comes from another program.
        let whole = |run: &Run| run.tag(tags::LEDGER).is_some();
        let imported = Self::all(store).await?.into_iter().filter(|run| ImportMark::of(run).is_none());
        let newest = imported.max_by_key(|run| (whole(run), run.info.start_time));
        newest.map(|run| run.info.id).ok_or_else(|| {
            TrackingError::new(ErrorKind::NotFound, format!("there is no sweep in {}", store.uri()))
                .hint("Write a sweep file, then: sweep init CONFIG.")
        })
    }

    /// The parent runs of all sweeps.
    ///
    /// # Errors
    /// As the store's.
    pub async fn all(store: &dyn Store) -> Result<Vec<Run>> {
        Self::all_of(store, ViewType::Active).await
    }

    /// The parent runs of all sweeps that are in use, or of those that were deleted.
    ///
    /// # Errors
    /// As the store's.
    pub async fn all_of(store: &dyn Store, view: ViewType) -> Result<Vec<Run>> {
        let experiment_ids = store.experiments().await?.into_iter().map(|experiment| experiment.id).collect();
        let query = RunQuery {
            experiment_ids,
            filter: format!("tags.{} = 'True'", tags::SWEEP),
            view,
            ..RunQuery::default()
        };
        search_all(store, query).await
    }

    /// The id of its parent run.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.parent.info.id
    }

    /// Its id where it was made: another one if it was imported.
    #[must_use]
    pub fn original_id(&self) -> &str {
        self.parent.tag(tags::IMPORTED_SWEEP).unwrap_or(self.id().as_str())
    }

    /// Reads what its agents are to do.
    ///
    /// # Errors
    /// As the store's.
    pub async fn order(&self, store: &dyn Store) -> Result<SweepOrder> {
        Ok(SweepOrder::of(&store.run(self.id()).await?))
    }

    /// Gives its agents an order: they notice at their next look. Returns which order it is, for [`answered`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn give_order(&self, store: &dyn Store, order: SweepOrder) -> Result<String> {
        let id = format!("{:016x}", rand::random::<u64>());
        let order =
            [(tags::CONTROL.to_owned(), order.word().to_owned()), (tags::CONTROL_ID.to_owned(), id.clone())];
        store.log_batch(self.id(), &[], &[], &order).await?;
        Ok(id)
    }

    /// Asks agents to answer again, whatever their order is: they have something to take note of.
    ///
    /// # Errors
    /// As the store's.
    pub(super) async fn ask_for_answers(&self, store: &dyn Store) -> Result<String> {
        let id = format!("{:016x}", rand::random::<u64>());
        store.log_batch(self.id(), &[], &[], &[(tags::CONTROL_ID.to_owned(), id.clone())]).await?;
        Ok(id)
    }

    /// Notes that an agent has heard an order.
    ///
    /// # Errors
    /// As the store's.
    pub async fn answer_order(&self, store: &dyn Store, agent: &str, order: &str) -> Result<()> {
        let answer = (format!("{}{agent}", tags::HEARD_PREFIX), order.to_owned());
        store.log_batch(self.id(), &[], &[], &[answer]).await
    }

    /// Gives the sweep another name: its parent run and the runs of its ledger, whose names say whose they are.
    ///
    /// # Errors
    /// As the store's.
    pub async fn rename(&self, store: &dyn Store, name: &str) -> Result<()> {
        let named = |name: String| RunUpdate { name: Some(name), ..RunUpdate::default() };
        // Last, so that a renaming that is cut off can be repeated.
        for run in Ledger::runs(store, &self.ledger).await? {
            let old = store.run(&run).await?.info.name;
            let new = old.replacen(&self.parent.info.name, name, 1);
            store.update_run(&run, &named(new)).await?;
        }
        store.update_run(self.id(), &named(name.to_owned())).await
    }

    /// Sets the parent run going again.
    ///
    /// # Errors
    /// As the store's.
    pub async fn reopen(&self, store: &dyn Store) -> Result<()> {
        let update = RunUpdate { status: Some(RunStatus::Running), ..RunUpdate::default() };
        store.update_run(self.id(), &update).await
    }

    /// Ends the parent run, and the ledger's runs with it.
    ///
    /// # Errors
    /// As the store's.
    pub async fn finish(&self, store: &dyn Store, now: i64) -> Result<()> {
        let update =
            RunUpdate { status: Some(RunStatus::Finished), end_time: Some(now), ..RunUpdate::default() };
        for run in Ledger::runs(store, &self.ledger).await? {
            store.update_run(&run, &update).await?;
        }
        store.update_run(self.id(), &update).await
    }
}

/// What a sweep was made with.
fn first_version(parent: &Run, config: &[u8]) -> ConfigVersion {
    ConfigVersion {
        number: 1,
        bytes: config.to_vec(),
        sha256: sha256(config),
        by: parent.tag(tags::USER).unwrap_or_default().to_owned(),
        at: parent.info.start_time,
    }
}

/// Which order a parent run holds.
#[must_use]
pub fn order_id(parent: &Run) -> Option<&str> {
    parent.tag(tags::CONTROL_ID)
}

/// The agents that have heard an order.
pub fn answered<'a>(parent: &'a Run, order: &'a str) -> impl Iterator<Item = &'a str> {
    let heard = parent.tags.iter().filter(move |(_, heard)| heard == order);
    heard.filter_map(|(key, _)| key.strip_prefix(tags::HEARD_PREFIX))
}

/// The agents that have heard the present order.
pub fn answered_last(parent: &Run) -> impl Iterator<Item = &str> {
    order_id(parent).into_iter().flat_map(|order| answered(parent, order))
}

/// What stands after a name where the newest sweep of this name is meant.
pub const LATEST: &str = "@latest";

/// The sweeps of this name, the newest last. One that is not whole yet is not meant by its name.
#[must_use]
pub fn of_name<'a>(sweeps: &'a [Run], name: &str) -> Vec<&'a Run> {
    let mut found: Vec<&Run> =
        sweeps.iter().filter(|run| run.info.name == name && ImportMark::of(run).is_none()).collect();
    found.sort_by_key(|run| run.info.start_time);
    found
}

/// The one sweep of this name.
fn named(store: &dyn Store, sweeps: &[Run], name: &str) -> Result<RunId> {
    let found: Vec<&Run> = sweeps.iter().filter(|run| run.info.name == name).collect();
    match found.as_slice() {
        [one] => Ok(one.info.id.clone()),
        [] => {
            let missing = TrackingError::new(
                ErrorKind::NotFound,
                format!("there is no sweep `{name}` in {}", store.uri()),
            );
            let names = sweeps.iter().map(|run| run.info.name.as_str());
            Err(match nearest(name, names) {
                Some(near) => missing.hint(format!("Did you mean `{near}`? `sweep list` shows all.")),
                None if sweeps.is_empty() => missing.hint("`sweep init CONFIG` makes one and prints its id."),
                None => missing.hint("`sweep list` shows the sweeps that there are."),
            })
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|run| run.info.id.short()).collect();
            Err(invalid(format!("several sweeps are named `{name}`"))
                .hint(format!("Give the id, or a prefix: {}; or `{name}{LATEST}`.", ids.join(", "))))
        }
    }
}

/// All pages of a search, by start.
///
/// # Errors
/// As the store's.
pub async fn search_all(store: &dyn Store, mut query: RunQuery) -> Result<Vec<Run>> {
    query.max_results = 1000;
    // A total order, so that no run slips from page to page while others are made.
    query.order_by = vec!["attributes.start_time ASC".into(), "attributes.run_id ASC".into()];
    let (mut runs, mut pages) = (Vec::new(), Pages::default());
    loop {
        let page = store.search_runs(&query).await?;
        runs.extend(page.items);
        query.page_token = pages.next(page.next)?;
        if query.page_token.is_none() {
            return Ok(runs);
        }
    }
}

fn invalid(message: String) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, message)
}
