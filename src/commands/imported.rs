//! What is imported, and how an import comes out: whole, or not at all.

use std::future::{poll_fn, ready};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Poll;

use super::exit::Exit;
use super::failure::Failure;
use super::importer::Importer;
use super::signals::asked_to_end;
use crate::config::Goal;
use crate::record::Sweep;

/// What was typed.
#[derive(Debug, Clone)]
pub struct ImportArgs {
    /// A folder that `sweep export` wrote, or a CSV file.
    pub from: PathBuf,
    /// The experiment that is to hold it; `None`: as the folder says.
    pub experiment: Option<String>,
    /// Save its artifacts, too.
    pub artifacts: bool,
    /// Its name, where a CSV file has none.
    pub name: Option<String>,
    /// The column of the metric in a CSV file.
    pub metric: Option<String>,
    /// The metric's direction.
    pub goal: Option<Goal>,
    /// The columns of the params in a CSV file; empty: all that are not known to be something else.
    pub params: Vec<String>,
    /// Those of them that were drawn on a log scale, whatever their values look like.
    pub log: Vec<String>,
}

/// What came in.
pub(super) struct Imported {
    pub(super) sweep: Sweep,
    pub(super) trials: u64,
}

/// How an import came out; half a sweep does not stay.
pub(super) async fn finish(
    importer: Importer<'_>,
    all: Result<(), Failure>,
    trials: u64,
) -> Result<Imported, Failure> {
    match all {
        Ok(()) => Ok(Imported { sweep: importer.sweep, trials }),
        Err(failure) => {
            importer.undo().await;
            Err(failure)
        }
    }
}

/// A signal that asks to end, once it has come.
pub(super) struct AskedToEnd(Pin<Box<dyn Future<Output = Result<Exit, Failure>> + Send>>);

impl AskedToEnd {
    /// Listens from now on: what is made after this is taken away again should a signal come.
    pub(super) async fn listen() -> Self {
        let mut asked = Self(Box::pin(asked_to_end()));
        // It listens once it has been polled.
        poll_fn(|context| {
            if let Poll::Ready(early) = asked.0.as_mut().poll(context) {
                asked.0 = Box::pin(ready(early));
            }
            Poll::Ready(())
        })
        .await;
        asked
    }
}

/// Works until the end, or until a signal asks to end.
pub(super) async fn unless_asked_to_end(
    asked: AskedToEnd,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    tokio::select! {
        done = work => done,
        signal = asked.0 => {
            Err(Failure::new(signal?, "the import was interrupted: what it had made was removed"))
        }
    }
}
