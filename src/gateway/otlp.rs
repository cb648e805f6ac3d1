//! `/v1/traces`: spans from MLflow's client, and from any program that speaks OpenTelemetry's protocol.

use std::io::Read as _;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use flate2::read::{GzDecoder, ZlibDecoder};

use super::api::Api;
use super::confined::{Confined, RunAction};
use super::error::ApiError;
use super::request::unread;
use crate::tracking::ExperimentId;
use crate::tracking::protocol::{SentSpans, spans_of_json, spans_of_protobuf};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
/// The largest body once it is unpacked.
const LARGEST: u64 = 64 << 20;
/// The experiment that spans go to.
const EXPERIMENT: &str = "x-mlflow-experiment-id";
/// The run that their traces belong to.
const RUN: &str = "x-mlflow-run-id";

pub(super) async fn spans(
    State(api): State<Api>,
    confined: Confined,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = header(CONTENT_TYPE.as_str()).split(';').next().unwrap_or_default().trim().to_owned();
    let Some(experiment) = Some(header(EXPERIMENT)).filter(|id| !id.is_empty()) else {
        return Err(ApiError::missing(EXPERIMENT));
    };
    let (experiment, run) = (ExperimentId(experiment.to_owned()), header(RUN).to_owned());
    let body = unpacked(body.map_err(|error| unread(&error))?, header(CONTENT_ENCODING.as_str()))?;
    let sent = match kind.as_str() {
        PROTOBUF => spans_of_protobuf(&body),
        JSON => spans_of_json(&body),
        other => {
            let wanted = format!("Invalid Content-Type: {other}. Expected: {PROTOBUF} or {JSON}");
            return Err(ApiError::bad_request(wanted));
        }
    };
    let sent = sent.filter(|sent| !sent.is_empty());
    let sent = sent.ok_or_else(|| ApiError::bad_request("Invalid OpenTelemetry format"))?;
    api.call(move |db| {
        let run = Some(run).filter(|run| !run.is_empty());
        if let Some(run) = &run {
            confined.check(db, run, RunAction::Log)?;
        }
        confined.check_traces(db, &ids_of(&sent))?;
        let run = confined.run_of_new_trace(db, run.as_deref())?;
        db.log_spans(&experiment, run.as_deref(), &sent)
    })
    .await?;
    // The answer says that all were taken: a message without fields, or an object.
    let answer = if kind == JSON { "{}" } else { "" };
    Ok(([(CONTENT_TYPE, kind)], answer).into_response())
}

/// The traces that spans belong to, each once.
fn ids_of(sent: &[SentSpans]) -> Vec<String> {
    let mut ids: Vec<String> = sent
        .iter()
        .flat_map(|program| &program.spans)
        .map(crate::tracking::protocol::Span::trace_id)
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

fn unpacked(body: Bytes, encoding: &str) -> Result<Bytes, ApiError> {
    let mut unpacked = Vec::new();
    let read = match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => return Ok(body),
        "gzip" => GzDecoder::new(&body[..]).take(LARGEST + 1).read_to_end(&mut unpacked),
        "deflate" => ZlibDecoder::new(&body[..]).take(LARGEST + 1).read_to_end(&mut unpacked),
        other => return Err(ApiError::bad_request(format!("Unsupported Content-Encoding: {other}"))),
    };
    match read {
        Err(error) => Err(ApiError::bad_request(format!("The body can't be unpacked: {error}"))),
        Ok(bytes) if bytes as u64 > LARGEST => Err(ApiError::too_large("The unpacked body is too large")),
        Ok(_) => Ok(unpacked.into()),
    }
}
