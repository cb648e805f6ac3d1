//! The model that a trial logged: one of MLflow 3's logged models, or a folder with an `MLmodel` file among the run's
//! artifacts, as MLflow 2 keeps it.

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::tracking::{ArtifactEntry, ErrorKind, LoggedModel, RunInfo, Store};

/// What marks a folder as a model.
const MARK: &str = "MLmodel";
/// Folders of artifacts below which nobody keeps models: checkpoints may be nested far.
const DEEPEST: usize = 3;
/// Folders that are looked into, a call each on a server.
const MOST_FOLDERS: usize = 200;

/// A model that can be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// How a person picks it: the name of a logged model, or a path among the artifacts.
    pub(super) name: String,
    /// Id of a logged model.
    pub(super) id: Option<String>,
    /// Where a version is made from.
    pub(super) source: String,
}

/// The one model of a run, or the one that is asked for.
pub(super) async fn pick(
    context: &Context,
    run: &RunInfo,
    title: &str,
    asked: Option<&str>,
) -> Result<Candidate, Failure> {
    let store = context.store.as_ref();
    let logged = store.registry().logged_models(run).await?;
    let unready: Vec<&str> =
        logged.iter().filter(|model| !model.ready).map(|model| model.name.as_str()).collect();
    let mut all: Vec<Candidate> = logged.iter().filter(|model| model.ready).map(Candidate::logged).collect();
    all.extend(folders(store, run).await?.into_iter().map(|path| Candidate::folder(run, path)));
    let Some(asked) = asked.map(|asked| asked.trim_matches('/')) else {
        return match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(none(store, run, title, &unready).await),
            _ => Err(several(title, &all)),
        };
    };
    let fits = |candidate: &&Candidate| candidate.name == asked || candidate.id.as_deref() == Some(asked);
    let found: Vec<&Candidate> = all.iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] if all.is_empty() => Err(none(store, run, title, &unready).await),
        [] => Err(Failure::new(Exit::Usage, format!("{title} has no model `{asked}`")).hint(choices(&all))),
        // A script that logs a model of one name again and again: its ids differ.
        several => Err(Failure::new(Exit::Usage, format!("{title} logged several models named `{asked}`"))
            .hint(choices(&several.iter().map(|one| (*one).clone()).collect::<Vec<_>>()))),
    }
}

impl Candidate {
    fn logged(model: &LoggedModel) -> Self {
        Self { name: model.name.clone(), id: Some(model.id.clone()), source: format!("models:/{}", model.id) }
    }

    fn folder(run: &RunInfo, path: String) -> Self {
        let source = format!("{}/{path}", run.artifact_uri.trim_end_matches('/'));
        Self { name: path, id: None, source }
    }
}

/// The folders among a run's artifacts that hold a model.
async fn folders(store: &dyn Store, run: &RunInfo) -> Result<Vec<String>, Failure> {
    let mut models = Vec::new();
    let mut waiting = vec![String::new()];
    let mut looked = 0;
    while let Some(folder) = waiting.pop() {
        looked += 1;
        let entries = listed(store, run, &folder).await?;
        if !folder.is_empty()
            && entries.iter().any(|entry| !entry.is_dir && entry.path.ends_with(&format!("/{MARK}")))
        {
            // What lies in a model belongs to it.
            models.push(folder);
            continue;
        }
        let depth = if folder.is_empty() { 0 } else { folder.split('/').count() };
        if depth < DEEPEST && looked + waiting.len() < MOST_FOLDERS {
            waiting.extend(entries.into_iter().filter(|entry| entry.is_dir).map(|entry| entry.path));
        }
    }
    models.sort();
    Ok(models)
}

/// What lies in a folder; nothing where artifacts can't be listed, as where they lie on another machine.
async fn listed(store: &dyn Store, run: &RunInfo, folder: &str) -> Result<Vec<ArtifactEntry>, Failure> {
    match store.artifacts(run, folder).await {
        Ok(entries) => Ok(entries),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

async fn none(store: &dyn Store, run: &RunInfo, title: &str, unready: &[&str]) -> Failure {
    if !unready.is_empty() {
        return Failure::new(
            Exit::Usage,
            format!("the model {} of {title} is not whole", unready.join(", ")),
        )
        .hint("Its upload was broken off: run the trial again.");
    }
    let there: Vec<String> = listed(store, run, "")
        .await
        .unwrap_or_default()
        .into_iter()
        .map(|entry| if entry.is_dir { format!("{}/", entry.path) } else { entry.path })
        .collect();
    let there = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
    Failure::new(Exit::Usage, format!("{title} logged no model")).hint(format!(
        "The script must log it: mlflow.sklearn.log_model(model, name=\"model\"), or another flavour's. \
         Among its artifacts is {there}; a folder counts as a model where it holds a file {MARK}."
    ))
}

fn several(title: &str, all: &[Candidate]) -> Failure {
    Failure::new(Exit::Usage, format!("{title} logged {} models", all.len())).hint(choices(all))
}

/// How each of them is asked for: by its name where that tells them apart, else by its id.
fn choices(all: &[Candidate]) -> String {
    let lines = all.iter().map(|candidate| {
        let unique = all.iter().filter(|other| other.name == candidate.name).count() == 1;
        match &candidate.id {
            Some(id) if !unique => format!("--artifact {id} ({})", candidate.name),
            _ => format!("--artifact {}", candidate.name),
        }
    });
    format!("Say which: {}", lines.collect::<Vec<_>>().join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_one_name_are_asked_for_by_their_ids() {
        let candidate = |name: &str, id: Option<&str>| Candidate {
            name: name.to_owned(),
            id: id.map(str::to_owned),
            source: String::new(),
        };
        assert_eq!(
            choices(&[
                candidate("model", Some("m-1")),
                candidate("model", Some("m-2")),
                candidate("old/model", None)
            ]),
            "Say which: --artifact m-1 (model), or --artifact m-2 (model), or --artifact old/model"
        );
    }
}
