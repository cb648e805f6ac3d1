//! Where the answer to a question comes from: the REST API, asked within the process.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, Method};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};

use super::projection::snake_case;
use super::selection::Wanted;

/// The largest answer that is taken apart.
const LARGEST_ANSWER: usize = 256 << 20;

/// The REST API with what is known of who asks.
pub(super) struct Source {
    /// The API.
    pub rest: Router,
    /// What earlier layers found out of the request.
    pub extensions: Extensions,
}

impl Source {
    /// The answer to a question at the root, in the words of the REST API.
    ///
    /// # Errors
    /// The sentence for the client.
    pub async fn root(&self, wanted: &Wanted) -> Result<Json, String> {
        if let "test" | "testMutation" = wanted.name.as_str() {
            let text = wanted.arguments.get("inputString").cloned().unwrap_or_default();
            return Ok(json!({"output": text}));
        }
        let (method, path) = match wanted.name.as_str() {
            "mlflowGetExperiment" => (Method::GET, "experiments/get"),
            "mlflowGetRun" => (Method::GET, "runs/get"),
            "mlflowListArtifacts" => (Method::GET, "artifacts/list"),
            "mlflowSearchModelVersions" => (Method::GET, "model-versions/search"),
            "mlflowGetMetricHistoryBulkInterval" => (Method::GET, "metrics/get-history-bulk-interval"),
            "mlflowSearchRuns" => (Method::POST, "runs/search"),
            "mlflowSearchDatasets" => (Method::POST, "experiments/search-datasets"),
            other => return Err(format!("Cannot query field '{other}'.")),
        };
        let input = wanted.arguments.get("input").and_then(Json::as_object).cloned().unwrap_or_default();
        let input = input.into_iter().filter(|(_, value)| !value.is_null());
        let input: Map<String, Json> = input.map(|(name, value)| (snake_case(&name), value)).collect();
        let mut answer = self.ask(method, path, &input).await?;
        self.complete(&mut answer, wanted).await?;
        Ok(answer)
    }

    /// Adds to runs what is asked for and stands elsewhere: their experiment and the versions that were made of them.
    async fn complete(&self, answer: &mut Json, wanted: &Wanted) -> Result<(), String> {
        let Some(of_runs) = wanted.fields.iter().find(|field| ["run", "runs"].contains(&field.name.as_str()))
        else {
            return Ok(());
        };
        let asks = |name: &str| of_runs.fields.iter().any(|field| field.name == name);
        let (experiment, versions) = (asks("experiment"), asks("modelVersions"));
        let runs = match answer.get_mut(&of_runs.name) {
            Some(Json::Array(runs)) => runs.as_mut_slice(),
            Some(run) => std::slice::from_mut(run),
            None => return Ok(()),
        };
        let mut known: Map<String, Json> = Map::new();
        for run in runs {
            let text = |name: &str| run["info"][name].as_str().unwrap_or_default().to_owned();
            let (id, experiment_id) = (text("run_id"), text("experiment_id"));
            if experiment {
                if !known.contains_key(&experiment_id) {
                    let input = single("experiment_id", &experiment_id);
                    let found = self.ask(Method::GET, "experiments/get", &input).await?;
                    known.insert(experiment_id.clone(), found["experiment"].clone());
                }
                run["experiment"] = known[&experiment_id].clone();
            }
            if versions {
                let filter = single("filter", &format!("run_id='{id}'"));
                let found = self.ask(Method::GET, "model-versions/search", &filter).await?;
                run["model_versions"] = found["model_versions"].clone();
            }
        }
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str, input: &Map<String, Json>) -> Result<Json, String> {
        let path = format!("/api/2.0/mlflow/{path}");
        let request = Request::builder().method(&method);
        let request = if method == Method::GET {
            request.uri(format!("{path}?{}", query(input))).body(Body::empty())
        } else {
            let body = Json::Object(input.clone()).to_string();
            request.uri(path).header(CONTENT_TYPE, "application/json").body(Body::from(body))
        };
        let mut request = request.map_err(|error| error.to_string())?;
        request.extensions_mut().extend(self.extensions.clone());
        let Ok(response) = TowerToHyperService::new(self.rest.clone()).call(request).await;
        let right = response.status().is_success();
        let body = to_bytes(response.into_body(), LARGEST_ANSWER).await.map_err(|error| error.to_string())?;
        let answer: Json = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        if right { Ok(answer) } else { Err(answer["message"].as_str().unwrap_or_default().to_owned()) }
    }
}

fn single(name: &str, value: &str) -> Map<String, Json> {
    Map::from_iter([(name.to_owned(), value.into())])
}

/// The input as a query string; a list is the same name several times.
fn query(input: &Map<String, Json>) -> String {
    let mut pairs = Vec::new();
    for (name, value) in input {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            pairs.push(format!("{name}={}", utf8_percent_encode(&text, NON_ALPHANUMERIC)));
        }
    }
    pairs.join("&")
}
