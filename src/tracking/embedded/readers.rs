//! The connections that read: a few, which are lent out in turn. More would be no quicker, and each costs memory, and time
//! when it is opened: SQLite reads the whole schema.

use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::connection;
use crate::tracking::Result;

/// Most connections that read at once.
const MOST: usize = 8;

/// The connections that read.
#[derive(Debug, Default)]
pub(super) struct Readers {
    state: Mutex<LentReaders>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct LentReaders {
    idle: Vec<Connection>,
    lent: usize,
}

impl Readers {
    /// Lends a connection for some work; waits for one while all are lent. The work must not ask for another one.
    pub(super) fn with<T>(&self, path: &Path, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let idle = {
            let full = |state: &mut LentReaders| state.lent >= MOST;
            let waited = self.freed.wait_while(self.locked(), full);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            state.lent += 1;
            state.idle.pop()
        };
        let mut lent = LentReader { readers: self, connection: idle };
        let connection = match lent.connection.take() {
            Some(connection) => connection,
            None => connection::open(path, false)?,
        };
        work(lent.connection.insert(connection))
    }

    fn locked(&self) -> MutexGuard<'_, LentReaders> {
        // A panic elsewhere leaves the connections usable: each one's transaction was rolled back when it was dropped.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is lent; given back whatever becomes of the work.
struct LentReader<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for LentReader<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.locked();
        state.lent -= 1;
        state.idle.extend(self.connection.take());
        drop(state);
        self.readers.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn however_many_read_at_once_a_few_connections_serve_them_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        connection::open(&path, true).unwrap();
        let (readers, at_once, most) = (Readers::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 * MOST {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let read = readers.with(&path, |connection| {
                            most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            let one: i64 = connection.query_row("SELECT 1", [], |row| row.get(0))?;
                            at_once.fetch_sub(1, Ordering::SeqCst);
                            Ok(one)
                        });
                        assert_eq!(read.unwrap(), 1);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= MOST);
        let state = readers.locked();
        assert!(state.lent == 0 && state.idle.len() <= MOST);
    }

    #[test]
    fn a_file_that_can_not_be_opened_keeps_no_place() {
        let readers = Readers::default();
        for _ in 0..2 * MOST {
            readers.with(Path::new("/nowhere/a.db"), |_| Ok(())).unwrap_err();
        }
        assert_eq!(readers.locked().lent, 0);
    }
}
