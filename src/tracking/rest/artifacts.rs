//! Artifacts of a run on a server: through its `mlflow-artifacts` proxy, or on a local path that both can see.

use std::fs::File;

use reqwest::Method;

use super::client::{Client, Request, RequestBody};
use super::expect::Expect;
use crate::tracking::error::{ErrorKind, Result, TrackingError};
use crate::tracking::local_artifacts::{self, ArtifactUpload, checked_path};
use crate::tracking::protocol::{ArtifactEntry, ArtifactList, RunInfo};

/// Where the artifacts of a run lie.
enum ArtifactPlace {
    /// Below the server's `/api/2.0/mlflow-artifacts/artifacts`.
    Proxy(Vec<String>),
    /// In a folder of this machine: MLflow's clients read and write it themselves.
    Folder(std::path::PathBuf),
}

pub(super) async fn put(client: &Client, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
    match place(client, run)? {
        ArtifactPlace::Proxy(root) => {
            let url = proxy_url(client, &root, checked_path(path)?);
            let request = Request {
                method: Method::PUT,
                url,
                body: RequestBody::Bytes(&bytes),
                expect: Expect::Stored,
            };
            client.send(&format!("artifact {path}"), &request).await.map(drop)
        }
        ArtifactPlace::Folder(root) => local_artifacts::put(root, path.to_owned(), bytes).await,
    }
}

pub(super) async fn get(client: &Client, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
    match place(client, run)? {
        ArtifactPlace::Proxy(root) => {
            let url = proxy_url(client, &root, checked_path(path)?);
            let request =
                Request { method: Method::GET, url, body: RequestBody::Empty, expect: file_named(path) };
            let what = format!("artifact {path}");
            if let Some(bytes) = client.send_unless_500(&what, &request).await? {
                return Ok(bytes);
            }
            // Servers before 3.17, and those before a bucket, answer 500 where there is no such file.
            if is_listed(client, run, path).await? {
                client.send(&what, &request).await
            } else {
                Err(absent(path))
            }
        }
        ArtifactPlace::Folder(root) => local_artifacts::get(root, path.to_owned()).await,
    }
}

/// Reads an artifact piece by piece.
pub(super) async fn fetch(
    client: &Client,
    run: &RunInfo,
    path: &str,
    into: &mut ArtifactUpload,
) -> Result<()> {
    match place(client, run)? {
        ArtifactPlace::Proxy(root) => {
            let url = proxy_url(client, &root, checked_path(path)?);
            client.fetch(&format!("artifact {path}"), url, file_named(path), into).await
        }
        ArtifactPlace::Folder(root) => local_artifacts::copy(root, path, into).await,
    }
}

/// Writes a file piece by piece.
pub(super) async fn put_file(client: &Client, run: &RunInfo, path: &str, file: &File) -> Result<()> {
    match place(client, run)? {
        ArtifactPlace::Proxy(root) => {
            let url = proxy_url(client, &root, checked_path(path)?);
            let size = local_artifacts::size_of(file)?;
            client.send_file(&format!("artifact {path}"), url, file, size).await
        }
        ArtifactPlace::Folder(root) => local_artifacts::put_file(root, path, file).await,
    }
}

pub(super) async fn list(client: &Client, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
    match place(client, run)? {
        ArtifactPlace::Proxy(root) => {
            let mut folder = root.join("/");
            if !path.is_empty() {
                folder = format!("{folder}/{}", checked_path(path)?.join("/"));
            }
            let mut url = client.url(&["api", "2.0", "mlflow-artifacts", "artifacts"]);
            url.query_pairs_mut().append_pair("path", &folder);
            let mut found: ArtifactList = client.json("the list of artifacts", url).await?;
            if !path.is_empty() {
                // The proxy gives names relative to the listed folder.
                found.files.iter_mut().for_each(|file| file.path = format!("{path}/{}", file.path));
            }
            Ok(found.files)
        }
        ArtifactPlace::Folder(root) => local_artifacts::list(root, path.to_owned()).await,
    }
}

/// Whether a file stands in the list of its folder.
async fn is_listed(client: &Client, run: &RunInfo, path: &str) -> Result<bool> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let entries = list(client, run, folder).await?;
    Ok(entries.iter().any(|entry| entry.path == path))
}

fn absent(path: &str) -> TrackingError {
    TrackingError::new(ErrorKind::NotFound, format!("there is no artifact {path}"))
}

fn file_named(path: &str) -> Expect {
    let path = path.to_ascii_lowercase();
    Expect::File { is_page: [".html", ".htm"].iter().any(|end| path.ends_with(end)) }
}

fn proxy_url(client: &Client, root: &[String], path: Vec<&str>) -> reqwest::Url {
    let mut segments = vec!["api", "2.0", "mlflow-artifacts", "artifacts"];
    segments.extend(root.iter().map(String::as_str));
    segments.extend(path);
    client.url(&segments)
}

fn place(client: &Client, run: &RunInfo) -> Result<ArtifactPlace> {
    let uri = run.artifact_uri.as_str();
    if let Some(path) = client.proxied(uri) {
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
        return Ok(ArtifactPlace::Proxy(segments));
    }
    if let Some(rest) = uri.strip_prefix("mlflow-artifacts:") {
        // `mlflow-artifacts://host/…` names the server; all of ours go through the tracking server.
        let path = match rest.strip_prefix("//") {
            Some(with_host) => with_host.split_once('/').map_or("", |(_, path)| path),
            None => rest,
        };
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        return Ok(ArtifactPlace::Proxy(segments));
    }
    local_artifacts::folder_of(uri).map(ArtifactPlace::Folder).ok_or_else(|| {
        let scheme = uri.split_once(':').map_or(uri, |(scheme, _)| scheme);
        TrackingError::new(
            ErrorKind::Unsupported,
            format!(
                "the artifacts of run {} lie in `{scheme}:…`, which only its own clients can reach",
                run.id
            ),
        )
        .hint("Start the server with --serve-artifacts (the default), so that it passes artifacts on.")
    })
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
