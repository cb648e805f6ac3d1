//! Sweeps as files: export and import with their formats, and tables that other programs wrote.
//!
//! Owns the formats (`docs/export.md`) and the folder that holds them: nothing is read or written outside it. Refuses to
//! print: progress is an [`ExchangeEvent`], what came of it a value.

mod artifact;
mod error;
mod event;
mod export;
mod file;
mod folder;
mod foreign;
mod frame;
mod import;
mod metrics;
mod names;
mod priors;
mod sweep;
mod table;
mod trial;
mod trials_table;

pub use error::ExchangeError;
pub use event::ExchangeEvent;
pub use export::{ExportOptions, Exported, Exporter};
pub use foreign::read_mlflow_sweep;
pub use frame::read_frame;
pub use import::{
    FolderImport, FolderSource, Imported, TableRequest, TableSource, import_folder, import_table,
};
pub use priors::{OldSweep, read_prior};
pub use table::{TableSelection, TrialTable};
pub use trials_table::{TRIAL_COLUMNS, TrialsTable};
