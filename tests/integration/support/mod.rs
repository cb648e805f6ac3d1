//! Starts the real things: MLflow's Python package and its server.

pub mod http;
pub mod mlflow_server;
pub mod python;
pub mod sandbox;
