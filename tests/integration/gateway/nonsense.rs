//! Requests that make no sense, in thousands: each is answered in MLflow's shape, and the gateway lives on.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};

use super::Trial;
use crate::support::http;
use crate::support::sweep_server::SweepServer;

const PATHS: [&str; 62] = [
    "api/2.0/mlflow/experiments/create",
    "api/2.0/mlflow/experiments/get",
    "api/2.0/mlflow/experiments/get-by-name",
    "api/2.0/mlflow/experiments/search",
    "api/2.0/mlflow/experiments/update",
    "api/2.0/mlflow/experiments/set-experiment-tag",
    "api/2.0/mlflow/experiments/delete-experiment-tag",
    "api/2.0/mlflow/runs/create",
    "api/2.0/mlflow/runs/get",
    "api/2.0/mlflow/runs/update",
    "api/2.0/mlflow/runs/restore",
    "api/2.0/mlflow/runs/search",
    "api/2.0/mlflow/runs/log-metric",
    "api/2.0/mlflow/runs/log-parameter",
    "api/2.0/mlflow/runs/log-batch",
    "api/2.0/mlflow/runs/set-tag",
    "api/2.0/mlflow/runs/delete-tag",
    "api/2.0/mlflow/runs/log-inputs",
    "api/2.0/mlflow/runs/outputs",
    "api/2.0/mlflow/metrics/get-history",
    "api/2.0/mlflow/artifacts/list",
    "api/2.0/mlflow/logged-models",
    "api/2.0/mlflow/logged-models/search",
    "api/2.0/mlflow/logged-models/m-1",
    "api/2.0/mlflow/logged-models/m-1/params",
    "api/2.0/mlflow/logged-models/m-1/tags",
    "api/2.0/mlflow/logged-models/m-1/tags/a%2Fb",
    "api/2.0/mlflow/logged-models/%ff",
    "api/2.0/mlflow-artifacts/artifacts",
    "api/2.0/mlflow-artifacts/artifacts/a/b",
    "api/2.0/mlflow-artifacts/artifacts/%ff%00",
    "api/2.0/mlflow-artifacts/artifacts/a%00b",
    "api/2.0/mlflow-artifacts/mpu/create/a",
    "ajax-api/2.0/mlflow/runs/search",
    "api/3.0/mlflow/server-info",
    "api/3.0/mlflow/traces",
    "get-artifact",
    "graphql",
    "health",
    "version",
    "",
    "%2e%2e/%2e%2e/etc/passwd",
    "api/2.0/mlflow/registered-models/create",
    "api/2.0/mlflow/registered-models/get",
    "api/2.0/mlflow/registered-models/update",
    "api/2.0/mlflow/registered-models/rename",
    "api/2.0/mlflow/registered-models/search",
    "api/2.0/mlflow/registered-models/get-latest-versions",
    "api/2.0/mlflow/registered-models/set-tag",
    "api/2.0/mlflow/registered-models/delete-tag",
    "api/2.0/mlflow/registered-models/alias",
    "ajax-api/2.0/mlflow/model-versions/create",
    "api/2.0/mlflow/model-versions/get",
    "api/2.0/mlflow/model-versions/update",
    "api/2.0/mlflow/model-versions/transition-stage",
    "api/2.0/mlflow/model-versions/search",
    "api/2.0/mlflow/model-versions/get-download-uri",
    "api/2.0/mlflow/model-versions/set-tag",
    "ajax-api/2.0/mlflow/metrics/get-history-bulk",
    "api/2.0/mlflow/metrics/get-history-bulk-interval",
    "api/2.0/mlflow/runs/log-model",
    "api//2.0//mlflow",
];
const FIELDS: [&str; 40] = [
    "run_id",
    "run_uuid",
    "experiment_id",
    "experiment_ids",
    "experiment_name",
    "name",
    "new_name",
    "key",
    "value",
    "timestamp",
    "step",
    "metrics",
    "params",
    "tags",
    "filter",
    "order_by",
    "max_results",
    "page_token",
    "view_type",
    "run_view_type",
    "status",
    "end_time",
    "metric_key",
    "path",
    "models",
    "datasets",
    "model_id",
    "source_run_id",
    "run_name",
    "start_time",
    "version",
    "alias",
    "stage",
    "stages",
    "source",
    "archive_existing_versions",
    "description",
    "start_step",
    "end_step",
    "model_json",
];

fn any(random: &mut StdRng, run: &str, depth: u8) -> Value {
    match random.random_range(0..if depth == 0 { 16 } else { 19 }) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(random.random_range(-5_i64..5)),
        3 => json!(random.random::<i64>()),
        4 => json!(1e300),
        5 => json!("NaN"),
        6 => json!(""),
        7 => json!("\u{0}'\"; DROP TABLE runs; --`%_"),
        8 => json!("x".repeat(random.random_range(0..9000))),
        9 => json!("../../etc/passwd"),
        10 => json!("metrics.loss > 1 AND tags.`a' = 'b"),
        11 => json!("params.a LIKE '%' AND dataset.name IN ('x')"),
        12 => json!("eyJvZmZzZXQiOiA1fQ=="),
        13 => json!("0"),
        14 | 15 => json!(run),
        16 => json!([any(random, run, depth - 1), any(random, run, depth - 1)]),
        17 => {
            json!([{"key": any(random, run, 0), "value": any(random, run, 0), "timestamp": 1, "step": any(random, run, 0)}])
        }
        _ => fields(random, run, depth - 1),
    }
}

fn fields(random: &mut StdRng, run: &str, depth: u8) -> Value {
    let count = random.random_range(0..6);
    let pairs = (0..count)
        .map(|_| (FIELDS[random.random_range(0..FIELDS.len())].to_owned(), any(random, run, depth)));
    Value::Object(pairs.collect())
}

fn query(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value
        .as_object()
        .map(|fields| fields.iter().map(|(key, value)| (key.clone(), text(value))).collect())
        .unwrap_or_default()
}

// Twice what most endpoints take.
const METHODS: [Method; 8] = [
    Method::POST,
    Method::POST,
    Method::GET,
    Method::GET,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
];

/// A request that makes no sense, with what it looks like.
fn nonsense(
    random: &mut StdRng,
    client: &reqwest::Client,
    url: &str,
    run: &str,
) -> (String, reqwest::RequestBuilder) {
    let path = PATHS[random.random_range(0..PATHS.len())];
    let method = METHODS[random.random_range(0..METHODS.len())].clone();
    let asked = fields(random, run, 2);
    let mut request = client.request(method.clone(), format!("{url}/{path}")).query(&query(&asked));
    if method != Method::GET && method != Method::HEAD {
        let mut body = asked.to_string();
        if random.random_range(0..10) == 0 {
            let at = (0..body.len()).rev().find(|&at| body.is_char_boundary(at) && at <= body.len() / 2);
            body.truncate(at.unwrap_or_default());
        }
        request = request.header("content-type", "application/json").body(body);
    }
    (format!("{method} {path} {asked}"), request)
}

#[tokio::test]
async fn nonsense_is_refused_in_mlflows_shape_and_breaks_nothing() {
    let trial = Trial::start().await;
    let client = http::client();
    let random = &mut StdRng::seed_from_u64(7);
    for number in 0..4000 {
        let (shown, request) = nonsense(random, &client, &trial.url, &trial.run_id);
        let response = request.send().await.unwrap_or_else(|error| panic!("{number} {shown}: {error}"));
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
        assert!(status < 500 || status == 501, "{number} {shown}: {status} {answer}");
        if status >= 400 && !shown.starts_with("HEAD") {
            let shaped = answer["error_code"].is_string() && answer["message"].is_string();
            assert!(shaped, "{number} {shown}: {status} {answer}");
        }
    }
    assert_eq!(trial.run().await.info.id.as_str(), trial.run_id);
}

/// Values of headers that decide who is let in, right and wrong ones.
const HOSTS: [&str; 9] = [
    "localhost",
    "127.0.0.1:1",
    "[::1]",
    "[",
    "]:",
    ":",
    "evil.example",
    "10.evil.example",
    "localhost:99999999999",
];
const ORIGINS: [&str; 6] =
    ["http://localhost", "http://evil.example", "null", "http://[::1", "://", "http://localhost:port"];
const LOGINS: [&str; 8] = [
    "Bearer a-long-token",
    "Bearer",
    "Basic",
    "Basic YW5uOndyb25nIG9uZQ==",
    "Basic /w==",
    "Basic =",
    "Negotiate abc",
    "bearer  a-long-token ",
];

#[tokio::test]
async fn a_server_for_people_lets_nobody_in_by_nonsense() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start(folder.path(), &[], &[("SWEEP_SERVER_TOKEN", "a-long-token")]);
    let client = http::client();
    let random = &mut StdRng::seed_from_u64(8);
    let mut let_in = 0;
    // Each wrong login is answered late, so that thousands would take minutes.
    for number in 0..400 {
        let (shown, mut request) = nonsense(random, &client, server.url(), "none");
        let mut pick = |from: &[&'static str]| from[random.random_range(0..from.len())];
        let (host, origin, login) = (pick(&HOSTS), pick(&ORIGINS), pick(&LOGINS));
        request = request.header("host", host).header("origin", origin).header("authorization", login);
        let shown = format!("{number} {shown} for {host} from {origin} by {login}");
        let response = request.send().await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        let status = response.status().as_u16();
        assert!(status < 500 || status == 501, "{shown}: {status}");
        let may = login.to_ascii_lowercase().starts_with("bearer ") && login.contains("a-long-token");
        if !may && !shown.contains(" health ") && !shown.contains(" api/3.0/mlflow/server-info ") {
            // 400 is what cannot be read as a request at all.
            assert!([400, 401, 403].contains(&status), "{shown}: {status}");
        }
        let_in += usize::from(![400, 401, 403].contains(&status));
    }
    assert!(let_in > 5, "{let_in}");
    assert_eq!(client.get(format!("{}/health", server.url())).send().await.unwrap().status().as_u16(), 200);
}
