//! The embedded store: a SQLite file in MLflow's schema, read and written directly.
