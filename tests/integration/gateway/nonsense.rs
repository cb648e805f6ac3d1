//! Requests that make no sense, in thousands: each is answered in MLflow's shape, and the gateway lives on.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};

use super::Trial;
use crate::support::http;

const PATHS: [&str; 44] = [
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
    "api//2.0//mlflow",
];
const FIELDS: [&str; 30] = [
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

#[tokio::test]
async fn nonsense_is_refused_in_mlflows_shape_and_breaks_nothing() {
    let trial = Trial::start().await;
    let client = http::client();
    let random = &mut StdRng::seed_from_u64(7);
    // Twice what most endpoints take.
    let methods = [
        Method::POST,
        Method::POST,
        Method::GET,
        Method::GET,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
    ];
    for number in 0..3000 {
        let path = PATHS[random.random_range(0..PATHS.len())];
        let method = methods[random.random_range(0..methods.len())].clone();
        let asked = fields(random, &trial.run_id, 2);
        let mut request =
            client.request(method.clone(), format!("{}/{path}", trial.url)).query(&query(&asked));
        if method != Method::GET && method != Method::HEAD {
            let mut body = asked.to_string();
            if random.random_range(0..10) == 0 {
                let at = (0..body.len()).rev().find(|&at| body.is_char_boundary(at) && at <= body.len() / 2);
                body.truncate(at.unwrap_or_default());
            }
            request = request.header("content-type", "application/json").body(body);
        }
        let shown = format!("{number}: {method} {path} {asked}");
        let response = request.send().await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
        assert!(status < 500 || status == 501, "{shown}: {status} {answer}");
        if status >= 400 && method != Method::HEAD {
            let shaped = answer["error_code"].is_string() && answer["message"].is_string();
            assert!(shaped, "{shown}: {status} {answer}");
        }
    }
    assert_eq!(trial.run().await.info.id.as_str(), trial.run_id);
}
