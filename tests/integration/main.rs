//! The tests that need more than this crate: database files, sockets, MLflow's own client and server.

mod contract;
mod embedded;
mod gateway;
mod support;
