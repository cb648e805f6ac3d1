//! A copy of the database as it is at one moment, while others write to it.

use std::path::Path;

use super::connection;
use super::db::Db;
use crate::tracking::{ErrorKind, Result, TrackingError};

impl Db {
    /// Writes a copy of the file's present state to `to`, where nothing may be yet. Writers are not held up: the copy is
    /// read from one state, as a long query is. It is whole or not there.
    ///
    /// # Errors
    /// `AlreadyExists` where something is there, `Io` where nothing can be written there.
    pub fn copy_to(&self, to: &Path) -> Result<()> {
        let shown = to.display();
        let failed = |error: std::io::Error| {
            TrackingError::new(ErrorKind::Io, format!("can't write '{shown}'")).caused_by(error)
        };
        let taken = || {
            TrackingError::new(ErrorKind::AlreadyExists, format!("'{shown}' is there already"))
                .hint("Name a file that is not there yet: a backup overwrites nothing.")
        };
        if to.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // SQLite writes into a file that is empty.
        let part = tempfile::Builder::new().prefix(".sweep-backup-").tempfile_in(folder).map_err(failed)?;
        let connection = match self.read_only() {
            None => connection::open(self.path(), false)?,
            Some(_) => connection::open_to_read(self.path())?,
        };
        let name = part.path().to_str().ok_or_else(|| {
            TrackingError::new(ErrorKind::Invalid, format!("'{shown}' is no name that SQLite can take"))
        })?;
        connection.execute("VACUUM INTO ?1", [name])?;
        part.as_file().sync_all().map_err(failed)?;
        part.persist_noclobber(to).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => taken(),
            _ => failed(error.error),
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::tracking::NewRun;
    use crate::tracking::embedded::Db;

    #[test]
    fn a_copy_is_made_while_others_write_and_holds_all_that_was_there_before() {
        let folder = tempfile::tempdir().unwrap();
        let uri = format!("sqlite:///{}/mlflow.db", folder.path().display());
        let db = Db::open(&uri).unwrap();
        let run = || {
            let new =
                NewRun { experiment_id: crate::tracking::ExperimentId("0".into()), ..NewRun::default() };
            Db::open(&uri).unwrap().create_run(&new).unwrap().id
        };
        let before: Vec<_> = (0..5).map(|_| run()).collect();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    run();
                }
            });
            for number in 0..5 {
                let copy = folder.path().join(format!("copy-{number}.db"));
                db.copy_to(&copy).unwrap();
                let copied = Db::open(&format!("sqlite:///{}", copy.display())).unwrap();
                for id in &before {
                    assert!(copied.run(id.as_str()).is_ok());
                }
            }
            over.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn a_copy_overwrites_nothing_and_leaves_nothing_where_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:///{}/mlflow.db", folder.path().display())).unwrap();
        let copy = folder.path().join("copy.db");
        std::fs::write(&copy, "mine").unwrap();
        assert_eq!(db.copy_to(&copy).unwrap_err().kind, ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), "mine");
        let nowhere = folder.path().join("missing/copy.db");
        assert_eq!(db.copy_to(&nowhere).unwrap_err().kind, ErrorKind::Io);
        let left = std::fs::read_dir(folder.path()).unwrap().flatten();
        let names: Vec<_> = left.map(|entry| entry.file_name().into_string().unwrap()).collect();
        assert!(!names.iter().any(|name| name.starts_with(".sweep-backup")), "{names:?}");
    }
}
