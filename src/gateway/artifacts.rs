//! A run's artifacts, listed and read from this side.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::answer::ApiAnswer;
use super::api::Api;
use super::confined::Confined;
use super::error::ApiError;
use super::request::{InPath, QueryFields, unread};
use super::transfer;
use crate::tracking::embedded::Db;
use crate::tracking::local_artifacts::ArtifactUpload;
use crate::tracking::protocol::{ArtifactList, WhichRun, WhichVersion};
use crate::tracking::{TrackingError, local_artifacts};

/// The largest file that a page may send.
const LARGEST_UPLOAD: usize = 10 << 20;

#[derive(Deserialize)]
pub(super) struct OfRun {
    #[serde(flatten)]
    run: WhichRun,
    #[serde(default)]
    path: String,
}

pub(super) async fn list(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<OfRun>,
) -> ApiAnswer<ArtifactList> {
    let listing = api.call(move |db| {
        let root = db.run_info(ask.run.run_id.as_str())?.artifact_uri;
        listed(db, root, ask.path.trim_end_matches('/'))
    });
    Ok(Json(listing.await?))
}

fn listed(db: &Db, root: String, folder: &str) -> Result<ArtifactList, TrackingError> {
    let files = local_artifacts::entries(&db.artifact_folder(&root)?, folder)?;
    Ok(ArtifactList { root_uri: Some(root), files })
}

/// The bytes of a run's artifact.
pub(super) async fn download(
    State(api): State<Api>,
    headers: HeaderMap,
    QueryFields(ask): QueryFields<OfRun>,
) -> Result<Response, ApiError> {
    transfer::send_artifact(&api, ask.path, &headers, move |db| {
        db.artifact_folder(&db.run_info(ask.run.run_id.as_str())?.artifact_uri)
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct OfVersion {
    #[serde(flatten)]
    which: WhichVersion,
    #[serde(default)]
    path: String,
}

/// A file of a registered version, for the page that shows its schema.
pub(super) async fn download_of_version(
    State(api): State<Api>,
    headers: HeaderMap,
    QueryFields(ask): QueryFields<OfVersion>,
) -> Result<Response, ApiError> {
    let number = ask.which.version.ok_or_else(|| ApiError::missing("version"))?;
    transfer::send_artifact(&api, ask.path, &headers, move |db| {
        // A source may be what another call made of a run: `runs:/ID/path`.
        let uri = db.version_download_uri(&ask.which.name, number)?;
        match uri.strip_prefix("runs:/").and_then(|rest| rest.trim_start_matches('/').split_once('/')) {
            Some((run, path)) => {
                let root = db.artifact_folder(&db.run_info(run)?.artifact_uri)?;
                Ok(local_artifacts::checked_path(path)?
                    .into_iter()
                    .fold(root, |folder, piece| folder.join(piece)))
            }
            None => db.artifact_folder(&uri),
        }
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(flatten)]
    run: Option<WhichRun>,
    #[serde(default)]
    path: String,
}

/// A file that the page of a run sends, such as an evaluation's table.
pub(super) async fn upload(
    State(api): State<Api>,
    confined: Confined,
    QueryFields(ask): QueryFields<Sent>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let id = ask.run.ok_or_else(|| ApiError::invalid("Request must specify run_uuid."))?.run_id;
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
        let folder = db.artifact_folder(&db.run_info(id.as_str())?.artifact_uri)?;
        let pieces = local_artifacts::checked_path(&ask.path)?;
        confined.check_file(
            db,
            id.as_str(),
            &pieces.into_iter().fold(folder.clone(), |at, piece| at.join(piece)),
        )?;
        let mut upload = ArtifactUpload::begin(&folder, &ask.path)?;
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
    QueryFields(ask): QueryFields<OfModel>,
) -> ApiAnswer<ArtifactList> {
    let listing = api.call(move |db| {
        let root = db.model(&id)?.info.artifact_uri;
        listed(db, root, ask.artifact_directory_path.trim_end_matches('/'))
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
    QueryFields(ask): QueryFields<FileOfModel>,
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
