//! The model registry of a server.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::RestStore;
use super::wire::{Done, KeyValue, int64};
use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::model::{RunId, RunInfo};
use crate::tracking::pages::Pages;
use crate::tracking::registry::{LoggedModel, ModelVersion, NewVersion, RegisteredModel, Registry};

/// Models of one page, the most that a server gives.
const MODELS_PAGE: &str = "1000";
/// Versions of one page.
const VERSIONS_PAGE: &str = "1000";

#[derive(Deserialize)]
struct ModelAnswer {
    registered_model: WireModel,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ModelsAnswer {
    registered_models: Vec<WireModel>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct WireModel {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default, deserialize_with = "int64")]
    creation_timestamp: i64,
    #[serde(default, deserialize_with = "int64")]
    last_updated_timestamp: i64,
    #[serde(default)]
    tags: Vec<KeyValue>,
    #[serde(default)]
    aliases: Vec<WireAlias>,
}

#[derive(Deserialize)]
struct WireAlias {
    alias: String,
    version: String,
}

#[derive(Deserialize)]
struct VersionAnswer {
    model_version: WireVersion,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VersionsAnswer {
    model_versions: Vec<WireVersion>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct WireVersion {
    name: String,
    version: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    run_id: String,
    #[serde(default)]
    description: String,
    #[serde(default, deserialize_with = "int64")]
    creation_timestamp: i64,
    #[serde(default, deserialize_with = "int64")]
    last_updated_timestamp: i64,
    #[serde(default)]
    tags: Vec<KeyValue>,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LoggedAnswer {
    models: Vec<WireLogged>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct WireLogged {
    info: WireLoggedInfo,
}

#[derive(Deserialize)]
struct WireLoggedInfo {
    model_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    artifact_uri: String,
    #[serde(default, deserialize_with = "int64")]
    creation_timestamp_ms: i64,
}

#[async_trait]
impl Registry for RestStore {
    async fn ensure_model(&self, name: &str) -> Result<bool> {
        let made: Result<ModelAnswer> =
            self.client.post("registered-models/create", &json!({ "name": name })).await;
        match made {
            Ok(_) => Ok(true),
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn models(&self) -> Result<Vec<RegisteredModel>> {
        let mut all = Vec::new();
        let (mut token, mut pages) = (String::new(), Pages::default());
        loop {
            let mut query = vec![("max_results", MODELS_PAGE)];
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let answer: ModelsAnswer = self.client.get("registered-models/search", &query).await?;
            for model in answer.registered_models {
                all.push(model.try_into()?);
            }
            match pages.next(answer.next_page_token)? {
                Some(next) => token = next,
                None => return Ok(all),
            }
        }
    }

    async fn model(&self, name: &str) -> Result<Option<RegisteredModel>> {
        let answer: Result<ModelAnswer> = self.client.get("registered-models/get", &[("name", name)]).await;
        found(answer)?.map(|answer| answer.registered_model.try_into()).transpose()
    }

    async fn create_version(&self, version: &NewVersion) -> Result<ModelVersion> {
        let mut request = json!({
            "name": version.model,
            "source": version.source,
            "description": version.description,
            "tags": KeyValue::list(&version.tags),
        });
        if let Some(run) = &version.run_id {
            request["run_id"] = run.as_str().into();
        }
        if let Some(model) = &version.model_id {
            request["model_id"] = model.as_str().into();
        }
        let answer: VersionAnswer = self.client.post("model-versions/create", &request).await?;
        answer.model_version.try_into()
    }

    async fn versions(&self, model: &str) -> Result<Vec<ModelVersion>> {
        let Some(registered) = self.model(model).await? else { return Ok(Vec::new()) };
        let filter = format!("name = {}", quoted(model)?);
        let mut all: Vec<ModelVersion> = Vec::new();
        let (mut token, mut pages) = (String::new(), Pages::default());
        loop {
            let mut query = vec![
                ("filter", filter.as_str()),
                ("order_by", "version_number DESC"),
                ("max_results", VERSIONS_PAGE),
            ];
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let answer: VersionsAnswer = self.client.get("model-versions/search", &query).await?;
            for version in answer.model_versions {
                all.push(version.try_into()?);
            }
            match pages.next(answer.next_page_token)? {
                Some(next) => token = next,
                None => break,
            }
        }
        // A search does not tell the aliases; the model does.
        for version in &mut all {
            let points_here =
                |(alias, number): &(String, u64)| (*number == version.version).then(|| alias.clone());
            version.aliases = registered.aliases.iter().filter_map(points_here).collect();
        }
        Ok(all)
    }

    async fn set_version_tag(&self, model: &str, version: u64, key: &str, value: &str) -> Result<()> {
        let request = json!({ "name": model, "version": version.to_string(), "key": key, "value": value });
        let _: Done = self.client.post("model-versions/set-tag", &request).await?;
        Ok(())
    }

    async fn set_alias(&self, model: &str, alias: &str, version: u64) -> Result<()> {
        let request = json!({ "name": model, "alias": alias, "version": version.to_string() });
        let _: Done = self.client.post("registered-models/alias", &request).await?;
        Ok(())
    }

    async fn delete_alias(&self, model: &str, alias: &str) -> Result<()> {
        let request = json!({ "name": model, "alias": alias });
        let answer: Result<Done> = self.client.call(Method::DELETE, "registered-models/alias", request).await;
        found(answer).map(|_| ())
    }

    async fn by_alias(&self, model: &str, alias: &str) -> Result<Option<ModelVersion>> {
        // Asked for an unknown alias, a server answers as it does to a wrong request: its model knows better.
        let Some(registered) = self.model(model).await? else { return Ok(None) };
        let Some((_, number)) = registered.aliases.into_iter().find(|(known, _)| known == alias) else {
            return Ok(None);
        };
        let number = number.to_string();
        let answer: VersionAnswer =
            self.client.get("model-versions/get", &[("name", model), ("version", &number)]).await?;
        answer.model_version.try_into().map(Some)
    }

    async fn logged_models(&self, run: &RunInfo) -> Result<Vec<LoggedModel>> {
        let mut all = Vec::new();
        let (mut token, mut pages) = (None, Pages::default());
        loop {
            let request = json!({
                "experiment_ids": [run.experiment_id],
                "filter": format!("source_run_id = '{}'", run.id),
                "page_token": token,
            });
            let answer: Result<LoggedAnswer> = self.client.post("logged-models/search", &request).await;
            let answer = match answer {
                Ok(answer) => answer,
                // A server that is older than logged models.
                Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported) => break,
                Err(error) => return Err(error),
            };
            all.extend(answer.models.into_iter().map(|model| LoggedModel::from(model.info)));
            token = pages.next(answer.next_page_token)?;
            if token.is_none() {
                break;
            }
        }
        all.sort_by_key(|model| model.created);
        Ok(all)
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

fn read_number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| {
        TrackingError::new(ErrorKind::Protocol, format!("the server calls `{text}` the version of a model"))
    })
}

impl TryFrom<WireModel> for RegisteredModel {
    type Error = TrackingError;

    fn try_from(wire: WireModel) -> Result<Self> {
        let aliases = wire.aliases.into_iter().map(|known| Ok((known.alias, read_number(&known.version)?)));
        let mut aliases = aliases.collect::<Result<Vec<_>>>()?;
        aliases.sort();
        Ok(Self {
            aliases,
            name: wire.name,
            description: wire.description,
            created: wire.creation_timestamp,
            updated: wire.last_updated_timestamp,
            tags: sorted(wire.tags),
        })
    }
}

impl TryFrom<WireVersion> for ModelVersion {
    type Error = TrackingError;

    fn try_from(wire: WireVersion) -> Result<Self> {
        let mut aliases = wire.aliases;
        aliases.sort();
        Ok(Self {
            version: read_number(&wire.version)?,
            model: wire.name,
            source: wire.source,
            run_id: (!wire.run_id.is_empty()).then_some(RunId(wire.run_id)),
            description: wire.description,
            created: wire.creation_timestamp,
            updated: wire.last_updated_timestamp,
            tags: sorted(wire.tags),
            aliases,
        })
    }
}

impl From<WireLoggedInfo> for LoggedModel {
    fn from(wire: WireLoggedInfo) -> Self {
        Self {
            id: wire.model_id,
            name: wire.name,
            ready: wire.status == "LOGGED_MODEL_READY",
            artifact_uri: wire.artifact_uri,
            created: wire.creation_timestamp_ms,
        }
    }
}

fn sorted(tags: Vec<KeyValue>) -> Vec<(String, String)> {
    let mut tags: Vec<_> = tags.into_iter().map(KeyValue::into_pair).collect();
    tags.sort();
    tags
}
