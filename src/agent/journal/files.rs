//! What the store does not have yet, on disk: written before it is delivered, removed afterwards.
//!
//! A settlement is `<run>.json`, its log `<run>.log`; values that `sweep log` could not deliver are `<run>.<when>.values`, and
//! files `<run>.<when>.<n>.artifact` beside them.
//! Anyone who writes a settlement holds a lock on its file until it is delivered: other agents of the same directory leave
//! it alone, and find it free as soon as its agent is dead. What can never be delivered is renamed to `*.refused`, so that
//! it stops nobody and can still be read.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::kept_values::{KeptArtifact, KeptValues, VERSION, WITH_FILES};
use super::settlement::Settlement;
use crate::process::now_ms;
use crate::tracking::RunId;
use crate::trial::TrialIndex;

const ENTRY: &str = "json";
const LOG: &str = "log";
const VALUES: &str = "values";
const ARTIFACT: &str = "artifact";
const REFUSED: &str = "refused";

/// The journal of one sweep in one directory.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
}

#[derive(Serialize)]
struct JournalEntry<'a> {
    version: u32,
    #[serde(flatten)]
    settlement: &'a Settlement,
}

/// Of a file, before the rest of it is read.
#[derive(Deserialize)]
struct FormatVersion {
    #[serde(default)]
    version: u32,
}

/// What is kept in the journal, by the newest version of its format that this program knows.
trait Versioned: for<'de> Deserialize<'de> {
    const NEWEST: u32;
}

impl Versioned for Settlement {
    const NEWEST: u32 = VERSION;
}

impl Versioned for KeptValues {
    const NEWEST: u32 = WITH_FILES;
}

/// A settlement that is in the journal, and ours to deliver.
#[derive(Debug)]
pub(in crate::agent) struct KeptSettlement {
    entry: PathBuf,
    /// Where it has one.
    log: Option<PathBuf>,
    /// Holds the lock.
    _file: File,
}

/// What was found in the journal.
pub(in crate::agent) enum FoundSettlement {
    /// A settlement.
    Settlement(Box<Settlement>, KeptSettlement),
    /// A file that can't be read as one, and why.
    Unreadable(PathBuf, String),
}

/// Values of `sweep log` in the journal.
pub(in crate::agent) struct FoundValues {
    pub(in crate::agent) path: PathBuf,
    /// Or why they can't be read.
    pub(in crate::agent) values: Result<KeptValues, String>,
}

impl Journal {
    /// The journal in this folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a settlement. Its log is `live`, where that file holds all of it, else `log`. The settlement comes last, so
    /// that one that is there is whole. The disk is not waited for: what a killed process has written is safe, and
    /// [`KeptSettlement::sync`] is for what has to wait.
    pub(in crate::agent) fn keep(
        &self,
        settlement: &Settlement,
        live: Option<&Path>,
        log: &[u8],
    ) -> io::Result<KeptSettlement> {
        let (entry, log_path) = (self.file(&settlement.run, ENTRY), self.file(&settlement.run, LOG));
        let has_log = !log.is_empty();
        if has_log && !live.is_some_and(|live| link(live, &log_path)) {
            // The result is worth more than its log.
            if let Err(error) = write(&self.folder, &log_path, log) {
                tracing::warn!(%error, run = %settlement.run, "the log is not kept in the journal");
            }
        }
        let bytes = serde_json::to_vec_pretty(&JournalEntry { version: VERSION, settlement })?;
        let file = write(&self.folder, &entry, &bytes)?;
        Ok(KeptSettlement { entry, log: has_log.then_some(log_path), _file: file })
    }

    /// The settlements, the oldest first; those of agents that live are left out.
    pub(in crate::agent) fn settlements(&self) -> Vec<FoundSettlement> {
        let mut found: Vec<FoundSettlement> =
            self.files(ENTRY).into_iter().filter_map(|path| self.open(path)).collect();
        found.sort_by_key(|found| match found {
            FoundSettlement::Settlement(settlement, _) => (settlement.end_time, settlement.claim.trial),
            FoundSettlement::Unreadable(..) => (i64::MAX, TrialIndex(0)),
        });
        found
    }

    fn open(&self, path: PathBuf) -> Option<FoundSettlement> {
        let file = File::open(&path).ok()?;
        // Where files can't be locked, it is delivered twice at worst, which is harmless.
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return None;
        }
        // Delivered by its agent in between.
        if file.metadata().is_ok_and(|metadata| metadata.nlink() == 0) {
            return None;
        }
        Some(match read::<Settlement>(&path) {
            Ok(settlement) => {
                let log = Some(self.file(&settlement.run, LOG));
                FoundSettlement::Settlement(
                    Box::new(settlement),
                    KeptSettlement { entry: path, log, _file: file },
                )
            }
            Err(why) => FoundSettlement::Unreadable(path, why),
        })
    }

    /// Keeps values of a script, until the agent that settles `trial_run` delivers them.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn keep_values(&self, trial_run: &str, values: &KeptValues) -> io::Result<()> {
        self.write_values(&stem(trial_run), values)
    }

    /// Keeps copies of files that are to be artifacts of `run`, each with its path there, until the agent that settles
    /// `trial_run` delivers them.
    ///
    /// # Errors
    /// Where a file can't be read, or the disk refuses.
    pub fn keep_files(&self, trial_run: &str, run: RunId, files: &[(PathBuf, String)]) -> io::Result<()> {
        let stem = stem(trial_run);
        fs::create_dir_all(&self.folder)?;
        let mut artifacts = Vec::new();
        for (number, (path, target)) in files.iter().enumerate() {
            let copy = format!("{stem}.{number}.{ARTIFACT}");
            let to = self.folder.join(&copy);
            fs::copy(path, &to)?;
            File::open(&to)?.sync_all()?;
            artifacts.push(KeptArtifact { path: target.clone(), copy });
        }
        // Last: what it names is there.
        self.write_values(&stem, &KeptValues::of_files(run, artifacts))
    }

    fn write_values(&self, stem: &str, values: &KeptValues) -> io::Result<()> {
        let path = self.folder.join(format!("{stem}.{VALUES}"));
        write(&self.folder, &path, &serde_json::to_vec(values)?)?.sync_all()
    }

    /// The values that the scripts of this trial, or of all, could not deliver, in the order in which they came.
    pub(in crate::agent) fn values(&self, trial_run: Option<&RunId>) -> Vec<FoundValues> {
        let prefix = trial_run.map(|run| format!("{}.", name_of(run.as_str())));
        let mut paths = self.files(VALUES);
        paths.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix))
        });
        paths.sort();
        paths.into_iter().map(|path| FoundValues { values: read(&path), path }).collect()
    }

    /// Whether values of this trial's scripts wait: the store was away a moment ago.
    #[must_use]
    pub fn has_values(&self, trial_run: &str) -> bool {
        !self.values(Some(&RunId(trial_run.to_owned()))).is_empty()
    }

    /// How many settlements and files of values wait in it, those of living agents left out.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.settlements().len() + self.files(VALUES).len()
    }

    /// How many settlements there are, of any agent.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.files(ENTRY).len()
    }

    /// The files that can never be delivered: settlements and values, without the logs beside them.
    #[must_use]
    pub fn refused(&self) -> Vec<PathBuf> {
        let mut paths = self.files(REFUSED);
        paths.retain(|path| !path.to_string_lossy().ends_with(&format!(".{LOG}.{REFUSED}")));
        paths.sort();
        paths
    }

    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = folder.flatten().map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
    }

    fn file(&self, run: &RunId, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", name_of(run.as_str())))
    }
}

impl KeptSettlement {
    /// The log that belongs to it.
    pub(in crate::agent) fn read_log(&self) -> Vec<u8> {
        self.log.as_ref().and_then(|log| fs::read(log).ok()).unwrap_or_default()
    }

    /// What makes it outlive a power cut, too; where the disk refuses, it is no worse off than before. May block.
    pub(in crate::agent) fn sync(&self) -> impl FnOnce() + Send + 'static + use<> {
        let (entry, log) = (self.entry.clone(), self.log.clone());
        move || {
            for path in [log.as_deref(), Some(&entry), entry.parent()].into_iter().flatten() {
                let _ = File::open(path).and_then(|file| file.sync_all());
            }
        }
    }

    /// Removes it: the store has it. Should that fail, it is delivered again, which is harmless.
    pub(in crate::agent) fn delivered(self) {
        let _ = fs::remove_file(&self.entry);
        if let Some(log) = &self.log {
            let _ = fs::remove_file(log);
        }
    }

    /// Sets it aside: the store will never take it.
    pub(in crate::agent) fn refuse(self) {
        set_aside(&self.entry);
        if let Some(log) = self.log.as_ref().filter(|log| log.exists()) {
            set_aside(log);
        }
    }
}

/// Renames a file to `*.refused`.
pub(in crate::agent) fn set_aside(path: &Path) {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(REFUSED);
    if let Err(error) = fs::rename(path, &name) {
        tracing::warn!(%error, path = %path.display(), "a refused file of the journal stays");
    }
}

/// Reads a file of the journal, or says why that can't be.
fn read<T: Versioned>(path: &Path) -> Result<T, String> {
    parse(&fs::read(path).map_err(|error| error.to_string())?)
}

fn parse<T: Versioned>(bytes: &[u8]) -> Result<T, String> {
    if let Ok(found) = serde_json::from_slice::<FormatVersion>(bytes)
        && found.version > T::NEWEST
    {
        return Err(format!("it is of version {}, and this program knows {}", found.version, T::NEWEST));
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Whether these bytes are a settlement, or why not.
pub(crate) fn parse_settlement(bytes: &[u8]) -> Result<(), String> {
    parse::<Settlement>(bytes).map(drop)
}

/// A second name for a file that is there already; false where that can't be.
fn link(file: &Path, name: &Path) -> bool {
    let _ = fs::remove_file(name);
    fs::hard_link(file, name).is_ok()
}

/// Writes a file that is there as a whole or not at all, locked.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = match tempfile::NamedTempFile::new_in(folder) {
        Ok(made) => made,
        // The first of this journal, unless its folder can't be made.
        Err(_) => {
            fs::create_dir_all(folder)?;
            tempfile::NamedTempFile::new_in(folder)?
        }
    };
    // Where files can't be locked, it is delivered twice at worst, which is harmless.
    let _ = file.as_file().try_lock();
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)
}

/// The beginning of the names of what a script of this trial leaves now.
fn stem(trial_run: &str) -> String {
    let (now, process) = (now_ms(), std::process::id());
    format!("{}.{now:013}-{process}-{:08x}", name_of(trial_run), rand::random::<u32>())
}

/// A run's id as the name of a file: anyone who sets the id must not name another folder.
fn name_of(run: &str) -> String {
    run.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}
