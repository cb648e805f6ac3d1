//! The shapes of answers that several endpoints share.

use axum::Json;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::ApiError;

/// What a handler returns.
pub(super) type Answer<T = Value> = Result<Json<T>, ApiError>;

/// The answer to a write that has nothing to tell: `{}`.
pub(super) fn done() -> Json<Value> {
    Json(json!({}))
}

/// One thing under the name that MLflow gives it.
macro_rules! named_answer {
    ($($(#[$doc:meta])* $name:ident { $field:ident })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Serialize)]
            pub(super) struct $name<T> {
                pub $field: T,
            }
        )*
    };
}

named_answer! {
    /// `{"run": …}`
    RunAnswer { run }
    /// `{"run_info": …}`
    RunInfoAnswer { run_info }
    /// `{"experiment": …}`
    ExperimentAnswer { experiment }
    /// `{"experiment_id": …}`
    ExperimentIdAnswer { experiment_id }
    /// `{"model": …}`
    ModelAnswer { model }
    /// `{"registered_model": …}`
    RegisteredModelAnswer { registered_model }
    /// `{"model_version": …}`
    VersionAnswer { model_version }
}

/// A page under the name that MLflow gives its items; an empty one is `{}`.
macro_rules! page_answer {
    ($($(#[$doc:meta])* $name:ident { $field:ident: $item:ty $(, $with:literal)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Serialize)]
            pub(super) struct $name {
                #[serde(skip_serializing_if = "Vec::is_empty" $(, serialize_with = $with)?)]
                $field: Vec<$item>,
                #[serde(skip_serializing_if = "Option::is_none")]
                next_page_token: Option<String>,
            }

            impl From<crate::tracking::Page<$item>> for $name {
                fn from(page: crate::tracking::Page<$item>) -> Self {
                    Self { $field: page.items, next_page_token: page.next }
                }
            }
        )*
    };
}

page_answer! {
    /// `{"runs": […]}`
    RunsAnswer { runs: crate::tracking::embedded::RunRecord }
    /// `{"experiments": […]}`
    ExperimentsAnswer { experiments: crate::tracking::embedded::ExperimentRecord }
    /// `{"models": […]}`
    ModelsAnswer { models: crate::tracking::embedded::ModelRecord }
    /// `{"registered_models": […]}`
    RegisteredModelsAnswer { registered_models: crate::tracking::embedded::RegisteredModelRecord }
    /// `{"model_versions": […]}`
    VersionsAnswer { model_versions: crate::tracking::embedded::VersionRecord }
    /// `{"metrics": […]}`
    MetricsAnswer { metrics: crate::tracking::Metric, "crate::tracking::embedded::metrics_as_json" }
}
