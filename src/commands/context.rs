//! What every command works on: the store, the terminal, the directory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::exit::Exit;
use super::failure::Failure;
use super::workspace::Latest;
use crate::agent::Identity;
use crate::process::{aside, git_state};
use crate::record::{Sweep, tags};
use crate::tracking::embedded::EmbeddedStore;
use crate::tracking::rest::{Environment, RestStore, Settings};
use crate::tracking::{RunId, Store};
use crate::ui::Ui;

/// Where MLflow itself looks when nothing is said.
pub(super) const DEFAULT_URI: &str = "sqlite:///mlflow.db";

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
    pub fn read(ui: Ui, tracking_uri: Option<String>) -> Result<Self, Failure> {
        let folder = std::env::current_dir().map_err(|error| {
            Failure::new(Exit::Usage, "the working directory can't be read").caused_by(&error)
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
    pub(super) backend: Backend,
}

/// The two kinds of store.
pub(super) enum Backend {
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
    pub fn open(setting: &Setting) -> Result<Self, Failure> {
        let uri = setting.tracking_uri.clone().unwrap_or_else(|| DEFAULT_URI.to_owned());
        let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let (store, backend): (Arc<dyn Store>, Backend) = match scheme.as_str() {
            "http" | "https" => {
                let store = Arc::new(RestStore::new(Settings::read(&uri, &Environment::of_process())?)?);
                (store.clone(), Backend::Server { uri, store })
            }
            "sqlite" => {
                refuse_workspace()?;
                let store = EmbeddedStore::open(&uri)?;
                (Arc::new(store.clone()), Backend::File(store))
            }
            _ => return Err(unknown_scheme(&uri)),
        };
        Ok(Self { ui: setting.ui, folder: setting.folder.clone(), store, backend })
    }

    /// Opens the store that a trial was handed: its address is right, and a server that does not answer is away. Where
    /// it was away a moment ago, it is asked `once`, and not for long.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub(super) fn open_of_trial(setting: &Setting, once: bool) -> Result<Self, Failure> {
        let uri = setting.tracking_uri.clone().unwrap_or_else(|| DEFAULT_URI.to_owned());
        if !uri.starts_with("http://") && !uri.starts_with("https://") {
            return Self::open(setting);
        }
        let mut settings = Settings::read(&uri, &Environment::of_process())?;
        if once {
            settings.max_retries = 0;
            settings.timeout = settings.timeout.min(ONE_TRY);
        }
        let store = Arc::new(RestStore::new(settings)?.known());
        let backend = Backend::Server { uri, store: store.clone() };
        Ok(Self { ui: setting.ui, folder: setting.folder.clone(), store, backend })
    }

    /// Opens the store to read what is there: a database file is not made where there is none.
    ///
    /// # Errors
    /// As [`Context::open`]; and where there is no file, which is to say no sweep.
    pub fn open_to_read(setting: &Setting) -> Result<Self, Failure> {
        let uri = setting.tracking_uri.as_deref().unwrap_or(DEFAULT_URI);
        let is_file = uri.split(':').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("sqlite"));
        if is_file && !EmbeddedStore::exists(uri)? {
            return Err(no_database(setting, uri));
        }
        Self::open(setting)
    }

    /// The id of the sweep that is meant: the one named, else the one last initialised in this directory, else the
    /// newest of the store.
    ///
    /// # Errors
    /// Where there is none, or the name is ambiguous.
    pub async fn sweep_id(&self, choice: &SweepChoice) -> Result<RunId, Failure> {
        if let Some(text) = &choice.0 {
            return Ok(Sweep::find(self.store.as_ref(), text).await?);
        }
        match Latest::load(&self.folder) {
            Some(latest) if latest.tracking_uri == self.store.uri() => Ok(RunId(latest.sweep_id)),
            _ => Ok(Sweep::latest(self.store.as_ref()).await?),
        }
    }

    /// Tags that say where the code stands.
    pub(super) async fn git_tags(&self) -> Vec<(String, String)> {
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
    pub(super) fn identity(&self) -> Identity {
        let host = host();
        let agent = format!("{host}-{}-{:08x}", std::process::id(), rand::random::<u32>());
        Identity { agent, host, user: user() }
    }
}

/// A database file has no workspaces: what was meant for one must not land among everybody's.
pub(super) fn refuse_workspace() -> Result<(), Failure> {
    match std::env::var("MLFLOW_WORKSPACE") {
        Ok(name) if !name.is_empty() && name != "default" => {
            Err(Failure::new(Exit::Usage, format!("MLFLOW_WORKSPACE is `{name}`, and a database file has no workspaces"))
                .hint("Unset it, or set MLFLOW_TRACKING_URI to a server that has them (mlflow server --enable-workspaces)."))
        }
        _ => Ok(()),
    }
}

/// This machine's name.
pub(super) fn host() -> String {
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

fn no_database(setting: &Setting, uri: &str) -> Failure {
    let hint = if setting.tracking_uri.is_some() {
        format!("There is no such file: {uri}. Check --tracking-uri or MLFLOW_TRACKING_URI.")
    } else {
        "Make one: sweep init CONFIG. Sweeps that are elsewhere are found by --tracking-uri, or by the directory that \
         they were made in."
            .to_owned()
    };
    Failure::new(Exit::Usage, "there is no sweep yet").hint(hint)
}

pub(super) fn unknown_scheme(uri: &str) -> Failure {
    // What stands before the host may be a password.
    let shown = match (uri.split_once("://"), uri.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        (_, None) => uri.to_owned(),
    };
    let hint = if uri.starts_with("postgres") || uri.starts_with("mysql") || uri.starts_with("mssql") {
        "Start `mlflow server --backend-store-uri …` on that database, and set MLFLOW_TRACKING_URI to its http address."
    } else if uri.starts_with("databricks") {
        "Databricks-managed tracking is not supported: use a server with an http address."
    } else {
        "Use http://HOST:PORT or https://HOST for a server, or sqlite:///FILE for a database file."
    };
    Failure::new(Exit::Usage, format!("the tracking URI `{shown}` is not one that sweep can open")).hint(hint)
}
