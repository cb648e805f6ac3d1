//! Traces, in the tables in which MLflow keeps them.
//!
//! A new file has no place for spans, so that older versions of MLflow can open it. It is raised to the first revision
//! that has one when the first trace comes: the only migration that is made here.

mod assessments;
mod infos;
mod promoted;
mod rows;
mod spans;
mod tables;
mod usage;

pub(super) use tables::TraceTables;
