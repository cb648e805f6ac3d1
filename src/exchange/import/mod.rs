//! Trials on their way into a store: a whole sweep comes in, or nothing stays.

mod folder;
mod importer;
mod table;

pub use folder::{FolderImport, FolderSource, import_folder};
pub use importer::Imported;
pub use table::{TableRequest, TableSource, import_table};
