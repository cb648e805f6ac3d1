//! A run's artifacts, listed and read from this side.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::api::Api;
use super::error::ApiError;
use super::request::{Fields, run_id};
use super::transfer;
use crate::tracking::{ArtifactEntry, local_artifacts};

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
    let opened = api.call(move |db| {
        let root = db.artifact_folder(&db.run_header(&id)?.artifact_uri)?;
        local_artifacts::open(&root, &ask.path)
    });
    let (file, size) = opened.await?;
    transfer::send(file, size, &headers)
}
