//! Where a version comes from: its source must belong to the run or the logged model that is named, so that nobody can
//! register, and then read, a file that is not theirs.

use std::path::{Component, Path};

use percent_encoding::percent_decode_str;
use rusqlite::Connection;

use super::super::db::Db;
use super::super::error::invalid;
use super::super::{models as logged_models, runs};
use super::version_rows;
use crate::tracking::{ErrorKind, NewVersion, Result, RunId, TrackingError};

/// Rounds of decoding after which a source is taken as malicious.
const MOST_ESCAPES: usize = 8;
/// The tag that MLflow marks prompts with, which live in the same tables.
const PROMPT: &str = "mlflow.prompt.is_prompt";
/// What a prompt has for a source.
const PROMPT_SOURCES: [&str; 2] = ["prompt-template", "dummy-source"];

/// A version's origin once it is checked.
pub(super) struct Lineage {
    /// What it was made of.
    pub source: String,
    /// Where its files lie.
    pub storage: String,
    pub run_id: Option<RunId>,
    pub model_id: Option<String>,
}

/// What a `models:/…` source names.
#[derive(Debug, Clone, Copy, PartialEq)]
enum ModelUri<'a> {
    Logged(&'a str),
    Version(&'a str, i64),
    Alias(&'a str, &'a str),
}

/// Checks where a new version comes from and follows it to its files.
pub(super) fn lineage(store: &Db, db: &Connection, new: &NewVersion) -> Result<Lineage> {
    let source = new.source.as_str();
    let run_id = new.run_id.clone().filter(|id| !id.0.is_empty());
    let model_id = new.model_id.clone().filter(|id| !id.is_empty());
    if source.is_empty() {
        return Err(invalid("Missing value for required parameter 'source'."));
    }
    let plain = |source: &str, run_id, model_id| Lineage {
        source: source.to_owned(),
        storage: source.to_owned(),
        run_id,
        model_id,
    };
    if new.tags.iter().any(|(key, value)| key == PROMPT && value.eq_ignore_ascii_case("true")) {
        return if PROMPT_SOURCES.contains(&source) {
            Ok(plain(source, run_id, None))
        } else {
            Err(invalid(format!(
                "Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder."
            )))
        };
    }
    refuse_climbing(source)?;
    if model_id.is_some() {
        store.holds_models(db)?;
    }
    if let Some(path) = source.strip_prefix("models:") {
        return of_model(db, new, source, parse(path).ok_or_else(|| foreign(source, "model_id"))?);
    }
    if let Some(model) = &model_id {
        let model = logged_models::by_id(db, model).map_err(|error| unknown(error, source, "model_id"))?.info;
        if source.starts_with("runs:") || !fits(store, source, &model.artifact_uri) {
            return Err(foreign(source, "model_id"));
        }
        return Ok(plain(source, run_id.or(model.source_run_id), model_id));
    }
    if let Some(path) = source.strip_prefix("runs:/") {
        let of = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        return if run_id.as_ref().map(RunId::as_str) == Some(of) {
            Ok(plain(source, run_id, None))
        } else {
            Err(foreign(source, "run_id"))
        };
    }
    if local(source) || proxied(source) {
        let run = run_id.as_ref().ok_or_else(|| foreign(source, "run_id"))?;
        let root =
            runs::header(db, run.as_str()).map_err(|error| unknown(error, source, "run_id"))?.artifact_uri;
        if !fits(store, source, &root) {
            return Err(foreign(source, "run_id"));
        }
    }
    Ok(plain(source, run_id, None))
}

/// A version made of a logged model, or of another version.
fn of_model(db: &Connection, new: &NewVersion, source: &str, uri: ModelUri<'_>) -> Result<Lineage> {
    let run_id = new.run_id.clone().filter(|id| !id.0.is_empty());
    let (name, version) = match uri {
        ModelUri::Logged(id) => {
            if new.model_id.as_deref() != Some(id) {
                return Err(foreign(source, "model_id"));
            }
            let model =
                logged_models::by_id(db, id).map_err(|error| unknown(error, source, "model_id"))?.info;
            return Ok(Lineage {
                source: source.to_owned(),
                storage: model.artifact_uri,
                run_id: run_id.or(model.source_run_id),
                model_id: Some(model.id),
            });
        }
        ModelUri::Version(name, version) => (name, version),
        ModelUri::Alias(name, alias) => {
            let version = db
                .query_row(
                    "SELECT version FROM registered_model_aliases WHERE name = ?1 AND alias = ?2",
                    [name, alias],
                    |row| row.get(0),
                )
                .map_err(|_| invalid(format!("Registered model alias {alias} not found.")))?;
            (name, version)
        }
    };
    let origin = version_rows::by_number(db, name, version)?;
    if new.run_id.is_some() && run_id != origin.run_id {
        return Err(invalid(format!(
            "Invalid model version source: '{source}'. The run_id and model_id request parameters must match the referenced model version."
        )));
    }
    Ok(Lineage {
        source: format!("models:/{name}/{version}"),
        storage: version_rows::download_uri(db, name, version)?,
        run_id: origin.run_id,
        model_id: None,
    })
}

/// `/<logged model>`, `/<name>/<version>` or `/<name>@<alias>`.
fn parse(path: &str) -> Option<ModelUri<'_>> {
    let path = path.strip_prefix('/').filter(|path| !path.starts_with('/') && !path.is_empty())?;
    match path.split_once('/') {
        Some((name, version)) => version.parse().ok().map(|version| ModelUri::Version(name, version)),
        None => Some(match path.rsplit_once('@') {
            Some((name, alias)) => ModelUri::Alias(name, alias),
            None => ModelUri::Logged(path),
        }),
    }
}

/// A path or URI that climbs out of where it seems to be, however often it is escaped.
fn refuse_climbing(source: &str) -> Result<()> {
    let mut text = source.to_owned();
    for _ in 0..MOST_ESCAPES {
        if text.split(['/', '\\']).any(|part| part == "..") || text.contains('\0') {
            return Err(climbing(source));
        }
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            return Ok(());
        }
        text = decoded;
    }
    Err(climbing(source))
}

fn climbing(source: &str) -> TrackingError {
    invalid(format!(
        "Invalid model version source: '{source}'. An absolute path must be provided without relative path references present."
    ))
}

fn local(source: &str) -> bool {
    source.starts_with("file:") || !source.contains(':') || source.starts_with('/')
}

fn proxied(source: &str) -> bool {
    source.starts_with("mlflow-artifacts:") || source.contains("/api/2.0/mlflow-artifacts/artifacts")
}

/// Whether a local or proxied source lies in this root; other sources lie in none.
fn fits(store: &Db, source: &str, root: &str) -> bool {
    if !local(source) && !proxied(source) {
        return true;
    }
    let (Ok(source), Ok(root)) = (store.artifact_folder(source), store.artifact_folder(root)) else {
        return false;
    };
    let steady = |path: &Path| path.components().all(|part| !matches!(part, Component::ParentDir));
    steady(&source) && source.starts_with(&root)
}

fn foreign(source: &str, id: &str) -> TrackingError {
    invalid(format!(
        "Invalid model version source: '{source}'. The {id} request parameter must identify the resource that contains the source."
    ))
}

/// A resource that is not there can't contain the source.
fn unknown(error: TrackingError, source: &str, id: &str) -> TrackingError {
    if error.kind == ErrorKind::NotFound { foreign(source, id) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_uri_names_a_logged_model_a_version_or_an_alias() {
        assert_eq!(parse("/m-1"), Some(ModelUri::Logged("m-1")));
        assert_eq!(parse("/iris/7"), Some(ModelUri::Version("iris", 7)));
        assert_eq!(parse("/iris@best"), Some(ModelUri::Alias("iris", "best")));
        for bad in ["", "/", "//host/m-1", "/iris/Production", "/a/b/c"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn climbing_is_seen_through_any_number_of_escapes() {
        for bad in ["/a/../b", "runs:/x/..", "s3://b/%2e%2e/c", "file:///a/%252e%252e/b", "a\\..\\b", "/a%00"]
        {
            assert!(refuse_climbing(bad).is_err(), "{bad}");
        }
        for good in ["/a/b..c", "s3://bucket/a%20b", "runs:/x/model"] {
            assert!(refuse_climbing(good).is_ok(), "{good}");
        }
    }
}
