//! The database file: opening it, and how it is read and written.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use super::connection;
use super::file_system::network_of;
use super::place::{FileId, ReadOnly};
use super::readers::Readers;
use super::roots::{ArtifactRoots, ResolvedRoots};
use super::schema::{self, SchemaFeatures};
use super::uri;
use crate::tracking::{ErrorKind, Result, TrackingError};

/// A tracking database, synchronously. All methods may be called from any thread; none holds the file's lock
/// when it returns.
#[derive(Debug)]
pub struct Db {
    path: PathBuf,
    folder: PathBuf,
    uri: String,
    places: ResolvedRoots,
    columns: Mutex<SchemaFeatures>,
    /// The file that was opened.
    file: FileId,
    /// The network file system that it lies on.
    network: Option<&'static str>,
    access: FileAccess,
    /// Reads nothing but the file's version: SQLite counts for each connection what the others have changed.
    watcher: Mutex<Option<Connection>>,
}

/// What may be done with the file.
#[derive(Debug)]
enum FileAccess {
    Write { writer: Mutex<Connection>, readers: Readers },
    Read(ReadOnly),
}

impl Db {
    /// Opens the database that a `sqlite:` URI or a path names, and creates it where it is missing.
    ///
    /// An existing file is used as it is: `Protocol` where a needed column is missing.
    pub fn open(uri_or_path: &str) -> Result<Self> {
        Self::open_with(uri_or_path, &ArtifactRoots::default())
    }

    /// The same with other places for artifacts.
    pub fn open_with(uri_or_path: &str, roots: &ArtifactRoots) -> Result<Self> {
        Self::open_on(uri_or_path, roots, network_of)
    }

    /// Opens the database to read: one that can't be written, too. What could be written is opened as ever.
    pub fn open_to_read(uri_or_path: &str) -> Result<Self> {
        let path = absolute(uri_or_path)?;
        match ReadOnly::of(&path) {
            None => Self::open(uri_or_path),
            Some(why) => Self::open_read_only(path, why),
        }
    }

    fn open_on(
        uri_or_path: &str,
        roots: &ArtifactRoots,
        network_of: fn(&Path) -> Option<&'static str>,
    ) -> Result<Self> {
        let path = absolute(uri_or_path)?;
        if let Some(why) = ReadOnly::of(&path) {
            return Err(why.refusal(&path));
        }
        let folder = folder_of(&path);
        std::fs::create_dir_all(&folder).map_err(|error| {
            TrackingError::new(ErrorKind::Io, format!("can't make the folder '{}'", folder.display()))
                .caused_by(error)
                .hint("name a database file in a folder that you may write")
        })?;
        let uri = uri::uri_of(&path);
        let places = ResolvedRoots::new(roots, &folder);
        let network = network_of(&folder);
        let mut writer = connection::open(&path, true)?;
        schema::create_if_empty(&mut writer, &places)?;
        let columns = schema::inspect(&writer, &uri)?;
        schema::refuse_workspaces(&writer, &uri)?;
        let mut writer = connection::choose_journal(writer, &path, network.is_some())?;
        connection::keep_pages(&writer)?;
        schema::restore_default_experiment(&mut writer, &places)?;
        let access = FileAccess::Write { writer: Mutex::new(writer), readers: Readers::default() };
        let file = FileId::of(&path).ok_or_else(|| gone(&path))?;
        let (columns, watcher) = (Mutex::new(columns), Mutex::new(None));
        Ok(Self { path, folder, uri, places, columns, file, network, access, watcher })
    }

    fn open_read_only(path: PathBuf, why: ReadOnly) -> Result<Self> {
        let (folder, uri) = (folder_of(&path), uri::uri_of(&path));
        let reader = connection::open_to_read(&path)?;
        let columns = schema::inspect(&reader, &uri)?;
        schema::refuse_workspaces(&reader, &uri)?;
        let file = FileId::of(&path).ok_or_else(|| gone(&path))?;
        Ok(Self {
            places: ResolvedRoots::new(&ArtifactRoots::default(), &folder),
            network: network_of(&folder),
            columns: Mutex::new(columns),
            access: FileAccess::Read(why),
            watcher: Mutex::new(None),
            path,
            folder,
            uri,
            file,
        })
    }

    /// Its `sqlite:` URI, absolute.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The file, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that holds the database file; artifacts lie below it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where artifacts go.
    pub(super) fn places(&self) -> &ResolvedRoots {
        &self.places
    }

    /// The network file system that the file lies on, such as NFS; `None`: it belongs to this machine.
    #[must_use]
    pub fn network(&self) -> Option<&'static str> {
        self.network
    }

    /// Why the file can't be written; `None`: it can.
    #[must_use]
    pub fn read_only(&self) -> Option<&'static str> {
        match self.access {
            FileAccess::Write { .. } => None,
            FileAccess::Read(why) => Some(why.why()),
        }
    }

    /// Runs `work` in one write transaction; nothing of it stays where it fails.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let writer = match &self.access {
            FileAccess::Write { writer, .. } => writer,
            FileAccess::Read(why) => return Err(why.refusal(&self.path)),
        };
        let mut connection = locked(writer);
        self.file.check(&self.path)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcome = work(&transaction)?;
        transaction.commit()?;
        Ok(outcome)
    }

    /// Runs `work` on one consistent state of the database. It must not read by another call: all connections may be lent.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.file.check(&self.path)?;
        match &self.access {
            FileAccess::Write { readers, .. } => {
                readers.with(&self.path, |connection| read_with(connection, work))
            }
            // Such a connection may take the file for one that never changes: it is not kept.
            FileAccess::Read(_) => read_with(&mut connection::open_to_read(&self.path)?, work),
        }
    }

    /// A number that is another one after anybody has written to the file; `None`: it can't be written from here, and nothing
    /// says who else can.
    pub fn change_mark(&self) -> Result<Option<u64>> {
        if matches!(self.access, FileAccess::Read(_)) {
            return Ok(None);
        }
        self.file.check(&self.path)?;
        let mut watcher = locked(&self.watcher);
        let connection = match watcher.take() {
            Some(connection) => connection,
            None => connection::open(&self.path, false)?,
        };
        let mark: i64 = connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        *watcher = Some(connection);
        Ok(Some(mark.cast_unsigned()))
    }

    /// What optional columns the file has. MLflow may migrate the file while we use it, so a file
    /// that lacked something is looked at again.
    pub(super) fn columns(&self, connection: &Connection) -> Result<SchemaFeatures> {
        let mut columns = locked(&self.columns);
        if !columns.complete() {
            *columns = schema::inspect(connection, &self.uri)?;
        }
        Ok(*columns)
    }

    /// `Unsupported`, with the way out, where the file is too old for what is asked.
    pub(super) fn too_old(&self, what: &str) -> TrackingError {
        TrackingError::new(ErrorKind::Unsupported, format!("this database is too old to hold {what}"))
            .hint(format!("bring it up to date with: mlflow db upgrade {}", self.uri))
    }
}

fn read_with<T>(connection: &mut Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let outcome = work(&transaction);
    transaction.finish()?;
    outcome
}

fn absolute(uri_or_path: &str) -> Result<PathBuf> {
    std::path::absolute(uri::database_path(uri_or_path)?).map_err(|error| {
        TrackingError::new(ErrorKind::Io, format!("can't resolve '{uri_or_path}'")).caused_by(error)
    })
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf)
}

fn gone(path: &Path) -> TrackingError {
    TrackingError::new(ErrorKind::Io, format!("the tracking database '{}' vanished", path.display()))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves a connection usable: its transaction was rolled back when it was dropped.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fresh id: 32 lower-case hex digits, a random UUID as MLflow draws it.
pub(super) fn fresh_id() -> String {
    let bits = rand::random::<u128>();
    let version = (bits & !(0xf << 76)) | (0x4 << 76);
    format!("{:032x}", (version & !(0x3 << 62)) | (0x2 << 62))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_file() -> (tempfile::TempDir, PathBuf, Db) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mlflow.db");
        let db = Db::open(path.to_str().unwrap()).unwrap();
        (folder, path, db)
    }

    #[test]
    fn the_mark_changes_with_what_is_written_and_with_nothing_else() {
        let (_folder, path, db) = new_file();
        let before = db.change_mark().unwrap();
        assert!(before.is_some());
        db.experiment_by_name("a").unwrap();
        assert_eq!(db.change_mark().unwrap(), before);
        db.create_experiment("a", None, &[]).unwrap();
        let after = db.change_mark().unwrap();
        assert_ne!(after, before);
        Db::open(path.to_str().unwrap()).unwrap().create_experiment("b", None, &[]).unwrap();
        assert_ne!(db.change_mark().unwrap(), after);
    }

    #[test]
    fn a_file_on_a_network_file_system_is_written_without_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mlflow.db");
        let text = path.to_str().unwrap();
        let mode = |db: &Db| db.read(|connection| Ok(connection::journal_mode(connection)?)).unwrap();
        // One that was made on a local disk comes with a log.
        assert_eq!(mode(&Db::open(text).unwrap()), "wal");
        let db = Db::open_on(text, &ArtifactRoots::default(), |_| Some("NFS")).unwrap();
        assert_eq!((db.network(), mode(&db).as_str()), (Some("NFS"), "delete"));
        db.create_experiment("a", None, &[]).unwrap();
    }

    #[test]
    fn a_file_that_was_deleted_moved_or_replaced_is_noticed_before_anything_is_written() {
        type Harm = fn(&Path);
        let harms: [(&str, Harm); 3] = [
            ("deleted or moved", |path| std::fs::remove_file(path).unwrap()),
            ("deleted or moved", |path| std::fs::rename(path, path.with_extension("old")).unwrap()),
            ("replaced by another file", |path| {
                std::fs::rename(path, path.with_extension("old")).unwrap();
                Db::open(path.to_str().unwrap()).unwrap();
            }),
        ];
        for (what, harm) in harms {
            let (_folder, path, db) = new_file();
            harm(&path);
            for error in
                [db.create_experiment("a", None, &[]).unwrap_err(), db.experiment_by_name("a").unwrap_err()]
            {
                assert!(error.kind == ErrorKind::Io && error.message.contains(what), "{error}");
                assert!(error.hint.unwrap().contains(".sweep/journal"));
            }
            assert!(path.exists() == (what != "deleted or moved"), "a reader has made an empty file");
        }
    }

    #[test]
    fn a_file_that_is_put_back_in_time_goes_on() {
        let (_folder, path, db) = new_file();
        let aside = path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        assert!(db.create_experiment("a", None, &[]).is_err());
        std::fs::rename(&aside, &path).unwrap();
        db.create_experiment("a", None, &[]).unwrap();
    }

    #[test]
    fn a_file_that_can_not_be_written_is_read_and_says_why_it_is_not_written() {
        let (_folder, path, db) = new_file();
        db.create_experiment("a", None, &[]).unwrap();
        drop(db);
        let db = Db::open_read_only(path, ReadOnly::of_system()).unwrap();
        assert!(db.experiment_by_name("a").unwrap().is_some());
        let error = db.create_experiment("b", None, &[]).unwrap_err();
        assert!(error.message.ends_with("is read-only: its file system is read-only"), "{error}");
        assert_eq!(db.read_only(), Some("its file system is read-only"));
    }
}
