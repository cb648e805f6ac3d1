//! Starts the real things: MLflow's Python package and its server, the program itself.

pub mod agent;
pub mod big_sweep;
pub mod browser;
pub mod http;
pub mod mlflow_server;
pub mod network;
pub mod outcome;
pub mod page_server;
pub mod postgres;
pub mod proxy;
pub mod pty;
pub mod python;
pub mod sandbox;
pub mod slurm;
pub mod sweep_server;
