//! `sweep server`: MLflow's tracking API over a database file, for people.

mod mlflow_ui;

use std::net::ToSocketAddrs as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use maud::{DOCTYPE, html};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use tokio::sync::watch;

use super::shared::{
    CommandFailure, DEFAULT_URI, Exit, Setting, is_loopback, live_file, not_heard, refuse_workspace,
    without_login,
};
use crate::gateway::{
    AccessRules, Hosts, Logins, MLFLOW_PAGES, MlflowPages, Origins, PublicServer, mlflow_api,
};
use crate::page::{Hub, HubOptions, pages};
use crate::process::EndSignals;
use crate::tracking::embedded::{ArtifactRoots, EmbeddedStore};
use crate::ui::Ui;
pub use mlflow_ui::MlflowUi;

/// What the locations of new experiments begin with, so that clients on other machines can send files.
const PROXIED: &str = "mlflow-artifacts:";
/// How long requests that are under way may take once the server was asked to end.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// What was typed.
#[derive(Debug, Clone)]
pub struct ServerArgs {
    /// The address to listen on.
    pub host: String,
    /// The port; 0: any that is free.
    pub port: u16,
    /// The database; `None`: `sqlite:///mlflow.db`.
    pub backend_store_uri: Option<String>,
    /// The folder of what clients send; `None`: `mlartifacts` beside the database.
    pub artifacts_destination: Option<String>,
    /// Where the artifacts of new experiments go; `None`: to this server.
    pub default_artifact_root: Option<String>,
    /// The names that it may be called by, with commas.
    pub allowed_hosts: Option<String>,
    /// The origins of pages that may change anything, with commas.
    pub cors_allowed_origins: Option<String>,
    /// A file of logins.
    pub login_file: Option<PathBuf>,
    /// Whether agents may be given orders from the page, and trials be run again.
    pub allow_control: bool,
    /// Which of MLflow's own pages are served.
    pub mlflow_ui: MlflowUi,
}

/// Serves until it is asked to end.
///
/// # Errors
/// Where the address can't be had or is open to others without a login, or the database can't be opened.
pub async fn server(setting: &Setting, args: &ServerArgs) -> Result<Exit, CommandFailure> {
    let args = &ServerArgs { host: bare(&args.host).to_owned(), ..args.clone() };
    let logins = logins(&setting.ui, args)?;
    if (args.host.as_str(), 0).to_socket_addrs().is_err() {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("--host: {} is not an address of this machine", args.host),
        )
        .hint("127.0.0.1 serves this machine alone, 0.0.0.0 all of its addresses."));
    }
    if logins.is_empty() && !is_loopback(&args.host) {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("{} can be reached from other machines, without authentication", args.host),
        )
        .hint(
            "Set SWEEP_SERVER_USERNAME and SWEEP_SERVER_PASSWORD, or SWEEP_SERVER_TOKEN, or pass --login-file; \
             or leave --host out to serve this machine alone.",
        ));
    }
    let own_pages = mlflow_ui::find(&args.mlflow_ui).await?;
    // Before anybody can know that it runs.
    let mut end = EndSignals::listen().map_err(|error| not_heard(&error))?;
    let store = open(setting, args)?;
    allow_files();
    let access = AccessRules { hosts: hosts(args), origins: origins(args), logins };
    let (stop, mut stopped) = watch::channel(false);
    let options = HubOptions { live_log: live_file, allow_control: args.allow_control };
    let hub = Hub::new(Arc::new(store.clone()), options, stopped.clone());
    let shutdown = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let api = mlflow_api(store.clone());
    let of_mlflow = of_mlflow(own_pages.clone(), &api);
    let page = index(&store, own_pages.is_some());
    let app = api.route("/about", get(move || async move { Html(page) })).merge(pages(hub)).merge(of_mlflow);
    let server = PublicServer::start(app, (&args.host, args.port), access, shutdown)
        .await
        .map_err(|error| CommandFailure { exit: Exit::Usage, ..error.into() }.hint(PORT_HINT))?;
    say_where(&setting.ui, args, &store, server.address().port(), own_pages.as_ref());
    end.next().await;
    setting.ui.say("Ending: open requests are finished. Ctrl-C again ends it at once.");
    let _ = stop.send(true);
    tokio::select! {
        () = server.ended() => {}
        () = tokio::time::sleep(LAST_REQUESTS) => {}
        () = hurried(&mut end) => {}
    }
    Ok(Exit::Done)
}

/// MLflow's pages; where there are none, a page that says how they are had.
fn of_mlflow(own_pages: Option<MlflowPages>, api: &Router) -> Router {
    match own_pages {
        Some(pages) => pages.router(api.clone()),
        None => Router::new().route(
            MLFLOW_PAGES,
            get(async || {
                (StatusCode::NOT_FOUND, "MLflow's pages are served by `sweep server --mlflow-ui`.\n")
            }),
        ),
    }
}

/// Waits for a second Ctrl-C or SIGTERM. The other signals ask for the end, never for a sudden one: a closed terminal sends
/// HUP twice, and a cluster warns more than once.
async fn hurried(end: &mut EndSignals) {
    while !matches!(end.next().await, Signal::SIGINT | Signal::SIGTERM) {}
}

/// Each connection is a file: takes as many as the system gives.
fn allow_files() {
    let most = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most, most));
    if let Err(error) = most {
        tracing::debug!(%error, "the limit on open files stays as it is");
    }
}

const PORT_HINT: &str = "Is another server running there? --port takes another one, 0 any that is free.";

/// The URL is data, all else is for the person.
fn say_where(ui: &Ui, args: &ServerArgs, store: &EmbeddedStore, port: u16, own_pages: Option<&MlflowPages>) {
    let host = if args.host.contains(':') { format!("[{}]", args.host) } else { args.host.clone() };
    let url = format!("http://{host}:{port}");
    ui.print(&format!("{url}\n"));
    ui.say(&format!("Serving {}", store.db().uri()));
    ui.say(&format!("artifacts in {}", store.db().proxied_root().display()));
    ui.say("Live page: the same address in a browser");
    if let Some(pages) = own_pages {
        ui.say(&format!("MLflow's pages: {url}{MLFLOW_PAGES} (of {})", pages.folder().display()));
    }
    ui.say(&format!("Clients: export MLFLOW_TRACKING_URI={url}"));
    if !is_loopback(&args.host) {
        ui.say(
            "Logins and data cross the network as they are: put a proxy with TLS in front where others listen.",
        );
    }
    ui.say("Ctrl-C ends it.");
}

/// An address of IPv6 without the brackets that it has in a URL.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// The database to serve. MLFLOW_TRACKING_URI may already be what the last server printed for its clients: a server is
/// nothing to serve.
fn backend<'a>(setting: &'a Setting, args: &'a ServerArgs) -> &'a str {
    if let Some(uri) = &args.backend_store_uri {
        return uri;
    }
    match setting.tracking_uri.as_deref() {
        Some(uri) if uri.starts_with("http:") || uri.starts_with("https:") => {
            setting
                .ui
                .say(&format!("MLFLOW_TRACKING_URI is for clients and ignored here: serving {DEFAULT_URI}"));
            DEFAULT_URI
        }
        Some(uri) => uri,
        None => DEFAULT_URI,
    }
}

fn open(setting: &Setting, args: &ServerArgs) -> Result<EmbeddedStore, CommandFailure> {
    refuse_workspace()?;
    let uri = backend(setting, args);
    if !uri.starts_with("sqlite") && uri.contains(':') {
        let shown = without_login(uri);
        return Err(CommandFailure::new(Exit::Usage, format!("`{shown}` is not a SQLite database")).hint(
            "sweep serves sqlite:///FILE alone (--backend-store-uri); for other databases run `mlflow server`.",
        ));
    }
    let proxied = args.artifacts_destination.as_deref().map(|given| folder(setting, given)).transpose()?;
    let new_experiments = match args.default_artifact_root.as_deref() {
        None => PROXIED.to_owned(),
        Some(root) if root.contains(':') && !root.starts_with("file:") => root.to_owned(),
        // As it is written: clients compare it with the sources of models.
        Some(root) if root.starts_with("file:///") => folder(setting, root).map(|_| root.to_owned())?,
        Some(root) => folder(setting, root)?.display().to_string(),
    };
    let roots = ArtifactRoots { new_experiments: Some(new_experiments), proxied, confined: true };
    Ok(EmbeddedStore::open_with(uri, &roots)?)
}

/// A folder of this machine, absolute.
fn folder(setting: &Setting, given: &str) -> Result<PathBuf, CommandFailure> {
    let path = given.strip_prefix("file://").or_else(|| given.strip_prefix("file:")).unwrap_or(given);
    if path.contains(':') || path.is_empty() {
        return Err(CommandFailure::new(Exit::Usage, format!("`{given}` is not a folder on this machine"))
            .hint("sweep keeps artifacts in a folder; for object stores run `mlflow server`."));
    }
    std::path::absolute(setting.folder.join(path)).map_err(|error| {
        CommandFailure::new(Exit::Usage, format!("`{given}` is not a folder on this machine"))
            .caused_by(&error)
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn hosts(args: &ServerArgs) -> Hosts {
    match args.allowed_hosts.clone().or_else(|| variable("MLFLOW_SERVER_ALLOWED_HOSTS")) {
        Some(list) => Hosts::read(&list),
        None => Hosts::Private(args.host.clone()),
    }
}

fn origins(args: &ServerArgs) -> Origins {
    let list = args.cors_allowed_origins.clone().or_else(|| variable("MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"));
    list.map(|list| Origins::read(&list)).unwrap_or_default()
}

/// Logins come from the environment or a file, never from the command line, which every user of the machine can read.
fn logins(ui: &Ui, args: &ServerArgs) -> Result<Logins, CommandFailure> {
    let mut logins = Logins::default();
    let wrong = |from: &str, error: &dyn std::error::Error| {
        CommandFailure::new(Exit::Usage, format!("the logins of {from} can't be used")).caused_by(error)
    };
    match (variable("SWEEP_SERVER_USERNAME"), variable("SWEEP_SERVER_PASSWORD")) {
        (Some(name), Some(password)) => logins
            .add_person(&name, &password)
            .map_err(|error| wrong("SWEEP_SERVER_USERNAME and SWEEP_SERVER_PASSWORD", &error))?,
        (None, None) => {}
        _ => {
            return Err(CommandFailure::new(
                Exit::Usage,
                "only one of SWEEP_SERVER_USERNAME and SWEEP_SERVER_PASSWORD is set",
            ));
        }
    }
    if let Some(token) = variable("SWEEP_SERVER_TOKEN") {
        logins.add_token(&token).map_err(|error| wrong("SWEEP_SERVER_TOKEN", &error))?;
    }
    if let Some(path) = &args.login_file {
        let named = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            CommandFailure::new(Exit::Usage, format!("{named} can't be read")).caused_by(&error)
        })?;
        logins.add_lines(&text).map_err(|error| wrong(&named, &error))?;
        if readable_by_others(path) {
            ui.warn(&format!("others on this machine can read {named}: chmod 600 {named}"));
        }
    }
    Ok(logins)
}

fn readable_by_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// The page at `/about`: how clients use the server, and how MLflow's own pages are had.
fn index(store: &EmbeddedStore, has_own_pages: bool) -> String {
    let (uri, root) = (store.db().uri(), store.db().proxied_root());
    let own_pages = format!(
        "pip install mlflow\nmlflow server --port 5001 --backend-store-uri {uri} \\\n  --artifacts-destination {}",
        root.display()
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "sweep server" }
                style {
                    "body{font:16px/1.5 system-ui,sans-serif;max-width:44em;margin:3em auto;padding:0 1em}"
                    "pre{background:#f4f4f4;padding:1em;overflow:auto}"
                }
            }
            body {
                h1 { "sweep server " (env!("CARGO_PKG_VERSION")) }
                p { "This is a tracking server that MLflow's clients speak to. In a script, before anything is logged:" }
                pre { "export MLFLOW_TRACKING_URI=http://HOST:PORT" }
                @if has_own_pages {
                    p { "Its " a href="/" { "page" } " shows sweeps, " a href=(MLFLOW_PAGES) { "MLflow's pages" } " all runs." }
                } @else {
                    p {
                        "Its " a href="/" { "page" } " shows sweeps. For all runs start it with MLflow's pages, \
                         sweep server --mlflow-ui, or start MLflow's own server on the same database, at the same time too:"
                    }
                    pre { (own_pages) }
                    p { "(MLflow brings the database up to its own version when it opens it; sweep goes on using it.)" }
                }
            }
        }
    };
    page.into_string()
}
