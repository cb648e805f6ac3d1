//! `sweep ui`, the live page: what it serves, what it tells while agents run, and whom it refuses.

mod browser;
mod controlled;
mod feeds;
mod guarded;
mod large;
mod panels;
mod stores;
