//! Files over the wire in pieces, so that a large model never stands in memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, Response, StatusCode};
use http_body::Frame;
use tokio::sync::mpsc;

use super::error::ApiError;
use crate::tracking::local_artifacts::Upload;

/// Bytes of one piece.
const PIECE: usize = 256 << 10;
/// Pieces that may wait for a slow reader.
const WAITING: usize = 4;
/// The largest file that is taken, 64 GiB.
const LARGEST_FILE: u64 = 64 << 30;

/// Answers with a file, or with the part of it that a `Range` header asks for.
pub(super) fn send(mut file: File, size: u64, headers: &HeaderMap) -> Result<Response<Body>, ApiError> {
    let range =
        headers.get(RANGE).and_then(|range| range.to_str().ok()).and_then(|range| parse_range(range, size));
    let (status, start, length) = match range {
        None => (StatusCode::OK, 0, size),
        Some((start, end)) => (StatusCode::PARTIAL_CONTENT, start, end - start + 1),
    };
    let broken =
        |error: &dyn std::fmt::Display| ApiError::invalid(format!("The artifact can't be read: {error}"));
    file.seek(SeekFrom::Start(start)).map_err(|error| broken(&error))?;
    let (pieces, body) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || read_pieces(file.take(length), &pieces));
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_LENGTH, length);
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(CONTENT_RANGE, format!("bytes {start}-{}/{size}", start + length - 1));
    }
    response.body(Body::new(Pieces(body))).map_err(|error| broken(&error))
}

fn read_pieces(mut file: impl Read, pieces: &mpsc::Sender<std::io::Result<Bytes>>) {
    loop {
        let mut piece = vec![0; PIECE];
        let outcome = file.read(&mut piece).map(|count| {
            piece.truncate(count);
            Bytes::from(piece)
        });
        let last = outcome.as_ref().map_or(true, Bytes::is_empty);
        let empty = outcome.as_ref().is_ok_and(Bytes::is_empty);
        // A reader that went away ends it, too.
        if empty || pieces.blocking_send(outcome).is_err() || last {
            return;
        }
    }
}

/// The first and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`; anything else asks for the whole file.
fn parse_range(range: &str, size: u64) -> Option<(u64, u64)> {
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

/// A body made of pieces that arrive.
struct Pieces(mpsc::Receiver<std::io::Result<Bytes>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// What the writing thread is told.
enum Told {
    Piece(Bytes),
    End,
}

/// Takes a body into a file; the file appears only where the body came whole.
pub(super) async fn receive(body: Body, mut upload: Upload) -> Result<(), ApiError> {
    let (pieces, mut told) = mpsc::channel(WAITING);
    let writer = tokio::task::spawn_blocking(move || {
        loop {
            match told.blocking_recv() {
                Some(Told::Piece(bytes)) => upload.write(&bytes)?,
                Some(Told::End) => return upload.keep(),
                None => return Ok(()),
            }
        }
    });
    let came = forward(body, pieces).await;
    let wrote =
        writer.await.map_err(|error| ApiError::invalid(format!("The upload was broken off: {error}")))?;
    wrote?;
    came
}

async fn forward(mut body: Body, pieces: mpsc::Sender<Told>) -> Result<(), ApiError> {
    let mut size: u64 = 0;
    let mut body = Pin::new(&mut body);
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame =
            frame.map_err(|error| ApiError::invalid(format!("The upload was broken off: {error}")))?;
        let Ok(bytes) = frame.into_data() else { continue };
        size = size.saturating_add(bytes.len() as u64);
        if size > LARGEST_FILE {
            return Err(ApiError::too_large("The artifact is too large."));
        }
        if pieces.send(Told::Piece(bytes)).await.is_err() {
            return Ok(());
        }
    }
    // Where the writer is gone it has failed, and says so itself.
    let _ = pieces.send(Told::End).await;
    Ok(())
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
