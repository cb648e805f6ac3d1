//! The database file: opening it, and how it is read and written.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::roots::{Places, Roots};
use super::schema::{self, Columns};
use super::uri;
use crate::tracking::{ErrorKind, Result, TrackingError};

/// How long a call waits for other writers. A migration by MLflow was seen to hold the file for five seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// How often, and after what pause, the switch to write-ahead logging is tried.
const WAL_TRIES: u32 = 20;
const WAL_PAUSE: Duration = Duration::from_millis(5);
/// Prepared statements kept per connection; the searches of one client differ only in their bound values.
const STATEMENT_CACHE: usize = 128;
/// Idle reading connections kept for the next call.
const IDLE_READERS: usize = 4;

/// A tracking database, synchronously. All methods may be called from any thread; none holds the file's lock
/// when it returns.
#[derive(Debug)]
pub struct Db {
    path: PathBuf,
    folder: PathBuf,
    uri: String,
    places: Places,
    columns: Mutex<Columns>,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Db {
    /// Opens the database that a `sqlite:` URI or a path names, and creates it where it is missing.
    ///
    /// An existing file is used as it is: `Protocol` where a needed column is missing.
    pub fn open(uri_or_path: &str) -> Result<Self> {
        Self::open_with(uri_or_path, &Roots::default())
    }

    /// The same with other places for artifacts.
    pub fn open_with(uri_or_path: &str, roots: &Roots) -> Result<Self> {
        let path = std::path::absolute(uri::database_path(uri_or_path)?).map_err(|error| {
            TrackingError::new(ErrorKind::Io, format!("can't resolve '{uri_or_path}'")).caused_by(error)
        })?;
        let folder = path.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf);
        std::fs::create_dir_all(&folder).map_err(|error| {
            TrackingError::new(ErrorKind::Io, format!("can't make the folder '{}'", folder.display()))
                .caused_by(error)
                .hint("name a database file in a folder that you may write")
        })?;
        let uri = uri::uri_of(&path);
        let places = Places::new(roots, &folder);
        let mut writer = connect(&path)?;
        schema::create_if_empty(&mut writer, &places)?;
        let columns = schema::inspect(&writer, &uri)?;
        schema::refuse_workspaces(&writer, &uri)?;
        use_wal(&writer)?;
        schema::restore_default_experiment(&mut writer, &places)?;
        Ok(Self {
            path,
            folder,
            uri,
            places,
            columns: Mutex::new(columns),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
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
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// Runs `work` in one write transaction; nothing of it stays where it fails.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut connection = locked(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcome = work(&transaction)?;
        transaction.commit()?;
        Ok(outcome)
    }

    /// Runs `work` on one consistent state of the database.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = locked(&self.readers).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path)?,
        };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let outcome = work(&transaction);
        transaction.finish()?;
        let mut readers = locked(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        outcome
    }

    /// What optional columns the file has. MLflow may migrate the file while we use it, so a file
    /// that lacked something is looked at again.
    pub(super) fn columns(&self, connection: &Connection) -> Result<Columns> {
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves a connection usable: its transaction was rolled back when it was dropped.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| {
        let mut failure = TrackingError::from(error);
        failure.message =
            format!("can't open the tracking database '{}': {}", path.display(), failure.message);
        failure
    })?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.pragma_update(None, "foreign_keys", true)?;
    // As MLflow has it: LIKE tells upper from lower case, and ILIKE is made of LOWER().
    connection.pragma_update(None, "case_sensitive_like", true)?;
    if journal_mode(&connection)? == "wal" {
        relax_sync(&connection)?;
    }
    Ok(connection)
}

/// Write-ahead logging lets readers and a writer work side by side. It stays with the file. Where it can't be had
/// (another process keeps the file busy, or the file system can't do it) the file stays as it is.
fn use_wal(connection: &Connection) -> Result<()> {
    for _ in 0..WAL_TRIES {
        if journal_mode(connection)? == "wal" {
            return relax_sync(connection);
        }
        let switched = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match switched {
            Ok(mode) if mode == "wal" => {}
            Ok(mode) => {
                tracing::debug!(mode, "the database file can't do write-ahead logging");
                return Ok(());
            }
            // SQLite does not wait here. Most often another process is switching the same new file.
            Err(error) => {
                tracing::debug!(%error, "write-ahead logging can't be switched on now");
                std::thread::sleep(WAL_PAUSE);
            }
        }
    }
    Ok(())
}

fn journal_mode(connection: &Connection) -> Result<String> {
    Ok(connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?)
}

/// With write-ahead logging NORMAL survives the death of any process; only a power cut may take the last
/// moments, never the database.
fn relax_sync(connection: &Connection) -> Result<()> {
    Ok(connection.pragma_update(None, "synchronous", "NORMAL")?)
}

/// Now, in epoch milliseconds.
pub(super) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A fresh id: 32 lower-case hex digits, a random UUID as MLflow draws it.
pub(super) fn fresh_id() -> String {
    let bits = rand::random::<u128>();
    let version = (bits & !(0xf << 76)) | (0x4 << 76);
    format!("{:032x}", (version & !(0x3 << 62)) | (0x2 << 62))
}
