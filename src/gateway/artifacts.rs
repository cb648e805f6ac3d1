//! A run's artifacts, listed and read from this side.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::api::Api;
use super::confined::Confined;
use super::error::ApiError;
use super::request::{Fields, InPath, run_id, unread, version};
use super::transfer;
use crate::tracking::local_artifacts::Upload;
use crate::tracking::{ArtifactEntry, local_artifacts};

/// The largest file that a page may send.
const LARGEST_UPLOAD: usize = 10 << 20;

/// A file or folder in MLflow's JSON; the size of an empty file is left out, as MLflow does.
#[derive(Serialize)]
pub(super) struct FileInfo {
    path: String,
    is_dir: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_size: Option<u64>,
}

impl From<ArtifactEntry> for FileInfo {
    fn from(entry: ArtifactEntry) -> Self {
        Self { path: entry.path, is_dir: entry.is_dir, file_size: entry.size.filter(|size| *size > 0) }
    }
}

#[derive(Deserialize)]
pub(super) struct OfRun {
    run_id: Option<String>,
    run_uuid: Option<String>,
    #[serde(default)]
    path: String,
}

#[derive(Serialize)]
pub(super) struct Listing {
    root_uri: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<FileInfo>,
}

pub(super) async fn list(State(api): State<Api>, Fields(ask): Fields<OfRun>) -> Answer<Listing> {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    let listing = api.call(move |db| {
        let root_uri = db.run_header(&id)?.artifact_uri;
        let entries =
            local_artifacts::entries(&db.artifact_folder(&root_uri)?, ask.path.trim_end_matches('/'))?;
        Ok(Listing { root_uri, files: entries.into_iter().map(FileInfo::from).collect() })
    });
    Ok(Json(listing.await?))
}

/// The bytes of a run's artifact.
pub(super) async fn download(
    State(api): State<Api>,
    headers: HeaderMap,
    Fields(ask): Fields<OfRun>,
) -> Result<Response, ApiError> {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    transfer::send_artifact(&api, ask.path, &headers, move |db| {
        db.artifact_folder(&db.run_header(&id)?.artifact_uri)
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct OfVersion {
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "version")]
    version: Option<i64>,
    #[serde(default)]
    path: String,
}

/// A file of a registered version, for the page that shows its schema.
pub(super) async fn download_of_version(
    State(api): State<Api>,
    headers: HeaderMap,
    Fields(ask): Fields<OfVersion>,
) -> Result<Response, ApiError> {
    let number = ask.version.ok_or_else(|| ApiError::missing("version"))?;
    transfer::send_artifact(&api, ask.path, &headers, move |db| {
        // A source may be what another call made of a run: `runs:/ID/path`.
        let uri = db.version_download_uri(&ask.name, number)?;
        match uri.strip_prefix("runs:/").and_then(|rest| rest.trim_start_matches('/').split_once('/')) {
            Some((run, path)) => {
                let root = db.artifact_folder(&db.run_header(run)?.artifact_uri)?;
                Ok(local_artifacts::checked_path(path)?
                    .into_iter()
                    .fold(root, |folder, piece| folder.join(piece)))
            }
            None => db.artifact_folder(&uri),
        }
    })
    .await
}

/// A file that the page of a run sends, such as an evaluation's table.
pub(super) async fn upload(
    State(api): State<Api>,
    confined: Confined,
    Fields(ask): Fields<OfRun>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let id =
        run_id(ask.run_id, ask.run_uuid).map_err(|_| ApiError::invalid("Request must specify run_uuid."))?;
    if ask.path.is_empty() {
        return Err(ApiError::invalid("Request must specify path."));
    }
    let too_large = || ApiError::invalid("Artifact size is too large. Max size is 10MB.");
    let body = body.map_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { unread(&error) }
    })?;
    if body.len() > LARGEST_UPLOAD {
        return Err(too_large());
    }
    if body.is_empty() {
        return Err(ApiError::invalid("Request must specify data."));
    }
    let written = api.call(move |db| {
        let folder = db.artifact_folder(&db.run_header(&id)?.artifact_uri)?;
        let pieces = local_artifacts::checked_path(&ask.path)?;
        confined.check_file(db, &id, &pieces.into_iter().fold(folder.clone(), |at, piece| at.join(piece)))?;
        let mut upload = Upload::begin(&folder, &ask.path)?;
        upload.write(&body)?;
        upload.keep()
    });
    written.await?;
    Ok(([(CONTENT_TYPE, "application/json")], "").into_response())
}

#[derive(Deserialize)]
pub(super) struct OfModel {
    #[serde(default)]
    artifact_directory_path: String,
}

/// What lies in a folder of a logged model.
pub(super) async fn list_of_model(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    Fields(ask): Fields<OfModel>,
) -> Answer<Listing> {
    let listing = api.call(move |db| {
        let root_uri = db.model(&id)?.info.artifact_uri;
        let folder = ask.artifact_directory_path.trim_end_matches('/');
        let entries = local_artifacts::entries(&db.artifact_folder(&root_uri)?, folder)?;
        Ok(Listing { root_uri, files: entries.into_iter().map(FileInfo::from).collect() })
    });
    Ok(Json(listing.await?))
}

#[derive(Deserialize)]
pub(super) struct FileOfModel {
    #[serde(default)]
    artifact_file_path: String,
}

/// A file of a logged model.
pub(super) async fn download_of_model(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    headers: HeaderMap,
    Fields(ask): Fields<FileOfModel>,
) -> Result<Response, ApiError> {
    if ask.artifact_file_path.is_empty() {
        return Err(ApiError::bad_request(
            "Request must include the \"artifact_file_path\" query parameter.",
        ));
    }
    transfer::send_artifact(&api, ask.artifact_file_path, &headers, move |db| {
        db.artifact_folder(&db.model(&id)?.info.artifact_uri)
    })
    .await
}
