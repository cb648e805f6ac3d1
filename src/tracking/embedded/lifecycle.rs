//! Whether a thing is in use or was deleted, as its column says. Nothing is ever removed here; `mlflow gc` does that.

use crate::tracking::ViewType;

/// Whether a lifecycle stage is that of what is in use; old rows have none.
pub(super) fn is_active(stage: Option<&str>) -> bool {
    stage != Some(word(false))
}

/// The word for what is in use, or for what was deleted.
pub(super) fn word(active: bool) -> &'static str {
    if active { "active" } else { "deleted" }
}

/// The condition on the lifecycle stage of a table that a search asks for.
pub(super) fn condition(view: ViewType, table: &str) -> String {
    match view {
        ViewType::Active => format!("{table}.lifecycle_stage = 'active'"),
        ViewType::Deleted => format!("{table}.lifecycle_stage = 'deleted'"),
        ViewType::All => "1".to_owned(),
    }
}
