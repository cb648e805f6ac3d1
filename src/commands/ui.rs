//! `sweep ui`: the live page of a store's sweeps, on this machine.

use std::net::ToSocketAddrs as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, is_loopback, live_file, not_heard};
use crate::gateway::{AccessRules, Hosts, Logins, Origins, PublicServer};
use crate::page::{Hub, HubOptions, pages};
use crate::process::{EndSignals, aside, open_for_person};
use crate::tracking::RunId;
use crate::ui::{Ui, printable};

/// The names by which a page on this machine is called: another one is a page elsewhere that points its own name here.
const NAMES: &str = "localhost, 127.0.0.1, [::1]";
/// How long requests that are under way may take once the server was asked to end.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// What was typed.
#[derive(Debug, Clone)]
pub struct UiArgs {
    /// Which sweep is opened; none: the list of all.
    pub sweep: SweepChoice,
    /// The address to listen on, of this machine alone.
    pub host: String,
    /// The port; 0: any that is free.
    pub port: u16,
    /// Whether the page is opened in the browser.
    pub open: bool,
    /// Whether agents may be given orders from the page, and trials be run again.
    pub allow_control: bool,
}

/// Serves the page until it is asked to end.
///
/// # Errors
/// Where the address can't be had or others could reach it, and where the store can't be opened.
pub async fn ui(setting: &Setting, args: &UiArgs) -> Result<Exit, CommandFailure> {
    let host = args.host.trim_start_matches('[').trim_end_matches(']');
    if (host, 0).to_socket_addrs().is_err() || !is_loopback(host) {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("--host: {host} is not an address of this machine alone"),
        )
        .hint("The page has no login. Over a network: `sweep server` with a login serves the same page."));
    }
    // Before anybody can know that it runs.
    let mut end = EndSignals::listen().map_err(|error| not_heard(&error))?;
    let context = Context::open_to_read(setting)?;
    let sweep = match &args.sweep.0 {
        Some(_) => Some(context.sweep_id(&args.sweep).await?),
        None => None,
    };
    let (stop, stopping) = watch::channel(false);
    let hub = Hub::new(
        Arc::clone(&context.store),
        HubOptions { live_log: live_file, allow_control: args.allow_control },
        stopping.clone(),
    );
    let access =
        AccessRules { hosts: Hosts::read(NAMES), origins: Origins::default(), logins: Logins::default() };
    let mut stopped = stopping;
    let shutdown = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let server = PublicServer::start(pages(Arc::clone(&hub)), (host, args.port), access, shutdown)
        .await
        .map_err(|error| {
            CommandFailure { exit: Exit::Usage, ..error.into() }
                .hint("Is another page running there? Without --port any free port is taken.")
        })?;
    let address = url(host, server.address().port(), sweep.as_ref());
    say_where(&setting.ui, &context, &address);
    if let Some(sweep) = sweep {
        warm(hub, sweep);
    }
    if args.open {
        open(setting.ui, address).await;
    }
    end.next().await;
    let _ = stop.send(true);
    tokio::select! {
        () = server.ended() => {}
        () = tokio::time::sleep(LAST_REQUESTS) => {}
    }
    Ok(Exit::Done)
}

fn url(host: &str, port: u16, sweep: Option<&RunId>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    match sweep {
        Some(id) => format!("http://{host}:{port}/sweep/{id}"),
        None => format!("http://{host}:{port}/"),
    }
}

/// The URL is data, all else is for the person.
fn say_where(ui: &Ui, context: &Context, address: &str) {
    ui.print(&format!("{address}\n"));
    ui.say(&format!("Showing {}", printable(context.store.uri())));
    ui.say("Ctrl-C ends it.");
}

/// Reads the sweep before the browser asks for it.
fn warm(hub: Arc<Hub>, sweep: RunId) {
    tokio::spawn(async move {
        if let Err(error) = hub.sweep(&sweep).await {
            tracing::debug!(%error, "the sweep can't be read ahead");
        }
    });
}

async fn open(ui: Ui, address: String) {
    let opened = aside(move || open_for_person(&address)).await;
    if let Some(Err(why)) = opened {
        ui.warn(&format!("the browser can't be opened ({why}): open the address above"));
    }
}
