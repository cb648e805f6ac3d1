//! A database file: whether it can be read and written, and what MLflow would say to it.

use std::path::Path;
use std::time::{Duration, Instant};

use super::CheckResult;
use super::machine::{can_write, size};
use crate::commands::shared::this_machine;
use crate::process::now_ms;
use crate::record::{Machine, other_machine};
use crate::tracking::TrackingError;
use crate::tracking::embedded::{EmbeddedStore, Health, MADE_AT, WITH_TRACES};
use crate::ui::words;

/// Looks at the file of this URI.
pub(super) async fn look(uri: &str) -> Vec<CheckResult> {
    match EmbeddedStore::exists(uri) {
        Err(error) => return vec![CheckResult::failed("store", &error.into())],
        Ok(false) => {
            return vec![
                CheckResult::ok("store", format!("{uri}: there is no such file yet; `sweep init` makes it")),
                CheckResult::ok("login", "not needed for a file"),
            ];
        }
        Ok(true) => {}
    }
    let start = Instant::now();
    let looked = async {
        let store = EmbeddedStore::open_to_read(uri)?;
        let health = store.call(|db| db.health()).await?;
        let other = other_machine(&store, &this_machine(), now_ms()).await?;
        Ok::<_, TrackingError>((health, other))
    };
    match looked.await {
        Err(error) => vec![CheckResult::failed("store", &error.into())],
        Ok((health, other)) => {
            let mut found = vec![
                opens(&health, start.elapsed()),
                CheckResult::ok("login", "not needed for a file"),
                schema(&health, uri),
                writers(&health),
                machines(other),
            ];
            // Nothing is written beside a file that can't be written.
            found.extend(health.read_only.is_none().then(|| artifacts(&health)));
            found
        }
    }
}

fn opens(health: &Health, took: Duration) -> CheckResult {
    let took = words::duration(took);
    let text = format!("{} opens in {took} ({})", health.path.display(), size(health.bytes));
    match health.read_only {
        None => CheckResult::ok("store", text),
        Some(why) => CheckResult::warn(
            "store",
            format!("{text}, to read only: {why}"),
            "Commands that only read work. To run trials get the right to write the file and its folder, or name another \
             database by --tracking-uri.",
        ),
    }
}

/// A file is for the processes of one machine.
fn machines(other: Option<(Machine, i64)>) -> CheckResult {
    match other {
        None => CheckResult::ok("machines", "no other machine works with this file"),
        Some((other, age)) => {
            let age = words::duration(Duration::from_millis(u64::try_from(age).unwrap_or(0)));
            CheckResult::bad(
                "machines",
                format!(
                    "agents of another machine, {}, work with this file (last sign of life {age} ago)",
                    other.host
                ),
                format!(
                    "A file is for the processes of one machine. For several: `sweep server` on {}, and \
                     MLFLOW_TRACKING_URI=http://… on all.",
                    other.host
                ),
            )
        }
    }
}

fn schema(health: &Health, uri: &str) -> CheckResult {
    let upgrade = format!("mlflow db upgrade {uri}");
    let Some(revision) = &health.revision else {
        let text = "it has no revision of MLflow's schema: MLflow will not open it";
        return CheckResult::warn(
            "schema",
            text,
            "Sweeps work. For MLflow, import its runs into another database.",
        );
    };
    if !health.lacks.is_empty() {
        let text = format!("revision {revision} is too old to hold {}", health.lacks.join(", "));
        return CheckResult::warn(
            "schema",
            text,
            format!("Trials can't use those. Bring it up to date: {upgrade}"),
        );
    }
    if revision == MADE_AT {
        let text = format!(
            "revision {revision}, as sweep makes it; MLflow 3 brings it up to date when it opens it, MLflow 2 can't open it"
        );
        return CheckResult::ok("schema", text);
    }
    if revision == WITH_TRACES {
        let text = format!(
            "revision {revision}, as sweep makes it for traces; MLflow 3.4 and newer bring it up to date when they open it"
        );
        return CheckResult::ok("schema", text);
    }
    CheckResult::ok(
        "schema",
        format!("revision {revision}, as MLflow left it; should MLflow call it out of date: {upgrade}"),
    )
}

fn writers(health: &Health) -> CheckResult {
    if let Some(network) = health.network {
        return CheckResult::warn(
            "locking",
            format!(
                "the file lies on {network}, a file system that machines share; journal mode {}",
                health.journal_mode
            ),
            "Use it from one machine only, or keep it on a local disk. For several machines: `sweep server` or `mlflow \
             server` on one of them, and MLFLOW_TRACKING_URI=http://… on all.",
        );
    }
    if health.journal_mode == "wal" {
        return CheckResult::ok("locking", "write-ahead log: agents read while others write");
    }
    CheckResult::warn(
        "locking",
        format!("journal mode {}: agents wait for each other", health.journal_mode),
        "Its file system has no shared memory, or another program keeps it so: keep the file on a local disk, or use a \
         tracking server.",
    )
}

fn artifacts(health: &Health) -> CheckResult {
    let folder = health.path.parent().unwrap_or(Path::new("/")).join("mlruns");
    match can_write(&folder) {
        Ok(()) => CheckResult::ok("artifacts", format!("go to {}", folder.display())),
        Err(error) => CheckResult::bad(
            "artifacts",
            format!("{} can't be written: {error}", folder.display()),
            "Give yourself the right to write there, or name a database in another folder.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    fn health() -> Health {
        Health {
            path: "/data/mlflow.db".into(),
            bytes: 1 << 20,
            revision: Some(MADE_AT.to_owned()),
            lacks: Vec::new(),
            journal_mode: "wal".to_owned(),
            network: None,
            read_only: None,
        }
    }

    #[test]
    fn a_file_on_a_network_file_system_is_named_with_the_way_out() {
        assert_eq!(writers(&health()).state, CheckState::Ok);
        let shared = Health { network: Some("NFS"), journal_mode: "delete".into(), ..health() };
        let found = writers(&shared);
        assert!(found.state == CheckState::Warn && found.found.contains("NFS"), "{found:?}");
        assert!(found.advice.unwrap().contains("sweep server"));
    }

    #[test]
    fn agents_of_another_machine_are_named() {
        assert_eq!(machines(None).state, CheckState::Ok);
        let other = Machine { id: "a1".into(), host: "node7".into() };
        let found = machines(Some((other, 5_000)));
        assert!(found.state == CheckState::Bad && found.found.contains("node7"), "{found:?}");
    }

    #[test]
    fn mlflow_2_is_said_not_to_open_a_file_of_ours_and_later_schemas_are_sound() {
        assert!(schema(&health(), "sqlite:///x").found.contains("MLflow 2 can't"));
        // MLflow 3.18's head.
        let migrated = Health { revision: Some("f4a9b2c7d1e6".into()), ..health() };
        assert_eq!(schema(&migrated, "sqlite:///x").state, CheckState::Ok);
    }

    #[test]
    fn a_file_that_can_only_be_read_says_what_works() {
        let found =
            opens(&Health { read_only: Some("its file system is read-only"), ..health() }, Duration::ZERO);
        assert_eq!(found.state, CheckState::Warn);
        assert!(found.advice.unwrap().starts_with("Commands that only read work"));
    }
}
