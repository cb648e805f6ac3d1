//! `sweep server`, the gateway run for people.

mod access;
mod as_hub;
mod behind_nginx;
mod mlflow_pages;
mod roots;
mod same_answers;
mod traces;
