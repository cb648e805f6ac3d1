//! The model that a trial logged: one of MLflow 3's logged models, or a folder with an `MLmodel` file among the run's
//! artifacts, as MLflow 2 keeps it.

use itertools::Itertools as _;

use super::artifacts::Walk;
use super::error::QueryError;
use crate::tracking::{LoggedModel, Result as StoreResult, RunInfo, Store};

/// What marks a folder as a model.
const MARK: &str = "MLmodel";
/// Folders of artifacts below which no models are looked for: checkpoints may be nested far.
const DEEPEST: usize = 3;
/// Folders that are looked into, a call each on a server.
const MOST_FOLDERS: usize = 200;

/// A model that can be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSource {
    /// How a person picks it: the name of a logged model, or a path among the artifacts.
    pub name: String,
    /// Id of a logged model.
    pub id: Option<String>,
    /// Where a version is made from.
    pub source: String,
}

/// The one model of a run, or the one that is asked for.
///
/// # Errors
/// Where there is none, or several and none of them is asked for by name or id; and as the store's.
pub async fn find_model(
    store: &dyn Store,
    run: &RunInfo,
    title: &str,
    asked: Option<&str>,
) -> Result<ModelSource, QueryError> {
    let logged = store.registry().logged_models(run).await?;
    let unready: Vec<&str> =
        logged.iter().filter(|model| !model.is_ready()).map(|model| model.info.name.as_str()).collect();
    let mut all: Vec<ModelSource> =
        logged.iter().filter(|model| model.is_ready()).map(ModelSource::logged).collect();
    all.extend(folders(store, run).await?.into_iter().map(|path| ModelSource::folder(run, path)));
    let Some(asked) = asked.map(|asked| asked.trim_matches('/')) else {
        return match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(none(store, run, title, &unready).await),
            _ => Err(several(title, &all)),
        };
    };
    let fits = |model: &&ModelSource| model.name == asked || model.id.as_deref() == Some(asked);
    let found: Vec<&ModelSource> = all.iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] if all.is_empty() => Err(none(store, run, title, &unready).await),
        [] => Err(QueryError::unknown(format!("{title} has no model `{asked}`")).with_hint(choices(&all))),
        // A script that logs a model of one name again and again: its ids differ.
        several => Err(QueryError::unknown(format!("{title} logged several models named `{asked}`"))
            .with_hint(choices(&several.iter().map(|one| (*one).clone()).collect::<Vec<_>>()))),
    }
}

impl ModelSource {
    fn logged(model: &LoggedModel) -> Self {
        let id = model.info.id.clone();
        Self { name: model.info.name.clone(), source: format!("models:/{id}"), id: Some(id) }
    }

    fn folder(run: &RunInfo, path: String) -> Self {
        let source = format!("{}/{path}", run.artifact_uri.trim_end_matches('/'));
        Self { name: path, id: None, source }
    }
}

/// The folders among a run's artifacts that hold a model.
async fn folders(store: &dyn Store, run: &RunInfo) -> StoreResult<Vec<String>> {
    let mut models = Vec::new();
    let mut walk = Walk::new(store, run, MOST_FOLDERS);
    while let Some((folder, entries)) = walk.next_listable().await? {
        if !folder.is_empty()
            && entries.iter().any(|entry| !entry.is_dir && entry.path.ends_with(&format!("/{MARK}")))
        {
            // What lies in a model belongs to it.
            models.push(folder);
            continue;
        }
        let depth = if folder.is_empty() { 0 } else { folder.split('/').count() };
        if depth < DEEPEST {
            entries.into_iter().filter(|entry| entry.is_dir).for_each(|entry| walk.enter(entry.path));
        }
    }
    models.sort();
    Ok(models)
}

async fn none(store: &dyn Store, run: &RunInfo, title: &str, unready: &[&str]) -> QueryError {
    if !unready.is_empty() {
        return QueryError::unknown(format!("the model {} of {title} is not whole", unready.join(", ")))
            .with_hint("Its upload was broken off: run the trial again.");
    }
    let root = Walk::new(store, run, 1).next_listable().await.ok().flatten();
    let there: Vec<String> = root
        .map_or_else(Vec::new, |(_, entries)| entries)
        .into_iter()
        .map(|entry| if entry.is_dir { format!("{}/", entry.path) } else { entry.path })
        .collect();
    let there = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
    QueryError::unknown(format!("{title} logged no model")).with_hint(format!(
        "The script must log it: mlflow.sklearn.log_model(model, name=\"model\"), or another flavour's. \
         Among its artifacts is {there}; a folder counts as a model where it holds a file {MARK}."
    ))
}

fn several(title: &str, all: &[ModelSource]) -> QueryError {
    QueryError::unknown(format!("{title} logged {} models", all.len())).with_hint(choices(all))
}

/// How each of them is asked for: by its name where that distinguishes them, else by its id.
fn choices(all: &[ModelSource]) -> String {
    let mut lines = all.iter().map(|model| {
        let unique = all.iter().filter(|other| other.name == model.name).count() == 1;
        match &model.id {
            Some(id) if !unique => format!("--artifact {id} ({})", model.name),
            _ => format!("--artifact {}", model.name),
        }
    });
    format!("Say which: {}", lines.join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_one_name_are_asked_for_by_their_ids() {
        let model = |name: &str, id: Option<&str>| ModelSource {
            name: name.to_owned(),
            id: id.map(str::to_owned),
            source: String::new(),
        };
        assert_eq!(
            choices(&[model("model", Some("m-1")), model("model", Some("m-2")), model("old/model", None)]),
            "Say which: --artifact m-1 (model), or --artifact m-2 (model), or --artifact old/model"
        );
    }
}
