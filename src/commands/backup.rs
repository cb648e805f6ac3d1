//! `sweep server backup`: a copy of a database file as it is now, while servers and agents write to it.

use std::path::PathBuf;

use super::shared::{Backend, CommandFailure, Context, DEFAULT_URI, Exit, Setting};
use crate::process::aside;
use crate::tracking::embedded::EmbeddedStore;
use crate::tracking::{ErrorKind, Store as _};
use crate::ui::printable;

/// What was typed.
#[derive(Debug, Clone)]
pub struct BackupArgs {
    /// The database; `None`: the one that is set.
    pub backend_store_uri: Option<String>,
    /// The file to write.
    pub to: PathBuf,
}

/// Writes the copy.
///
/// # Errors
/// Where there is no database file, or the copy can't be written, or is there already.
pub async fn backup(setting: &Setting, args: &BackupArgs) -> Result<Exit, CommandFailure> {
    let uri = args.backend_store_uri.as_deref().or(setting.tracking_uri.as_deref()).unwrap_or(DEFAULT_URI);
    if uri.starts_with("sqlite") && !EmbeddedStore::exists(uri)? {
        return Err(CommandFailure::new(Exit::Usage, format!("there is no database {uri}"))
            .hint("--backend-store-uri sqlite:///FILE names it, as for `sweep server`."));
    }
    let context = Context::open_to_read(&Setting { tracking_uri: Some(uri.to_owned()), ..setting.clone() })?;
    let Backend::File(store) = &context.backend else {
        let server = context.store.uri();
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("{server} is a server: a backup is made of its file"),
        )
        .hint("On the server's machine: sweep server backup --backend-store-uri sqlite:///mlflow.db FILE"));
    };
    let to = setting.folder.join(&args.to);
    let (db, file) = (store.db().clone(), to.clone());
    match aside(move || db.copy_to(&file)).await {
        Some(Err(error)) if error.kind == ErrorKind::AlreadyExists => {
            return Err(CommandFailure { exit: Exit::Usage, ..error.into() });
        }
        Some(copied) => copied?,
        None => return Err(CommandFailure::new(Exit::WorkFailed, "the copy was cut off")),
    }
    context.ui.print(&format!("{}\n", printable(&to.display().to_string())));
    context.ui.say(&format!("A copy of {} as it is now.", store.uri()));
    context.ui.say(&format!(
        "It goes with the folder of artifacts, sweep files among them: copy that after it. {}",
        printable(&store.db().proxied_root().display().to_string())
    ));
    Ok(Exit::Done)
}
