//! Of which form a file is.

use super::fields::{ConfigField, ConfigFields};
use crate::space::Value;

/// Whether the file is of the `mlflow-sweep` form, which has other defaults.
pub(super) fn is_mlflow_form(fields: &ConfigFields<'_>) -> bool {
    let text = |field: ConfigField<'_>| matches!(field.node.scalar(), Some(Value::Text(_)));
    fields.get("command").is_some_and(text)
        || fields.get("experiment_name").is_some()
        || fields.get("sweep_name").is_some()
}
