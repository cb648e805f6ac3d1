//! Which sweep an address means.

use super::answer::{PageAnswer, PageError};
use super::hub::Hub;
use crate::record::Sweep;
use crate::tracking::RunId;

/// The sweep that an address names: its id, a unique beginning of it, or its name.
pub(super) async fn find(hub: &Hub, id: &str) -> PageAnswer<RunId> {
    if id.is_empty() {
        return Err(PageError::not_found("no sweep is named"));
    }
    // Not to ask the store each time.
    if let Some(watched) = hub.watched(id) {
        return Ok(watched);
    }
    Ok(Sweep::find(hub.store().as_ref(), id).await?)
}
