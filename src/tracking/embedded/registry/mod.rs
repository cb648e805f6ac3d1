//! The model registry: registered models, their versions and aliases, in MLflow's tables.

mod aliases;
mod model_rows;
mod models;
mod port;
mod source;
mod version_rows;
mod versions;
