//! Parses, dispatches, exits.

fn main() {}
