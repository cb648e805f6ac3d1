//! Connections to the database file: how they are opened, and how SQLite keeps writers and readers apart.

use std::path::Path;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::place::{beside, is_in_wal_mode};
use crate::tracking::{ErrorKind, Result, TrackingError};

/// Memory for pages of the one connection that writes, in KiB below zero, as SQLite wants it. An import changes most pages of a
/// file again and again; with the usual 2 MiB, which readers have, each of them is written out and read back some forty
/// times. An agent needs a fraction of it.
const WRITERS_CACHE: i32 = -65_536;

/// How long a call waits for other writers. A migration by MLflow was seen to hold the file for five seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// How often, and after what pause, a switch of the journal is tried.
const SWITCH_TRIES: u32 = 20;
const SWITCH_PAUSE: Duration = Duration::from_millis(5);
/// Pages of the write-ahead log, 4 KiB each, before they are copied into the file; SQLite's own number is 1,000.
const LOG_PAGES: u32 = 4_000;

/// Prepared statements kept per connection; the searches of one client differ only in their bound values.
const STATEMENT_CACHE: usize = 128;
/// What can't stand in the path of a `file:` URI.
const IN_URI: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// Opens a file to read and write; makes it where it is missing and `make` says so.
pub(super) fn open(path: &Path, make: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = if make { flags | OpenFlags::SQLITE_OPEN_CREATE } else { flags };
    let opened = match connect(path.as_os_str(), flags) {
        // The file was left with a log by somebody whose file system has shared memory.
        Err(error) if lacks_shared_memory(&error) && is_in_wal_mode(path) => {
            leave_wal(path).and_then(|()| connect(path.as_os_str(), flags))
        }
        opened => opened,
    };
    opened.map_err(|error| unopened(path, error))
}

/// Opens a file that can't be written.
///
/// One that is written through a log, where no log is left, is read as something that never changes: SQLite would have to
/// make the log's index beside it. So such a connection must not be kept.
pub(super) fn open_to_read(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let holds_something = |ending| std::fs::metadata(beside(path, ending)).is_ok_and(|found| found.len() > 0);
    let log = holds_something("-wal");
    if is_in_wal_mode(path) && !log {
        let text = path.to_string_lossy();
        let uri = format!("file:{}?immutable=1", utf8_percent_encode(&text, IN_URI));
        return connect(uri.as_ref(), flags | OpenFlags::SQLITE_OPEN_URI)
            .map_err(|error| unopened(path, error));
    }
    connect(path.as_os_str(), flags).map_err(|error| {
        let left = [("-wal", log), ("-journal", holds_something("-journal"))];
        match left.into_iter().find(|(_, there)| *there) {
            Some((ending, _)) => unread(path, ending, error),
            None => unopened(path, error),
        }
    })
}

/// Gives a connection the memory that a large write takes.
pub(super) fn keep_pages(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", WRITERS_CACHE)
}

fn connect(path: &std::ffi::OsStr, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(Path::new(path), flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.pragma_update(None, "foreign_keys", true)?;
    // As MLflow has it: LIKE distinguishes upper and lower case, and ILIKE is made of LOWER().
    connection.pragma_update(None, "case_sensitive_like", true)?;
    if journal_mode(&connection)? == "wal" {
        relax_sync(&connection)?;
    }
    // Only a read shows whether it can be read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Write-ahead logging lets readers and a writer work side by side, on a file system of this machine. It stays with the
/// file. Where it can't be had (another process keeps the file busy, or the file system can't do it) the file is written
/// through a journal, and readers and writers wait for each other.
pub(super) fn choose_journal(connection: Connection, path: &Path, shared: bool) -> Result<Connection> {
    if shared {
        switch(&connection, "delete");
        return Ok(connection);
    }
    if !switch(&connection, "wal") {
        return Ok(connection);
    }
    // SQLite believes in the log before it has tried to map the memory for its index.
    let readable = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    match readable.and_then(|()| relax_sync(&connection)) {
        Ok(()) => Ok(connection),
        Err(error) if lacks_shared_memory(&error) => {
            tracing::debug!(%error, "no shared memory for a write-ahead log here");
            drop(connection);
            leave_wal(path).map_err(|error| unopened(path, error))?;
            open(path, false)
        }
        Err(error) => Err(unopened(path, error)),
    }
}

/// Switches the journal; false where that can't be had now.
fn switch(connection: &Connection, mode: &str) -> bool {
    for _ in 0..SWITCH_TRIES {
        if journal_mode(connection).is_ok_and(|present| present == mode) {
            return true;
        }
        let switched =
            connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| row.get::<_, String>(0));
        match switched {
            Ok(present) if present == mode => return true,
            Ok(present) => {
                tracing::debug!(present, mode, "the database file can't be switched to this journal");
                return false;
            }
            Err(error) if lacks_shared_memory(&error) => return true,
            // SQLite does not wait here. Most often another process is switching the same new file.
            Err(error) => {
                tracing::debug!(%error, mode, "the journal can't be switched now");
                std::thread::sleep(SWITCH_PAUSE);
            }
        }
    }
    false
}

/// Takes a file out of write-ahead logging where its index can't be shared: a connection that has the file to itself keeps the index in
/// memory of its own.
fn leave_wal(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let alone = Connection::open_with_flags(path, flags)?;
    alone.busy_timeout(BUSY_TIMEOUT)?;
    alone.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    alone.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
}

/// Whether a failure is that of the log's index.
fn lacks_shared_memory(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi;

    let rusqlite::Error::SqliteFailure(failure, _) = error else { return false };
    matches!(
        failure.extended_code,
        ffi::SQLITE_IOERR_SHMOPEN
            | ffi::SQLITE_IOERR_SHMSIZE
            | ffi::SQLITE_IOERR_SHMLOCK
            | ffi::SQLITE_IOERR_SHMMAP
    ) || failure.code == ErrorCode::CannotOpen
}

pub(super) fn journal_mode(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}

/// With write-ahead logging NORMAL survives the death of any process; only a power cut may take the last
/// moments, never the database. A trial writes the same pages again and again: the longer the log, the fewer of them are
/// copied into the file and waited for.
fn relax_sync(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)
}

fn unopened(path: &Path, error: rusqlite::Error) -> TrackingError {
    let mut failure = TrackingError::from(error);
    failure.message = format!("can't open the tracking database '{}': {}", path.display(), failure.message);
    failure
}

/// What the last writer left behind has to be worked in first, and only who may write can do that.
fn unread(path: &Path, ending: &str, error: rusqlite::Error) -> TrackingError {
    let log = beside(path, ending);
    TrackingError::new(
        ErrorKind::Io,
        format!(
            "the tracking database '{}' can't be read without writing: its last writes are still in '{}'",
            path.display(),
            log.display()
        ),
    )
    .caused_by(error)
    .hint("copy both files into a folder of your own, and name the copy: --tracking-uri sqlite:////FOLDER/mlflow.db")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with_a_file() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b%20#?.db");
        open(&path, true).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        (folder, path)
    }

    #[test]
    fn a_local_file_gets_a_write_ahead_log_and_a_shared_one_loses_it() {
        let (_folder, path) = folder_with_a_file();
        let local = choose_journal(open(&path, false).unwrap(), &path, false).unwrap();
        assert_eq!(journal_mode(&local).unwrap(), "wal");
        drop(local);
        let shared = choose_journal(open(&path, false).unwrap(), &path, true).unwrap();
        assert_eq!(journal_mode(&shared).unwrap(), "delete");
        assert!(!is_in_wal_mode(&path));
    }

    /// A link in the place of the index, which SQLite does not follow, has the same effect as a file system without shared
    /// memory maps.
    fn no_index(path: &Path) {
        let index = beside(path, "-shm");
        std::fs::remove_file(&index).ok();
        std::os::unix::fs::symlink("nowhere", index).unwrap();
    }

    #[test]
    fn without_shared_memory_a_file_goes_back_to_its_journal_and_works() {
        let (_folder, path) = folder_with_a_file();
        no_index(&path);
        let connection = choose_journal(open(&path, false).unwrap(), &path, false).unwrap();
        assert_eq!(journal_mode(&connection).unwrap(), "delete");
        connection.execute("INSERT INTO t VALUES (1)", []).unwrap();
        assert!(!is_in_wal_mode(&path), "MLflow could not open it");
    }

    #[test]
    fn a_file_that_was_left_with_a_log_is_taken_up_without_shared_memory() {
        let (_folder, path) = folder_with_a_file();
        drop(choose_journal(open(&path, false).unwrap(), &path, false).unwrap());
        assert!(is_in_wal_mode(&path));
        no_index(&path);
        let connection = open(&path, false).unwrap();
        connection.execute("INSERT INTO t VALUES (1)", []).unwrap();
        assert!(!is_in_wal_mode(&path));
    }

    #[test]
    fn a_file_without_its_log_is_read_though_nothing_can_be_written_beside_it() {
        let (_folder, path) = folder_with_a_file();
        drop(choose_journal(open(&path, false).unwrap(), &path, false).unwrap());
        no_index(&path);
        let connection = open_to_read(&path).unwrap();
        assert!(connection.execute("INSERT INTO t VALUES (1)", []).is_err());
        assert_eq!(connection.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)), Ok(0));
    }

    #[test]
    fn a_log_that_can_not_be_worked_in_is_named_with_the_way_out() {
        let (_folder, path) = folder_with_a_file();
        let writer = choose_journal(open(&path, false).unwrap(), &path, false).unwrap();
        writer.execute("INSERT INTO t VALUES (1)", []).unwrap();
        // As it is after a crash: the log holds something, and nobody has the index.
        let log = std::fs::read(beside(&path, "-wal")).unwrap();
        let copy = path.with_file_name("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::write(beside(&copy, "-wal"), log).unwrap();
        no_index(&copy);
        let error = open_to_read(&copy).unwrap_err();
        assert!(error.message.contains("copy.db-wal"), "{error}");
        assert!(error.hint.unwrap().starts_with("copy both files"));
    }
}
