//! A database file: whether it can be read and written, and what MLflow would say to it.

use std::path::Path;
use std::time::Instant;

use super::Finding;
use super::machine::{can_write, size};
use crate::tracking::embedded::{EmbeddedStore, Health, MADE_AT};
use crate::ui::words;

/// Looks at the file of this URI.
pub(super) async fn look(uri: &str) -> Vec<Finding> {
    match EmbeddedStore::exists(uri) {
        Err(error) => return vec![Finding::failed("store", &error.into())],
        Ok(false) => {
            return vec![
                Finding::ok("store", format!("{uri}: there is no such file yet; `sweep init` makes it")),
                Finding::ok("login", "a file needs none"),
            ];
        }
        Ok(true) => {}
    }
    let start = Instant::now();
    let health = match EmbeddedStore::open(uri) {
        Ok(store) => store.call(|db| db.health()).await,
        Err(error) => Err(error),
    };
    match health {
        Err(error) => vec![Finding::failed("store", &error.into())],
        Ok(health) => {
            let took = words::duration(start.elapsed());
            let text = format!("{} opens in {took} ({})", health.path.display(), size(health.bytes));
            vec![
                Finding::ok("store", text),
                Finding::ok("login", "a file needs none"),
                schema(&health, uri),
                writers(&health),
                artifacts(&health),
            ]
        }
    }
}

fn schema(health: &Health, uri: &str) -> Finding {
    let upgrade = format!("mlflow db upgrade {uri}");
    let Some(revision) = &health.revision else {
        let text = "it has no revision of MLflow's schema: MLflow will not open it";
        return Finding::warn(
            "schema",
            text,
            "Sweeps work. For MLflow, import its runs into another database.",
        );
    };
    if !health.lacks.is_empty() {
        let text = format!("revision {revision} is too old to hold {}", health.lacks.join(", "));
        return Finding::warn(
            "schema",
            text,
            format!("Trials can't use those. Bring it up to date: {upgrade}"),
        );
    }
    if revision == MADE_AT {
        let text =
            format!("revision {revision}, as sweep makes it; MLflow 3 brings it up to date when it opens it");
        return Finding::ok("schema", text);
    }
    Finding::ok(
        "schema",
        format!("revision {revision}, as MLflow left it; should MLflow call it out of date: {upgrade}"),
    )
}

fn writers(health: &Health) -> Finding {
    if health.journal_mode == "wal" {
        return Finding::ok("locking", "write-ahead log: agents read while others write");
    }
    Finding::warn(
        "locking",
        format!("journal mode {}: agents wait for each other", health.journal_mode),
        "Is the file on a network file system? Keep it on a local disk, or use `mlflow server` for many machines.",
    )
}

fn artifacts(health: &Health) -> Finding {
    let folder = health.path.parent().unwrap_or(Path::new("/")).join("mlruns");
    match can_write(&folder) {
        Ok(()) => Finding::ok("artifacts", format!("go to {}", folder.display())),
        Err(error) => Finding::bad(
            "artifacts",
            format!("{} can't be written: {error}", folder.display()),
            "Give yourself the right to write there, or name a database in another folder.",
        ),
    }
}
