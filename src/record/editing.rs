//! Editing a sweep: a new version of its config, and what its versions mean together.

use super::catalog::Sweep;
use super::confirmation::ConfirmationPlan;
use super::digest::sha256;
use super::import_mark::ImportMark;
use super::tags;
use super::versions::{ConfigVersion, decide};
use crate::config::{self, CheckedConfig, Config, EditRefusal, check_edit};
use crate::strategy::{Strategy, StrategyError, for_config, for_versions};
use crate::tracking::{ErrorKind, Result, Run, Store, TrackingError};

/// What came of editing a sweep.
#[derive(Debug)]
pub enum EditOutcome {
    /// This is the newest version now.
    Edited(Box<EditedSweep>),
    /// It means the same as the version before it: nothing was written.
    Same,
    /// Another edit came first: nothing was written.
    Overtaken,
    /// It is no config.
    Findings(Box<CheckedConfig>),
    /// It can't follow the version before it.
    Refused(Vec<EditRefusal>),
}

/// A sweep with its new version.
#[derive(Debug)]
pub struct EditedSweep {
    /// The sweep as it is now.
    pub sweep: Sweep,
    /// The newest config.
    pub config: Config,
    /// What has changed, in words.
    pub changes: Vec<String>,
    /// The order that agents answer which have taken note.
    pub order: String,
}

impl Sweep {
    /// The number of its newest version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.versions.last().map_or(1, |version| version.number)
    }

    /// What was made with this SHA-256: one of its versions.
    #[must_use]
    pub fn has_version(&self, sha256: &str) -> bool {
        self.versions.iter().any(|version| version.sha256 == sha256)
    }

    /// The version that a trial was proposed under.
    #[must_use]
    pub fn version_of(&self, run: &Run) -> u32 {
        let number = run.tag(tags::CONFIG_VERSION).and_then(|number| number.parse().ok());
        number.unwrap_or(1).clamp(1, self.version())
    }

    /// The config as it was written under which a trial was proposed.
    #[must_use]
    pub fn config_of(&self, run: &Run) -> &[u8] {
        let number = self.version_of(run);
        let version = self.versions.iter().find(|version| version.number == number);
        version.map_or(&self.config, |version| &version.bytes)
    }

    /// The checked config of each version, the first one first.
    ///
    /// # Errors
    /// `Invalid` where one can't be read by this program, or may not follow the one before it: then it was not made by
    /// `sweep edit`, and its command may be anything.
    pub fn configs(&self) -> Result<Vec<Config>> {
        let mut configs: Vec<Config> = Vec::new();
        for version in &self.versions {
            let unreadable =
                || invalid(format!("version {} of the config can't be read by this program", version.number));
            let config = match configs.last() {
                None => config::check(&version.bytes).config.ok_or_else(unreadable)?,
                Some(before) => match check_edit(before, &version.bytes) {
                    Ok(Ok(edit)) => edit.config,
                    Ok(Err(_)) => return Err(unreadable()),
                    Err(refused) => {
                        let key = refused.first().map(|one| one.key.clone()).unwrap_or_default();
                        let number = version.number;
                        return Err(invalid(format!(
                            "version {number} of the config changes `{key}`, which can't be"
                        ))
                        .hint("It was not made by `sweep edit` of this version of sweep."));
                    }
                },
            };
            configs.push(config);
        }
        Ok(configs)
    }

    /// The strategy of the sweep; `config` is its newest.
    ///
    /// # Errors
    /// As the strategy's; an edited sweep whose versions can't be read has none.
    pub fn strategy(&self, config: &Config) -> std::result::Result<Box<dyn Strategy>, StrategyError> {
        if self.versions.len() < 2 {
            return for_config(config, self.seed);
        }
        let configs = self.configs().map_err(|_| StrategyError::Conditions)?;
        for_versions(&configs, self.seed)
    }

    /// The strategy that a trial's run was proposed by: that of its version. `config` is the sweep's newest.
    ///
    /// # Errors
    /// As [`Sweep::strategy`].
    pub fn strategy_behind(
        &self,
        run: &Run,
        config: &Config,
    ) -> std::result::Result<Box<dyn Strategy>, StrategyError> {
        if self.versions.len() < 2 {
            return for_config(config, self.seed);
        }
        let mut configs = self.configs().map_err(|_| StrategyError::Conditions)?;
        configs.truncate(self.version_of(run) as usize);
        for_versions(&configs, self.seed)
    }

    /// Makes `bytes` the newest version of the sweep's config. `by` is who asks, `now` epoch milliseconds.
    ///
    /// # Errors
    /// As the store's; and `Invalid` where the sweep is a confirmation, or not whole.
    pub async fn edit(&self, store: &dyn Store, bytes: &[u8], by: &str, now: i64) -> Result<EditOutcome> {
        if ConfirmationPlan::of(&self.parent).is_some() {
            return Err(invalid(format!("{} is a confirmation: it has no config of its own", self.id())));
        }
        if ImportMark::of(&self.parent).is_some() {
            return Err(invalid(format!("sweep {} is being imported", self.id())));
        }
        let configs = self.configs()?;
        let Some(newest) = configs.last() else { return Err(invalid("the sweep has no config".into())) };
        let edit = match check_edit(newest, bytes) {
            Err(refused) => return Ok(EditOutcome::Refused(refused)),
            Ok(Err(findings)) => return Ok(EditOutcome::Findings(Box::new(findings))),
            Ok(Ok(edit)) if edit.changes.is_empty() => return Ok(EditOutcome::Same),
            Ok(Ok(edit)) => edit,
        };
        let mut all = configs.clone();
        all.push(edit.config.clone());
        if let Err(error) = for_versions(&all, self.seed) {
            let why = error.to_string();
            return Ok(EditOutcome::Refused(vec![EditRefusal { key: "parameters".into(), why }]));
        }
        let version = ConfigVersion {
            number: self.version() + 1,
            sha256: sha256(bytes),
            bytes: bytes.to_vec(),
            by: by.to_owned(),
            at: now,
        };
        if !decide(store, &self.parent.info, &version).await? {
            return Ok(EditOutcome::Overtaken);
        }
        let order = self.ask_for_answers(store).await?;
        let parent = store.run(self.id()).await?;
        let sweep = Self::of_run(store, parent).await?;
        let (config, changes) = (edit.config, edit.changes);
        Ok(EditOutcome::Edited(Box::new(EditedSweep { sweep, config, changes, order })))
    }
}

fn invalid(message: String) -> TrackingError {
    TrackingError::new(ErrorKind::Invalid, message)
}

#[cfg(test)]
#[path = "editing_tests.rs"]
mod tests;
