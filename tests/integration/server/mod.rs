//! `sweep server`, the gateway run for people.

mod access;
mod same_answers;
