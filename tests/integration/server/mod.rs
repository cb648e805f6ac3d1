//! `sweep server`, the gateway run for people.

mod access;
mod roots;
mod same_answers;
