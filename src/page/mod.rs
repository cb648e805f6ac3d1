//! The live page: what `sweep ui` serves.
//!
//! Owns the page's modules for the browser (`assets/`), the JSON and the events that they are fed with, and the watchers that look at
//! a sweep as long as somebody has its page open. Refuses to print, to listen on a port, and to know who may log in.

mod address;
mod answer;
mod assets;
mod compressed;
mod control;
mod edit;
mod events;
mod guard;
mod hub;
mod insight;
mod insight_cache;
mod looking;
mod number;
mod routes;
mod shape;
mod sweeps;
mod trial;
mod watched;

pub use hub::{Hub, HubOptions};
pub use routes::pages;
