//! Single requests and their answers.

use serde_json::json;
use sweep::testing::{Gateway, LoggedMetric, TrialScope};

use super::Trial;
use crate::support::http;

#[tokio::test]
async fn only_a_known_secret_gets_in() {
    let trial = Trial::start().await;
    let client = http::client();
    let root = format!("http://{}", trial.gateway.address());
    for path in [
        "/health",
        "/version",
        "/t/wrong/health",
        "/t//health",
        "/api/2.0/mlflow/experiments/get?experiment_id=0",
    ] {
        let (status, answer) = http::get(&client, &format!("{root}{path}")).await;
        assert_eq!((status, answer["error_code"].as_str()), (404, Some("ENDPOINT_NOT_FOUND")), "{path}");
    }
    let healthy = client.get(format!("{}/health", trial.url)).send().await.unwrap();
    assert_eq!((healthy.status().as_u16(), healthy.text().await.unwrap().as_str()), (200, "OK"));
    assert!(trial.gateway.close(&trial.url));
    assert!(!trial.gateway.close(&trial.url));
    assert_eq!(http::get(&client, &format!("{}/health", trial.url)).await.0, 404);
}

#[tokio::test]
async fn a_run_is_answered_in_mlflows_shape() {
    let trial = Trial::start().await;
    let time = 1_700_000_000_000_i64;
    let metrics = json!([{"key": "loss", "value": "NaN", "timestamp": time.to_string(), "step": "3"}]);
    let batch =
        json!({"run_id": trial.run_id, "metrics": metrics, "params": [{"key": "lr", "value": "0.1"}]});
    assert_eq!(trial.post("runs/log-batch", batch).await, (200, json!({})));
    let (status, answer) = trial.get(&format!("runs/get?run_id={0}&run_uuid={0}", trial.run_id)).await;
    assert_eq!(status, 200);
    let run = &answer["run"];
    assert_eq!(run["info"]["run_uuid"], run["info"]["run_id"]);
    assert_eq!((run["info"]["status"].as_str(), run["info"].get("end_time")), (Some("RUNNING"), None));
    assert_eq!(run["info"]["lifecycle_stage"], "active");
    assert_eq!(
        run["data"]["metrics"],
        json!([{"key": "loss", "value": "NaN", "timestamp": time, "step": 3}])
    );
    assert_eq!(run["data"]["params"], json!([{"key": "lr", "value": "0.1"}]));
    assert_eq!(run["inputs"], json!({}));
}

#[tokio::test]
async fn wrong_requests_are_400_and_never_half_understood() {
    let trial = Trial::start().await;
    let id = trial.run_id.as_str();
    let wrong = [
        ("runs/log-metric", json!({"run_id": id, "key": "m", "value": "nan", "timestamp": 1})),
        ("runs/log-metric", json!({"run_id": id, "key": "m", "value": 1, "timestamp": 1, "step": 1.5})),
        ("runs/log-metric", json!({"run_id": id, "key": "m", "value": 1})),
        ("runs/log-metric", json!({"run_id": id, "key": "m", "value": 1, "timestamp": -1})),
        ("runs/log-metric", json!({"key": "m", "value": 1, "timestamp": 1})),
        ("runs/update", json!({"run_id": id, "status": "BOGUS"})),
        ("runs/log-parameter", json!({"run_id": id, "key": "p", "value": 1})),
        (
            "runs/log-batch",
            json!({"run_id": id, "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "1"}]}),
        ),
        ("runs/log-batch", json!([1, 2])),
        ("runs/search", json!({"experiment_ids": ["0"], "max_results": 0})),
        ("runs/search", json!({"experiment_ids": ["x"]})),
        ("runs/search", json!({"experiment_ids": ["0"], "page_token": "nonsense"})),
        ("experiments/search", json!({})),
        ("logged-models/search", json!({})),
    ];
    for (endpoint, body) in wrong {
        let (status, answer) = trial.post(endpoint, body.clone()).await;
        assert_eq!(
            (status, answer["error_code"].as_str()),
            (400, Some("INVALID_PARAMETER_VALUE")),
            "{endpoint} {body}"
        );
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    let run = trial.run().await;
    assert!(run.metrics.is_empty() && run.params.is_empty());
}

#[tokio::test]
async fn bodies_must_be_json_and_bounded() {
    let trial = Trial::start().await;
    let client = http::client();
    let url = format!("{}/api/2.0/mlflow/runs/set-tag", trial.url);
    let broken =
        client.post(&url).header("content-type", "application/json; charset=utf-8").body("{\"run_id\": ");
    assert_eq!(http::answer(broken).await.0, 400);
    assert_eq!(http::answer(client.post(&url).body("{}")).await.0, 400);
    let huge = client.post(&url).header("content-type", "application/json").body(vec![b' '; 17 << 20]);
    assert_eq!(http::answer(huge).await.0, 413);
}

#[tokio::test]
async fn what_is_not_here_says_so_in_mlflows_shape() {
    let trial = Trial::start().await;
    let (status, answer) = trial.post("webhooks", json!({"name": "m"})).await;
    assert_eq!((status, answer["error_code"].as_str()), (501, Some("NOT_IMPLEMENTED")));
    assert!(answer["message"].as_str().unwrap().contains("mlflow server"));
    assert_eq!(trial.get("no/such/thing").await.1["error_code"], "ENDPOINT_NOT_FOUND");
    let (status, answer) = trial.get("runs/create").await;
    assert_eq!((status, answer["error_code"].as_str()), (405, Some("ENDPOINT_NOT_FOUND")));
}

#[tokio::test]
async fn every_name_is_the_sweeps_experiment_in_a_trials_scope() {
    let trial = Trial::start().await;
    let (_, found) = trial.get("experiments/get-by-name?experiment_name=anything").await;
    assert_eq!(found["experiment"]["experiment_id"], trial.experiment_id.as_str());
    assert_eq!(found["experiment"]["name"], "the sweep");
    let (_, made) = trial.post("experiments/create", json!({"name": "mine"})).await;
    assert_eq!(made["experiment_id"], trial.experiment_id.as_str());
    let (_, all) = trial.post("experiments/search", json!({"max_results": 10})).await;
    assert_eq!(all["experiments"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn paths_never_leave_the_artifact_folder() {
    let trial = Trial::start().await;
    let client = http::client();
    for path in ["..%2F..%2Fsecret", "%2Fetc%2Fpasswd", "a%2F..%2F..%2Fb", "a%5C..%5Cb"] {
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", trial.url);
        for request in [client.put(&url).body("x"), client.get(&url), client.delete(&url)] {
            let (status, answer) = http::answer(request).await;
            assert_eq!(
                (status, answer["error_code"].as_str()),
                (400, Some("INVALID_PARAMETER_VALUE")),
                "{path}"
            );
        }
        let (status, _) = trial.get(&format!("artifacts/list?run_id={}&path={path}", trial.run_id)).await;
        assert_eq!(status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_part_of_a_file_can_be_asked_for() {
    let trial = Trial::start().await;
    let client = http::client();
    let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/1/digits.txt", trial.url);
    assert_eq!(http::answer(client.put(&url).body("0123456789")).await.0, 200);
    let part = client.get(&url).header("range", "bytes=3-5").send().await.unwrap();
    assert_eq!(part.status().as_u16(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 3-5/10");
    assert_eq!(part.text().await.unwrap(), "345");
    let (_, listing) =
        http::get(&client, &format!("{}/api/2.0/mlflow-artifacts/artifacts?path=1", trial.url)).await;
    assert_eq!(listing, json!({"files": [{"path": "digits.txt", "is_dir": false, "file_size": 10}]}));
}

#[tokio::test]
async fn a_listener_hears_of_logged_metrics() {
    let trial = Trial::start().await;
    let mut news = trial.gateway.logged();
    let body = json!({"run_id": trial.run_id, "key": "loss", "value": 0.5, "timestamp": 1, "step": 4});
    trial.post("runs/log-metric", body).await;
    let heard = news.recv().await.unwrap();
    assert_eq!(
        heard,
        LoggedMetric { run_id: trial.run_id.clone(), key: "loss".to_owned(), value: 0.5, step: 4 }
    );
}

#[tokio::test]
async fn a_shutdown_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = sweep::testing::EmbeddedStore::open(path.to_str().unwrap()).unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let gateway = Gateway::start(store, async { drop(ended.await) }).await.unwrap();
    let trial = TrialScope {
        run_id: "r".to_owned(),
        experiment_id: "0".to_owned(),
        experiment_name: "Default".to_owned(),
    };
    let url = gateway.scope_with_secret(trial, "a-secret-from-outside".to_owned());
    let client = http::client();
    assert_eq!(client.get(format!("{url}/version")).send().await.unwrap().text().await.unwrap(), "3.17.2");
    end.send(()).unwrap();
    gateway.ended().await;
    assert!(client.get(format!("{url}/version")).send().await.is_err());
}
