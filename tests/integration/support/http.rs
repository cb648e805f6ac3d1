//! A plain HTTP client for the tests.

use serde_json::Value;

/// A client that goes straight to this machine.
pub fn client() -> reqwest::Client {
    // Another test may have been first; any provider does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Posts JSON; returns the status and the JSON of the answer (null where it is none).
pub async fn post(client: &reqwest::Client, url: &str, body: &Value) -> (u16, Value) {
    answer(client.post(url).json(body)).await
}

/// Gets JSON.
pub async fn get(client: &reqwest::Client, url: &str) -> (u16, Value) {
    answer(client.get(url)).await
}

/// Sends a request.
pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}
