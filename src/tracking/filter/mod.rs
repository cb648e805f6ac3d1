//! MLflow's search language, as a pure module: text in, checked conditions out.
//!
//! A filter is `condition (AND condition)*` with `condition = subject operator value`; there is no OR, no NOT and
//! no parentheses. Which subjects exist depends on what is searched: a [`Vocabulary`] says. What comes out can
//! only be meaningful: a metric is compared with a number, a tag with text. Refuses to know SQL; that is
//! the business of the store which runs the search.

mod ast;
mod error;
mod lexer;
mod page;
mod parser;
mod vocabulary;

pub use ast::{Condition, Entity, NumberOp, OrderTerm, Subject, Test, TextOp};
pub use page::{offset_of, token_for};
pub use parser::{parse_filter, parse_order_by};
pub use vocabulary::{
    EXPERIMENTS, LOGGED_MODELS, MODEL_VERSION_ORDER, MODEL_VERSIONS, REGISTERED_MODEL_ORDER,
    REGISTERED_MODELS, RUNS, TRACES, Vocabulary,
};

#[cfg(test)]
mod tests;
