//! From the end of a command to its result in the store: what the store does not have yet lies on disk, and what lies
//! there is delivered.

mod files;
mod kept_values;
mod post;
mod post_values;
mod settle;
mod settlement;
mod values;

pub use files::Journal;
pub(super) use files::KeptSettlement;
pub(crate) use files::parse_settlement;
pub use kept_values::KeptValues;
pub(super) use post_values::deliver_kept_values;
pub(super) use settle::{
    Delivered, KnownParent, abandon, deliver, discount, drop_if_deleted, end_run, settle_for, written_status,
};
pub(super) use settlement::Settlement;
pub(super) use values::{is_deleted, is_refusal, log_values};

#[cfg(test)]
mod tests;
