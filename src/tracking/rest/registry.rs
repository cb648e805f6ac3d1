//! The model registry of a server.

use async_trait::async_trait;

use super::RestStore;
use super::answer::EmptyResponse;
use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::pages::Pages;
use crate::tracking::protocol::{
    CreateRegisteredModel, LoggedModel, ModelAlias, ModelVersion, NewVersion, One, Page, RegisteredModel,
    RunInfo, SearchLoggedModels, SearchRegistry, VersionTag, WhichVersion,
};
use crate::tracking::registry::Registry;

/// Models or versions of one page: the most models that a server gives.
const PAGE: i64 = 1000;

#[async_trait]
impl Registry for RestStore {
    async fn ensure_model(&self, name: &str) -> Result<bool> {
        let request = CreateRegisteredModel { name: name.to_owned(), ..CreateRegisteredModel::default() };
        let made: Result<One<RegisteredModel>> = self.client.post("registered-models/create", &request).await;
        match made {
            Ok(_) => Ok(true),
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn models(&self) -> Result<Vec<RegisteredModel>> {
        let mut all: Vec<RegisteredModel> = Vec::new();
        let mut pages = Pages::default();
        let mut request = SearchRegistry { max_results: Some(PAGE), ..SearchRegistry::default() };
        loop {
            let page: Page<RegisteredModel> = self.client.query("registered-models/search", &request).await?;
            all.extend(page.items);
            request.page_token = pages.next(page.next)?;
            if request.page_token.is_none() {
                all.iter_mut().for_each(sort);
                return Ok(all);
            }
        }
    }

    async fn model(&self, name: &str) -> Result<Option<RegisteredModel>> {
        let answer: Result<One<RegisteredModel>> =
            self.client.get("registered-models/get", &[("name", name)]).await;
        Ok(found(answer)?.map(|One(mut model)| {
            sort(&mut model);
            model
        }))
    }

    async fn create_version(&self, version: &NewVersion) -> Result<ModelVersion> {
        let One(made) = self.client.post("model-versions/create", version).await?;
        Ok(sorted(made))
    }

    async fn versions(&self, model: &str) -> Result<Vec<ModelVersion>> {
        let Some(registered) = self.model(model).await? else { return Ok(Vec::new()) };
        let mut all: Vec<ModelVersion> = Vec::new();
        let mut pages = Pages::default();
        let mut request = SearchRegistry {
            filter: format!("name = {}", quoted(model)?),
            order_by: vec!["version_number DESC".to_owned()],
            max_results: Some(PAGE),
            page_token: None,
        };
        loop {
            let page: Page<ModelVersion> = self.client.query("model-versions/search", &request).await?;
            all.extend(page.items.into_iter().map(sorted));
            request.page_token = pages.next(page.next)?;
            if request.page_token.is_none() {
                break;
            }
        }
        // A search does not report the aliases; the model does.
        for version in &mut all {
            let points_here =
                |(alias, number): &(String, u64)| (*number == version.version).then(|| alias.clone());
            version.aliases = registered.aliases.iter().filter_map(points_here).collect();
        }
        Ok(all)
    }

    async fn set_version_tag(&self, model: &str, version: u64, key: &str, value: &str) -> Result<()> {
        let request = VersionTag {
            of: WhichVersion { name: model.to_owned(), version: Some(asked(version)) },
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let _: EmptyResponse = self.client.post("model-versions/set-tag", &request).await?;
        Ok(())
    }

    async fn set_alias(&self, model: &str, alias: &str, version: u64) -> Result<()> {
        let request =
            ModelAlias { name: model.to_owned(), alias: alias.to_owned(), version: Some(asked(version)) };
        let _: EmptyResponse = self.client.post("registered-models/alias", &request).await?;
        Ok(())
    }

    async fn by_alias(&self, model: &str, alias: &str) -> Result<Option<ModelVersion>> {
        // Asked for an unknown alias, a server answers as it does to a wrong request: its model knows better.
        let Some(registered) = self.model(model).await? else { return Ok(None) };
        let Some((_, number)) = registered.aliases.into_iter().find(|(known, _)| known == alias) else {
            return Ok(None);
        };
        let number = number.to_string();
        let One(version) =
            self.client.get("model-versions/get", &[("name", model), ("version", &number)]).await?;
        Ok(Some(sorted(version)))
    }

    async fn logged_models(&self, run: &RunInfo) -> Result<Vec<LoggedModel>> {
        let mut all: Vec<LoggedModel> = Vec::new();
        let mut pages = Pages::default();
        let mut request = SearchLoggedModels {
            experiment_ids: vec![run.experiment_id.clone()],
            filter: format!("source_run_id = '{}'", run.id),
            ..SearchLoggedModels::default()
        };
        loop {
            let page: Page<LoggedModel> = match self.client.post("logged-models/search", &request).await {
                Ok(page) => page,
                // A server that is older than logged models.
                Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported) => break,
                Err(error) => return Err(error),
            };
            all.extend(page.items);
            request.page_token = pages.next(page.next)?;
            if request.page_token.is_none() {
                break;
            }
        }
        all.sort_by_key(|model| model.info.created);
        Ok(all)
    }
}

/// A version's number in a request; one beyond its range belongs to no version.
fn asked(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Nothing where there is nothing.
fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A text in MLflow's filter language, which has two kinds of quotes and no escapes.
fn quoted(text: &str) -> Result<String> {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => Ok(format!("'{text}'")),
        (true, false) => Ok(format!("\"{text}\"")),
        (true, true) => Err(TrackingError::new(
            ErrorKind::Invalid,
            format!("a model name with both kinds of quotes can't be searched for: {text}"),
        )),
    }
}

/// Servers give tags and aliases in the order of their tables.
fn sort(model: &mut RegisteredModel) {
    model.tags.sort();
    model.aliases.sort();
}

fn sorted(mut version: ModelVersion) -> ModelVersion {
    version.tags.sort();
    version.aliases.sort();
    version
}
