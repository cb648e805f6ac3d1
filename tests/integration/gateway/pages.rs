//! What MLflow's pages and less usual clients ask for.

use serde_json::{Value, json};

use super::Trial;
use crate::support::http;

/// A trial whose server is asked by whole paths.
struct Asked {
    trial: Trial,
    client: reqwest::Client,
}

impl Asked {
    async fn start() -> Self {
        Self { trial: Trial::start().await, client: http::client() }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.trial.url)).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        http::post(&self.client, &format!("{}{path}", self.trial.url), body).await
    }

    /// Puts a file among the artifacts of the trial's run.
    fn write(&self, path: &str, text: &str) {
        let db = self.trial.store.db();
        let folder = db.artifact_folder(&db.run_info(&self.trial.run_id).unwrap().artifact_uri).unwrap();
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

#[tokio::test]
async fn a_download_says_what_it_is_and_how_it_is_called() {
    let asked = Asked::start().await;
    let run = &asked.trial.run_id;
    for (name, media) in [
        ("a.txt", "text/plain; charset=utf-8"),
        ("p.png", "image/png"),
        ("m.pkl", "application/octet-stream"),
    ] {
        asked.write(name, "x");
        for path in ["/get-artifact", "/ajax-api/2.0/mlflow/get-artifact"] {
            let answer = asked.get(&format!("{path}?run_uuid={run}&path={name}")).await;
            let header = |key: &str| answer.headers()[key].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), media, "{path} {name}");
            assert_eq!(header("content-disposition"), format!("attachment; filename={name}"));
        }
    }
}

#[tokio::test]
async fn answers_have_the_fields_that_mlflow_always_sends() {
    let asked = Asked::start().await;
    let (_, run) = asked.trial.get(&format!("runs/get?run_id={}", asked.trial.run_id)).await;
    assert_eq!((&run["run"]["inputs"], &run["run"]["outputs"]), (&json!({}), &json!({})));
    let info = asked.get("/ajax-api/3.0/mlflow/server-info").await;
    assert_eq!(info.json::<Value>().await.unwrap()["store_type"], "SqlStore");
    let model =
        json!({"experiment_id": asked.trial.experiment_id, "name": "m", "source_run_id": asked.trial.run_id});
    let (_, made) = asked.trial.post("logged-models", model).await;
    let id = made["model"]["info"]["model_id"].as_str().unwrap();
    let url = format!("{}/api/2.0/mlflow/logged-models/{id}/tags", asked.trial.url);
    let tagged =
        http::answer(asked.client.patch(url).json(&json!({"tags": [{"key": "a", "value": "b"}]}))).await;
    assert_eq!(tagged, (200, json!({})));
}

#[tokio::test]
async fn the_files_of_models_and_versions_are_shown() {
    let asked = Asked::start().await;
    let trial = &asked.trial;
    let model = json!({"experiment_id": trial.experiment_id, "name": "m", "source_run_id": trial.run_id});
    let (_, made) = trial.post("logged-models", model).await;
    let (id, uri) =
        (made["model"]["info"]["model_id"].clone(), made["model"]["info"]["artifact_uri"].clone());
    let (id, uri) = (id.as_str().unwrap(), uri.as_str().unwrap());
    std::fs::create_dir_all(format!("{uri}/data")).unwrap();
    std::fs::write(format!("{uri}/MLmodel"), "flavors: {}").unwrap();
    std::fs::write(format!("{uri}/data/w.bin"), "w").unwrap();
    let base = format!("/ajax-api/2.0/mlflow/logged-models/{id}/artifacts");
    let listed: Value = asked.get(&format!("{base}/directories")).await.json().await.unwrap();
    assert_eq!((&listed["root_uri"], &listed["files"][0]["path"]), (&json!(uri), &json!("MLmodel")));
    let below: Value =
        asked.get(&format!("{base}/directories?artifact_directory_path=data")).await.json().await.unwrap();
    assert_eq!(below["files"][0]["path"], "data/w.bin");
    let file = asked.get(&format!("{base}/files?artifact_file_path=MLmodel")).await;
    assert_eq!(file.text().await.unwrap(), "flavors: {}");
    assert_eq!(asked.get(&format!("{base}/files")).await.status().as_u16(), 400);

    trial.post("registered-models/create", json!({"name": "reg"})).await;
    let version =
        json!({"name": "reg", "source": format!("models:/{id}"), "model_id": id, "run_id": trial.run_id});
    let (status, answer) = trial.post("model-versions/create", version).await;
    assert_eq!(status, 200, "{answer}");
    let file = asked.get("/model-versions/get-artifact?name=reg&version=1&path=MLmodel").await;
    assert_eq!(file.text().await.unwrap(), "flavors: {}");
    let (_, model) = trial.get(&format!("logged-models/{id}")).await;
    assert_eq!(model["model"]["info"]["tags"][0]["value"], r#"[{"name": "reg", "version": 1}]"#);

    asked.write("m/MLmodel", "of a run");
    let version =
        json!({"name": "reg", "source": format!("runs:/{}/m", trial.run_id), "run_id": trial.run_id});
    assert_eq!(trial.post("model-versions/create", version).await.0, 200);
    let file = asked.get("/model-versions/get-artifact?name=reg&version=2&path=MLmodel").await;
    assert_eq!(file.text().await.unwrap(), "of a run");
}

#[tokio::test]
async fn datasets_are_listed_and_pages_send_small_files() {
    let asked = Asked::start().await;
    let trial = &asked.trial;
    let dataset = json!({"name": "d", "digest": "1", "source_type": "s", "source": "{}"});
    let tags = json!([{"key": "mlflow.data.context", "value": "training"}]);
    let inputs = json!({"run_id": trial.run_id, "datasets": [{"tags": tags, "dataset": dataset}]});
    assert_eq!(trial.post("runs/log-inputs", inputs).await.0, 200);
    let path = "/ajax-api/2.0/mlflow/experiments/search-datasets";
    let (_, found) = asked.post(path, &json!({"experiment_ids": [trial.experiment_id]})).await;
    let summary =
        json!({"experiment_id": trial.experiment_id, "name": "d", "digest": "1", "context": "training"});
    assert_eq!(found, json!({"dataset_summaries": [summary]}));
    assert_eq!(asked.post(path, &json!({"experiment_ids": []})).await.0, 400);
    assert_eq!(asked.post(path, &json!({"experiment_ids": vec!["1"; 21]})).await.0, 400);

    let at = |path: &str| {
        format!("{}/ajax-api/2.0/mlflow/upload-artifact?run_uuid={}&path={path}", trial.url, trial.run_id)
    };
    let send = async |path: &str, size: usize| {
        asked.client.post(at(path)).body(vec![b'x'; size]).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send("folder/t.json", 3).await, 200);
    let sent = asked.get(&format!("/get-artifact?run_uuid={}&path=folder/t.json", trial.run_id)).await;
    assert_eq!(sent.text().await.unwrap(), "xxx");
    for (path, size) in [("../t.json", 3), ("t.json", 0), ("", 3), ("big", (10 << 20) + 1)] {
        assert_eq!(send(path, size).await, 400, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_here_is_told_as_mlflows_or_nobodys() {
    let asked = Asked::start().await;
    let (status, answer) = asked.post("/api/2.0/mlflow-artifacts/mpu/create/1/a", &json!({})).await;
    assert_eq!(status, 501);
    let beginning = "Multipart upload is not supported for the current artifact repository";
    assert!(answer["message"].as_str().unwrap().starts_with(beginning), "{answer}");
    for noun in
        ["traces/metrics", "gateway/endpoints/list", "workspaces", "issues", "review-queues", "mcp-servers"]
    {
        let (status, answer) = asked.post(&format!("/api/3.0/mlflow/{noun}"), &json!({})).await;
        assert_eq!((status, &answer["error_code"]), (501, &json!("NOT_IMPLEMENTED")), "{noun}");
    }
    let (status, answer) = asked.post("/foo", &json!({})).await;
    assert_eq!(status, 404);
    assert!(!answer["message"].as_str().unwrap().contains("mlflow server"), "{answer}");
}

#[tokio::test]
async fn a_wrong_request_names_the_parameter() {
    let asked = Asked::start().await;
    let trial = &asked.trial;
    let metrics = json!([{"key": "a", "value": 1, "timestamp": "soon"}]);
    for (endpoint, body, words) in [
        ("experiments/create", json!({"name": 123}), "Invalid value 123 for parameter 'name' supplied"),
        ("runs/log-batch", json!({"run_id": trial.run_id, "metrics": metrics}), "'metrics[0].timestamp'"),
        (
            "registered-models/alias",
            json!({"name": "m", "alias": "a", "version": "x"}),
            "Parameter 'version' must be an integer, got 'x'.",
        ),
    ] {
        let (status, answer) = trial.post(endpoint, body).await;
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
    for (endpoint, words) in [
        (
            "metrics/get-history-bulk?metric_key=a",
            "GetMetricHistoryBulk request must specify at least one run_id",
        ),
        ("model-versions/get?name=m&version=x", "Parameter 'version' must be an integer, got 'x'."),
    ] {
        let (status, answer) = trial.get(endpoint).await;
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
}

#[tokio::test]
async fn the_roots_of_old_set_ups_are_those_that_the_server_passes_on() {
    let asked = Asked::start().await;
    let db = asked.trial.store.db();
    let root = "http://old.example/api/2.0/mlflow-artifacts/artifacts/9";
    let experiment = db.create_experiment("old", Some(root), &[]).unwrap();
    let run = sweep::testing::NewRun { experiment_id: experiment, ..Default::default() };
    let run = db.create_run(&run).unwrap();
    assert_eq!(run.artifact_uri, format!("{root}/{}/artifacts", run.id));
    let at = format!("{}/api/2.0/mlflow-artifacts/artifacts/9/{}/artifacts/a.txt", asked.trial.url, run.id);
    assert!(asked.client.put(at).body("old").send().await.unwrap().status().is_success());
    let (_, listed) = asked.trial.get(&format!("artifacts/list?run_id={}", run.id)).await;
    assert_eq!(listed["files"][0]["path"], "a.txt", "{listed}");
    let file = asked.get(&format!("/get-artifact?run_uuid={}&path=a.txt", run.id)).await;
    assert_eq!(file.text().await.unwrap(), "old");
}
