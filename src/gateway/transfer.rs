//! Files over the wire in pieces, so that a large model never stands in memory.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::PathBuf;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use futures_util::TryStreamExt as _;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::api::Api;
use super::error::ApiError;
use super::file_types::{content_type, disposition};
use crate::tracking::embedded::Db;
use crate::tracking::local_artifacts::{self, ArtifactUpload};

/// Bytes of one piece.
const PIECE: usize = 256 << 10;
/// The largest file that is taken, 64 GiB.
const LARGEST_FILE: u64 = 64 << 30;

/// Answers with an artifact below the root that is found in the database.
pub(super) async fn send_artifact(
    api: &Api,
    path: String,
    headers: &HeaderMap,
    root: impl FnOnce(&Db) -> crate::tracking::Result<PathBuf> + Send + 'static,
) -> Result<Response<Body>, ApiError> {
    let opened = api.call(move |db| {
        let (file, size) = local_artifacts::open(&root(db)?, &path)?;
        Ok((file, size, path))
    });
    let (file, size, path) = opened.await?;
    let mut response = send(file, size, headers)?;
    let name = path.rsplit('/').next().unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    // A browser shows nothing of what it is to save: a page among artifacts can't act in the name of this server.
    if let Ok(value) = HeaderValue::from_str(&disposition(name)) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Answers with a file, or with the part of it that a `Range` header asks for.
fn send(mut file: File, size: u64, headers: &HeaderMap) -> Result<Response<Body>, ApiError> {
    let range =
        headers.get(RANGE).and_then(|range| range.to_str().ok()).and_then(|range| parse_range(range, size));
    let (status, start, length) = match range {
        None => (StatusCode::OK, 0, size),
        Some((start, end)) => (StatusCode::PARTIAL_CONTENT, start, end - start + 1),
    };
    let broken =
        |error: &dyn std::fmt::Display| ApiError::invalid(format!("The artifact can't be read: {error}"));
    file.seek(SeekFrom::Start(start)).map_err(|error| broken(&error))?;
    let mut response =
        Response::builder().status(status).header(ACCEPT_RANGES, "bytes").header(CONTENT_LENGTH, length);
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(CONTENT_RANGE, format!("bytes {start}-{}/{size}", start + length - 1));
    }
    let part = tokio::fs::File::from_std(file).take(length);
    // Each piece is read when it is asked for, so that a slow client keeps no thread.
    response.body(Body::from_stream(ReaderStream::with_capacity(part, PIECE))).map_err(|error| broken(&error))
}

/// The first and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`; anything else asks for the whole file.
pub(crate) fn parse_range(range: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = size.checked_sub(1)?;
    let (start, end) = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(start), Some(last)) => (start, last.min(end)),
        (Some(start), None) if last.is_empty() => (start, end),
        (None, Some(count)) if first.is_empty() && count > 0 => (size.saturating_sub(count), end),
        _ => return None,
    };
    (start <= end).then_some((start, end))
}

/// Takes a body into a file; the file appears only where the body came whole. Between two pieces a slow client keeps no
/// thread.
pub(super) async fn receive(body: Body, mut upload: ArtifactUpload) -> Result<(), ApiError> {
    let cut =
        |error: &dyn std::fmt::Display| ApiError::invalid(format!("The upload was broken off: {error}"));
    let (mut size, mut piece) = (0_u64, Vec::new());
    let mut body = body.into_data_stream();
    while let Some(bytes) = body.try_next().await.map_err(|error| cut(&error))? {
        size = size.saturating_add(bytes.len() as u64);
        if size > LARGEST_FILE {
            return Err(ApiError::too_large("The artifact is too large."));
        }
        piece.extend_from_slice(&bytes);
        if piece.len() >= PIECE {
            upload = blocking(upload, std::mem::take(&mut piece)).await?;
        }
    }
    let upload = blocking(upload, piece).await?;
    tokio::task::spawn_blocking(move || upload.keep()).await.map_err(|error| cut(&error))??;
    Ok(())
}

/// Writes where it may block.
async fn blocking(mut upload: ArtifactUpload, piece: Vec<u8>) -> Result<ArtifactUpload, ApiError> {
    let work = tokio::task::spawn_blocking(move || upload.write(&piece).map(|()| upload));
    let written = work.await;
    Ok(written.map_err(|error| ApiError::invalid(format!("The upload was broken off: {error}")))??)
}

#[cfg(test)]
mod tests {
    use super::parse_range;

    #[test]
    fn a_range_is_a_part_of_the_file() {
        assert_eq!(parse_range("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(parse_range("bytes=4-", 10), Some((4, 9)));
        assert_eq!(parse_range("bytes=-3", 10), Some((7, 9)));
        assert_eq!(parse_range("bytes=2-99", 10), Some((2, 9)));
    }

    #[test]
    fn what_is_no_range_asks_for_the_whole_file() {
        for range in ["bytes=9-2", "bytes=10-", "bytes=-", "lines=1-2", "bytes=0-1,3-4", "bytes=-0"] {
            assert_eq!(parse_range(range, 10), None, "{range}");
        }
        assert_eq!(parse_range("bytes=0-", 0), None);
    }
}
