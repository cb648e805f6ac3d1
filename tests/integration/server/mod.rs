//! `sweep server`, the gateway run for people.

mod access;
mod mlflow_pages;
mod roots;
mod same_answers;
