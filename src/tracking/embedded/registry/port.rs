//! The registry behind the port.

use async_trait::async_trait;

use super::super::store::EmbeddedStore;
use super::version_rows::row_number;
use crate::tracking::protocol::{LoggedModelQuery, RegistryQuery};
use crate::tracking::{
    ErrorKind, LoggedModel, ModelVersion, NewVersion, RegisteredModel, Registry, Result, RunInfo,
};

/// Items of one page while all of them are read.
const PAGE: usize = 1000;

#[async_trait]
impl Registry for EmbeddedStore {
    async fn ensure_model(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.call(move |db| match db.create_registered_model(&name, "", &[]) {
            Ok(_) => Ok(true),
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        })
        .await
    }

    async fn models(&self) -> Result<Vec<RegisteredModel>> {
        self.call(|db| {
            let mut query = RegistryQuery { max_results: PAGE, ..RegistryQuery::default() };
            let mut all = Vec::new();
            loop {
                let page = db.search_registered_models(&query)?;
                all.extend(page.items);
                match page.next {
                    Some(token) => query.page_token = Some(token),
                    None => return Ok(all),
                }
            }
        })
        .await
    }

    async fn model(&self, name: &str) -> Result<Option<RegisteredModel>> {
        let name = name.to_owned();
        self.call(move |db| found(db.registered_model(&name))).await
    }

    async fn create_version(&self, version: &NewVersion) -> Result<ModelVersion> {
        let new = version.clone();
        self.call(move |db| db.create_version(&new)).await
    }

    async fn versions(&self, model: &str) -> Result<Vec<ModelVersion>> {
        let name = model.to_owned();
        self.call(move |db| db.all_versions(&name)).await
    }

    async fn set_version_tag(&self, model: &str, version: u64, key: &str, value: &str) -> Result<()> {
        let (name, number) = (model.to_owned(), row_number(version));
        let (key, value) = (key.to_owned(), value.to_owned());
        self.call(move |db| db.set_version_tag(&name, number, &key, &value)).await
    }

    async fn set_alias(&self, model: &str, alias: &str, version: u64) -> Result<()> {
        let (name, alias, number) = (model.to_owned(), alias.to_owned(), row_number(version));
        self.call(move |db| db.set_alias(&name, &alias, number)).await
    }

    async fn by_alias(&self, model: &str, alias: &str) -> Result<Option<ModelVersion>> {
        let (name, alias) = (model.to_owned(), alias.to_owned());
        self.call(move |db| {
            let Some(model) = found(db.registered_model(&name))? else { return Ok(None) };
            let points = model.aliases.iter().find(|(known, _)| *known == alias);
            let Some((_, version)) = points else { return Ok(None) };
            db.version(&name, row_number(*version)).map(Some)
        })
        .await
    }

    async fn logged_models(&self, run: &RunInfo) -> Result<Vec<LoggedModel>> {
        let query = LoggedModelQuery {
            experiment_ids: vec![run.experiment_id.clone()],
            filter: format!("source_run_id = '{}'", run.id),
            max_results: usize::MAX,
            ..LoggedModelQuery::default()
        };
        self.call(move |db| {
            let mut models = db.search_models(&query)?.items;
            models.sort_by_key(|model| model.info.created);
            Ok(models)
        })
        .await
    }
}

/// Nothing where there is nothing.
fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
