//! The tests that need more than this crate: database files, sockets, MLflow's own client and server.

mod contract;
mod embedded;
mod embedded_sweep;
mod gateway;
mod opens_in_mlflow;
mod server_sweep;
mod support;
