//! The artifact proxy: files of experiments that `mlflow server` made, whose artifact URIs are `mlflow-artifacts:/…`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::answer::{ApiAnswer, done};
use super::api::Api;
use super::confined::Confined;
use super::error::ApiError;
use super::request::{InPath, QueryFields};
use super::transfer;
use crate::tracking::local_artifacts::ArtifactUpload;
use crate::tracking::protocol::ArtifactList;
use crate::tracking::{ArtifactEntry, local_artifacts};

#[derive(Deserialize)]
pub(super) struct ListFiles {
    #[serde(default)]
    path: String,
}

/// What lies in a folder, with names relative to that folder.
pub(super) async fn list(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<ListFiles>,
) -> ApiAnswer<ArtifactList> {
    let folder = ask.path.trim_matches('/').to_owned();
    let entries = api.call(move |db| {
        let entries = local_artifacts::entries(&db.proxied_root(), &folder)?;
        let name = |entry: ArtifactEntry| ArtifactEntry {
            path: entry.path.rsplit('/').next().unwrap_or_default().to_owned(),
            ..entry
        };
        Ok(entries.into_iter().map(name).collect())
    });
    Ok(Json(ArtifactList { root_uri: None, files: entries.await? }))
}

pub(super) async fn download(
    State(api): State<Api>,
    InPath(path): InPath<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    transfer::send_artifact(&api, path, &headers, |db| Ok(db.proxied_root())).await
}

pub(super) async fn upload(
    State(api): State<Api>,
    confined: Confined,
    InPath(path): InPath<String>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let begun = api.call(move |db| {
        confined.check_upload(db, &path)?;
        ArtifactUpload::begin(&db.proxied_root(), &path)
    });
    let upload = begun.await?;
    transfer::receive(body, upload).await?;
    Ok(StatusCode::OK)
}

pub(super) async fn delete(
    State(api): State<Api>,
    confined: Confined,
    InPath(path): InPath<String>,
) -> ApiAnswer {
    // `mlflow gc` names folders with a slash at the end.
    let removed = api.call(move |db| {
        let path = path.trim_end_matches('/');
        confined.check_removal(db, path)?;
        local_artifacts::remove(&db.proxied_root(), path)
    });
    removed.await?;
    Ok(done())
}

pub(super) async fn multipart() -> ApiError {
    ApiError::not_implemented(
        // MLflow's client knows the beginning, and sends the file in one piece then.
        "Multipart upload is not supported for the current artifact repository, which is a folder.",
    )
}
