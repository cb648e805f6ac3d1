//! What every command works on: the store, the terminal, the directory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::exit::Exit;
use super::failure::CommandFailure;
use super::namesakes;
use super::workspace::LatestSweep;
use crate::agent::Identity;
use crate::launch::engine_id;
use crate::process::{aside, git_state, machine_id};
use crate::record::{Machine, Sweep, tags};
use crate::tracking::embedded::{Db, EmbeddedStore};
use crate::tracking::rest::{Environment, RestStore, ServerSettings};
use crate::tracking::{ErrorKind, RunId, Store};
use crate::ui::Ui;

/// Where MLflow itself looks when nothing is said.
pub const DEFAULT_URI: &str = "sqlite:///mlflow.db";

/// How long one try may take, of a server that was away a moment ago.
const ONE_TRY: Duration = Duration::from_secs(5);

/// What a command starts from, before any store is opened.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The terminal.
    pub ui: Ui,
    /// The working directory.
    pub folder: PathBuf,
    /// `--tracking-uri`, else `MLFLOW_TRACKING_URI`.
    pub tracking_uri: Option<String>,
    /// The columns that tables and CSV are to have; empty: their own.
    pub columns: Vec<String>,
}

impl Setting {
    /// Reads the environment; `tracking_uri` is what was typed.
    ///
    /// # Errors
    /// Where the working directory is gone.
    pub fn read(ui: Ui, tracking_uri: Option<String>) -> Result<Self, CommandFailure> {
        let folder = std::env::current_dir().map_err(|error| {
            CommandFailure::new(Exit::Usage, "the working directory can't be read").caused_by(&error)
        })?;
        let tracking_uri =
            tracking_uri.or_else(|| std::env::var("MLFLOW_TRACKING_URI").ok()).filter(|uri| !uri.is_empty());
        Ok(Self { ui, folder, tracking_uri, columns: Vec::new() })
    }
}

/// The store, the terminal and the directory of a command.
pub struct Context {
    /// The terminal.
    pub ui: Ui,
    /// The working directory.
    pub folder: PathBuf,
    /// The tracking store.
    pub store: Arc<dyn Store>,
    /// Which kind it is.
    pub backend: Backend,
}

/// The two kinds of store.
pub enum Backend {
    /// A server. The URI may hold credentials: it is for environments alone.
    Server { uri: String, store: Arc<RestStore> },
    /// A database file.
    File(EmbeddedStore),
}

/// Which sweep is meant.
#[derive(Debug, Clone, Default)]
pub struct SweepChoice(pub Option<String>);

impl Context {
    /// Opens the store that is set; the embedded default where none is.
    ///
    /// # Errors
    /// Where the URI means nothing to us, or the store can't be opened.
    pub fn open(setting: &Setting) -> Result<Self, CommandFailure> {
        let uri = setting.tracking_uri.clone().unwrap_or_else(|| DEFAULT_URI.to_owned());
        let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let (store, backend): (Arc<dyn Store>, Backend) = match scheme.as_str() {
            "http" | "https" => {
                let store =
                    Arc::new(RestStore::new(ServerSettings::read(&uri, &Environment::of_process())?)?);
                (store.clone(), Backend::Server { uri, store })
            }
            "sqlite" => {
                refuse_workspace()?;
                let store = EmbeddedStore::open(&uri)?;
                if let Some(caution) = caution(store.db()) {
                    setting.ui.warn(&caution);
                }
                return Ok(Self::of_file(setting, store));
            }
            _ => return Err(unknown_scheme(&uri)),
        };
        Ok(Self { ui: setting.ui, folder: setting.folder.clone(), store, backend })
    }

    /// Opens the store that a trial was given: its address is right, and a server that does not answer is away. Where
    /// it was away a moment ago, it is asked `once`, and not for long.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub fn open_of_trial(setting: &Setting, once: bool) -> Result<Self, CommandFailure> {
        let uri = setting.tracking_uri.clone().unwrap_or_else(|| DEFAULT_URI.to_owned());
        if !uri.starts_with("http://") && !uri.starts_with("https://") {
            return Self::open(setting);
        }
        let mut settings = ServerSettings::read(&uri, &Environment::of_process())?;
        if once {
            settings.max_retries = 0;
            settings.timeout = settings.timeout.min(ONE_TRY);
        }
        let store = Arc::new(RestStore::new(settings)?.known());
        let backend = Backend::Server { uri, store: store.clone() };
        Ok(Self { ui: setting.ui, folder: setting.folder.clone(), store, backend })
    }

    /// Opens the store to read what is there: a database file is not made where there is none, and may be one that
    /// can't be written.
    ///
    /// # Errors
    /// As [`Context::open`]; and where there is no file, which is to say no sweep.
    pub fn open_to_read(setting: &Setting) -> Result<Self, CommandFailure> {
        let uri = setting.tracking_uri.as_deref().unwrap_or(DEFAULT_URI);
        let is_file = uri.split(':').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("sqlite"));
        if !is_file {
            return Self::open(setting);
        }
        if !EmbeddedStore::exists(uri)? {
            return Err(no_database(setting, uri));
        }
        refuse_workspace()?;
        Ok(Self::of_file(setting, EmbeddedStore::open_to_read(uri)?))
    }

    fn of_file(setting: &Setting, store: EmbeddedStore) -> Self {
        Self {
            ui: setting.ui,
            folder: setting.folder.clone(),
            store: Arc::new(store.clone()),
            backend: Backend::File(store),
        }
    }

    /// The id of the sweep that is meant: the one named, else the one last initialised in this directory, else the
    /// newest of the store.
    ///
    /// # Errors
    /// Where there is none, or the name is ambiguous.
    pub async fn sweep_id(&self, choice: &SweepChoice) -> Result<RunId, CommandFailure> {
        if let Some(text) = &choice.0 {
            return match Sweep::find(self.store.as_ref(), text).await {
                Err(error) if error.kind == ErrorKind::Invalid => {
                    let namesakes = namesakes::list(&self.store, text).await?;
                    Err(if namesakes.is_empty() {
                        error.into()
                    } else {
                        namesakes::refusal(text, &namesakes)
                    })
                }
                found => Ok(found?),
            };
        }
        match LatestSweep::load(&self.folder) {
            Some(latest) if latest.tracking_uri == self.store.uri() => Ok(RunId(latest.sweep_id)),
            _ => Ok(Sweep::latest(self.store.as_ref()).await?),
        }
    }

    /// Remembers a sweep as the latest of this directory.
    pub fn remember(&self, sweep: &Sweep) {
        let latest = LatestSweep {
            sweep_id: sweep.id().to_string(),
            tracking_uri: self.store.uri().to_owned(),
            config_sha256: sweep.parent.tag(tags::CONFIG_SHA256).unwrap_or_default().to_owned(),
        };
        if let Err(error) = latest.save(&self.folder) {
            self.ui.warn(&format!(
                "this directory can't remember the sweep ({error}): give --sweep-id to `run`"
            ));
        }
    }

    /// Tags that say where the code stands.
    pub async fn git_tags(&self) -> Vec<(String, String)> {
        let folder = self.folder.clone();
        let state = match aside(move || git_state(&folder)).await {
            Some(Ok(Some(state))) => state,
            Some(Err(slow)) => {
                self.ui.warn(&format!("git: {slow}; the sweep does not record its commit"));
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        let branch = state.branch.map(|branch| (tags::GIT_BRANCH.to_owned(), branch));
        std::iter::once((tags::GIT_COMMIT.to_owned(), state.commit)).chain(branch).collect()
    }

    /// Who works here.
    pub fn identity(&self) -> Identity {
        let host = host();
        let engine = engine_id(&|name| std::env::var(name).ok()).map_or_else(String::new, |id| id + "-");
        let agent = format!("{engine}{host}-{}-{:08x}", std::process::id(), rand::random::<u32>());
        let machine = matches!(self.backend, Backend::File(_)).then(|| this_machine().tag());
        Identity { agent, host, user: user(), machine }
    }
}

/// A database file has no workspaces: what was meant for one must not land among everybody's.
pub fn refuse_workspace() -> Result<(), CommandFailure> {
    match std::env::var("MLFLOW_WORKSPACE") {
        Ok(name) if !name.is_empty() && name != "default" => {
            Err(CommandFailure::new(Exit::Usage, format!("MLFLOW_WORKSPACE is `{name}`, and a database file has no workspaces"))
                .hint("Unset it, or set MLFLOW_TRACKING_URI to a server that has them (mlflow server --enable-workspaces)."))
        }
        _ => Ok(()),
    }
}

/// This machine, as a database file knows it.
pub fn this_machine() -> Machine {
    Machine { id: machine_id(), host: host() }
}

/// This machine's name.
pub fn host() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.unwrap_or_else(|| "unknown-host".into())
}

/// The user's name as MLflow's client finds it: the tracking login, else the system's.
fn user() -> String {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let system = || nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.name);
    var("MLFLOW_TRACKING_USERNAME")
        .or_else(|| var("LOGNAME"))
        .or_else(|| var("USER"))
        .or_else(system)
        .unwrap_or_else(|| "unknown".into())
}

fn no_database(setting: &Setting, uri: &str) -> CommandFailure {
    let hint = if setting.tracking_uri.is_some() {
        format!("There is no such file: {uri}. Check --tracking-uri or MLFLOW_TRACKING_URI.")
    } else {
        "Make one: sweep init CONFIG. Sweeps that are elsewhere are found by --tracking-uri, or by the directory that \
         they were made in."
            .to_owned()
    };
    CommandFailure::new(Exit::Usage, "there is no sweep yet").hint(hint)
}

/// What a person who writes to a file on a network file system is to know.
fn caution(db: &Db) -> Option<String> {
    let network = db.network()?;
    Some(format!(
        "{} lies on {network}, a file system that machines share: use it from one machine only, and expect it to be \
         slower. For several machines: `sweep server` on one of them, and MLFLOW_TRACKING_URI=http://… on all.",
        db.path().display()
    ))
}

/// An address as it may be shown: what stands before the host may be a password.
pub fn without_login(uri: &str) -> String {
    match (uri.split_once("://"), uri.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        (_, None) => uri.to_owned(),
    }
}

pub fn unknown_scheme(uri: &str) -> CommandFailure {
    let shown = without_login(uri);
    let hint = if uri.starts_with("postgres") || uri.starts_with("mysql") || uri.starts_with("mssql") {
        "Start `mlflow server --backend-store-uri …` on that database, and set MLFLOW_TRACKING_URI to its http address."
    } else if uri.starts_with("databricks") {
        "Databricks-managed tracking is not supported: use a server with an http address."
    } else {
        "Use http://HOST:PORT or https://HOST for a server, or sqlite:///FILE for a database file."
    };
    CommandFailure::new(Exit::Usage, format!("the tracking URI `{shown}` is not one that sweep can open"))
        .hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_address_is_shown_with_its_scheme_and_without_its_login() {
        for (uri, shown) in [
            ("postgresql://u:p@h/db", "`postgresql://h/db`"),
            ("mysql+pymysql://u:p%40@h:3306/db", "`mysql+pymysql://h:3306/db`"),
            ("mssql://u:p@ss@h/db", "`mssql://h/db`"),
            ("databricks", "`databricks`"),
            ("u:p@h", "`h`"),
        ] {
            let message = unknown_scheme(uri).message;
            assert!(message.contains(shown) && !message.contains("u:p"), "{message}");
        }
    }
}
