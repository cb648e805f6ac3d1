//! What a person sees on the terminal.
//!
//! Owns lines, tables and progress. Refuses stores and processes: it is handed what it shows.

pub mod table;
