//! What a client asks before it asks for anything.

use axum::Json;
use serde_json::{Value, json};

/// The version of MLflow whose protocol is spoken here.
const PROTOCOL: &str = "3.17.2";

pub(super) async fn health() -> &'static str {
    "OK"
}

pub(super) async fn version() -> &'static str {
    PROTOCOL
}

pub(super) async fn server_info() -> Json<Value> {
    Json(json!({
        "store_type": "SqlStore",
        "workspaces_enabled": false,
        "multipart_uploads_enabled": false,
        "multipart_downloads_enabled": false,
    }))
}

/// MLflow's pages ask for a gateway to language models; as on its server that has none, there are none.
pub(super) async fn gateway() -> Json<Value> {
    Json(json!({"endpoints": []}))
}

/// Whether MLflow's pages may tell their makers what is done with them.
pub(super) async fn ui_telemetry() -> Json<Value> {
    Json(json!({"disable_ui_telemetry": true, "disable_ui_events": [], "ui_rollout_percentage": 0}))
}
