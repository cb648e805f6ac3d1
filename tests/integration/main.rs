//! The tests that need more than this crate: database files, sockets, MLflow's own client and server.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod analysis;
mod ask;
mod bayes;
mod chaos;
mod contract;
mod doctor;
mod early_stopping;
mod embedded;
mod embedded_sweep;
mod everyday;
mod faults;
mod gateway;
mod halving;
mod hooks;
mod housekeeping;
mod imports;
mod kept_results;
mod launch;
mod ledger_model;
mod live;
mod live_page;
mod log;
mod many_agents;
mod new;
mod one_file;
mod opens_in_mlflow;
mod plain_files;
mod processes;
mod promote;
mod provenance;
mod python_package;
mod rest;
mod screens;
mod scripts;
mod secrets;
mod server;
mod server_sweep;
mod signals;
mod support;
mod terminal;
mod trust;
mod verify;
mod watching;
