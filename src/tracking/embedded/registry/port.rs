//! The registry behind the port.

use async_trait::async_trait;

use super::super::model_query::ModelQuery;
use super::super::record::{ModelRecord, Pair};
use super::super::store::EmbeddedStore;
use super::record::{AliasRecord, RegisteredModelRecord, VersionRecord};
use super::request::{CreateVersion, RegistryQuery};
use super::version_rows;
use crate::tracking::{
    ErrorKind, LoggedModel, ModelVersion, NewVersion, RegisteredModel, Registry, Result, RunId, RunInfo,
    TrackingError,
};

/// Items of one page while all of them are read.
const PAGE: usize = 1000;
const READY: &str = "LOGGED_MODEL_READY";

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
                for model in page.items {
                    all.push(RegisteredModel::try_from(model)?);
                }
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
        self.call(move |db| {
            found(db.registered_model(&name)).and_then(|model| model.map(TryFrom::try_from).transpose())
        })
        .await
    }

    async fn create_version(&self, version: &NewVersion) -> Result<ModelVersion> {
        let new = CreateVersion {
            name: version.model.clone(),
            source: version.source.clone(),
            run_id: version.run_id.as_ref().map(|id| id.0.clone()),
            model_id: version.model_id.clone(),
            run_link: String::new(),
            description: version.description.clone(),
            tags: version.tags.iter().map(|(key, value)| Pair::new(key.as_str(), value.as_str())).collect(),
        };
        self.call(move |db| db.create_version(&new)?.try_into()).await
    }

    async fn versions(&self, model: &str) -> Result<Vec<ModelVersion>> {
        let name = model.to_owned();
        self.call(move |db| db.all_versions(&name)?.into_iter().map(TryFrom::try_from).collect()).await
    }

    async fn set_version_tag(&self, model: &str, version: u64, key: &str, value: &str) -> Result<()> {
        let (name, number, tag) = (model.to_owned(), row_number(version), Pair::new(key, value));
        self.call(move |db| db.set_version_tag(&name, number, &tag)).await
    }

    async fn set_alias(&self, model: &str, alias: &str, version: u64) -> Result<()> {
        let (name, alias, number) = (model.to_owned(), alias.to_owned(), row_number(version));
        self.call(move |db| db.set_alias(&name, &alias, number)).await
    }

    async fn delete_alias(&self, model: &str, alias: &str) -> Result<()> {
        let (name, alias) = (model.to_owned(), alias.to_owned());
        self.call(move |db| found(db.delete_alias(&name, &alias)).map(|_| ())).await
    }

    async fn by_alias(&self, model: &str, alias: &str) -> Result<Option<ModelVersion>> {
        let (name, alias) = (model.to_owned(), alias.to_owned());
        self.call(move |db| {
            let Some(model) = found(db.registered_model(&name))? else { return Ok(None) };
            let points = model.aliases.iter().find(|known| known.alias == alias);
            let Some(AliasRecord { version, .. }) = points else { return Ok(None) };
            db.version(&name, version_rows::number(version)?)?.try_into().map(Some)
        })
        .await
    }

    async fn logged_models(&self, run: &RunInfo) -> Result<Vec<LoggedModel>> {
        let query = ModelQuery {
            experiment_ids: vec![run.experiment_id.0.clone()],
            filter: format!("source_run_id = '{}'", run.id),
            max_results: usize::MAX,
            ..ModelQuery::default()
        };
        self.call(move |db| {
            let mut models: Vec<_> =
                db.search_models(&query)?.items.into_iter().map(LoggedModel::from).collect();
            models.sort_by_key(|model| model.created);
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

/// A version's number as the database has it; one beyond its range belongs to no version.
fn row_number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn read_number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| TrackingError::new(ErrorKind::Protocol, format!("`{text}` is no version")))
}

fn plain(pairs: Vec<Pair>) -> Vec<(String, String)> {
    pairs.into_iter().map(|pair| (pair.key, pair.value)).collect()
}

impl TryFrom<RegisteredModelRecord> for RegisteredModel {
    type Error = TrackingError;

    fn try_from(record: RegisteredModelRecord) -> Result<Self> {
        let aliases = record.aliases.into_iter().map(|a| Ok((a.alias, read_number(&a.version)?)));
        Ok(Self {
            aliases: aliases.collect::<Result<_>>()?,
            name: record.name,
            description: record.description,
            created: record.creation_timestamp,
            updated: record.last_updated_timestamp.unwrap_or(record.creation_timestamp),
            tags: plain(record.tags),
        })
    }
}

impl TryFrom<VersionRecord> for ModelVersion {
    type Error = TrackingError;

    fn try_from(record: VersionRecord) -> Result<Self> {
        Ok(Self {
            version: read_number(&record.version)?,
            model: record.name,
            source: record.source.unwrap_or_default(),
            run_id: record.run_id.filter(|id| !id.is_empty()).map(RunId),
            description: record.description.unwrap_or_default(),
            created: record.creation_timestamp,
            updated: record.last_updated_timestamp.unwrap_or(record.creation_timestamp),
            tags: plain(record.tags),
            aliases: record.aliases,
        })
    }
}

impl From<ModelRecord> for LoggedModel {
    fn from(record: ModelRecord) -> Self {
        let info = record.info;
        Self {
            id: info.model_id,
            name: info.name,
            ready: info.status == READY,
            artifact_uri: info.artifact_uri,
            created: info.creation_timestamp_ms,
        }
    }
}
