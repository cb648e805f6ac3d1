//! `sweep import FROM`: a sweep that was run elsewhere, entered as a finished one.

use std::future::{poll_fn, ready};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::Poll;

use super::shared::{
    CommandFailure, Context, Exit, Setting, asked_to_end, checked, progress, warn_of_left_out,
};
use crate::config::Goal;
use crate::exchange::{
    ExchangeError, FolderImport, FolderSource, Imported, TableRequest, TableSource, TrialTable,
    import_folder, import_table, read_mlflow_sweep,
};
use crate::record::Sweep;
use crate::tracking::ErrorKind;
use crate::ui::{Ui, words};

/// What a folder has that `sweep export` wrote.
const SWEEP_FILE: &str = "sweep.json";

/// What was typed.
#[derive(Debug, Clone)]
pub struct ImportArgs {
    /// A folder that `sweep export` wrote, a file or folder of another program, or the id of a sweep that another program
    /// made in the store.
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
    /// The study of Optuna's that is meant.
    pub study: Option<String>,
}

/// Makes a parent run, its ledger and a run a trial, with the times and states that they had.
///
/// # Errors
/// Where the folder or the table can't be read, and as the store's; nothing is left then.
pub async fn import(setting: &Setting, args: &ImportArgs) -> Result<Exit, CommandFailure> {
    let path = setting.folder.join(&args.from);
    let (context, imported) = if path.join(SWEEP_FILE).exists() {
        of_folder(setting, args).await?
    } else {
        of_table(setting, args).await?
    };
    context.remember(&imported.sweep);
    let (ui, id) = (&setting.ui, imported.sweep.id());
    warn_of_left_out(ui, &imported.left_out);
    ui.print(&format!("Sweep imported with ID: {id}\n"));
    let trials = words::count(imported.trials, "trial");
    ui.say(&format!("{trials}. What mattered: sweep analyze {id}"));
    Ok(Exit::Done)
}

/// Reads the folder whole before anything is made.
async fn of_folder(setting: &Setting, args: &ImportArgs) -> Result<(Context, Imported), CommandFailure> {
    let source = FolderSource::open(&setting.folder.join(&args.from))?;
    let quiet = Ui { quiet: true, ..setting.ui };
    checked(&quiet, &source.config_name(), &source.config)?;
    let source = source.with_trials()?;
    let context = Context::open(setting)?;
    let identity = context.identity();
    let how = FolderImport {
        experiment: args.experiment.as_deref(),
        artifacts: args.artifacts,
        user: &identity.user,
    };
    let mut asked = AskedToEnd::listen().await;
    let progress = progress(&context.ui);
    let imported = import_folder(&context.store, &source, how, asked.until_signal(), &progress).await;
    let imported = asked.outcome(imported)?;
    Ok((context, imported))
}

async fn of_table(setting: &Setting, args: &ImportArgs) -> Result<(Context, Imported), CommandFailure> {
    let path = setting.folder.join(&args.from);
    let request = TableRequest {
        name: args.name.clone(),
        experiment: args.experiment.clone(),
        metric: args.metric.clone(),
        goal: args.goal,
        params: args.params.clone(),
        log: args.log.clone(),
        study: args.study.clone(),
    };
    let of_store = if path.exists() || args.from == Path::new("-") {
        None
    } else {
        of_store(setting, args, &request).await?
    };
    let source = match of_store {
        Some(source) => source,
        None => TableSource::read(if args.from == Path::new("-") { &args.from } else { &path }, &request)?,
    };
    let context = Context::open(setting)?;
    tell(&context.ui, &source.table);
    let user = context.identity().user;
    let mut asked = AskedToEnd::listen().await;
    let progress = progress(&context.ui);
    let imported = import_table(&context.store, &source, &user, asked.until_signal(), &progress).await;
    let imported = asked.outcome(imported)?;
    Ok((context, imported))
}

/// The sweep of another program that is in the store under this id or name; `None`: there is none, or no store.
async fn of_store(
    setting: &Setting,
    args: &ImportArgs,
    request: &TableRequest,
) -> Result<Option<TableSource>, CommandFailure> {
    let (Some(name), Ok(context)) = (args.from.to_str(), Context::open_to_read(setting)) else {
        return Ok(None);
    };
    let id = match Sweep::find(context.store.as_ref(), name).await {
        Ok(id) => id,
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let sweep = read_mlflow_sweep(&context.store, &id, &request.selection()).await?;
    Ok(Some(TableSource::of_sweep(sweep, request)?))
}

/// Says what was taken for what.
fn tell(ui: &Ui, table: &TrialTable) {
    let params = table.params.join(", ");
    ui.say(&format!("Read as {}. Metric: {}. Params: {params}", table.dialect.name(), table.metric));
    if let Some((line, why)) = table.left_out.first() {
        let rows = words::count(table.left_out.len() as u64, "run");
        ui.warn(&format!("{rows} left out; {line}: {why}"));
    }
}

/// A signal that asks to end.
struct AskedToEnd {
    signal: Pin<Box<dyn Future<Output = Result<Exit, CommandFailure>> + Send>>,
    /// How the program is to end, once it has come.
    exit: Option<Result<Exit, CommandFailure>>,
}

impl AskedToEnd {
    /// Listens from now on: what is made after this is taken away again should a signal come.
    async fn listen() -> Self {
        let mut asked = Self { signal: Box::pin(asked_to_end()), exit: None };
        // It listens once it has been polled.
        poll_fn(|context| {
            if let Poll::Ready(early) = asked.signal.as_mut().poll(context) {
                asked.signal = Box::pin(ready(early));
            }
            Poll::Ready(())
        })
        .await;
        asked
    }

    /// Waits for it.
    async fn until_signal(&mut self) {
        self.exit = Some(self.signal.as_mut().await);
    }

    /// What came of an import that was asked to end by it.
    fn outcome(self, imported: Result<Imported, ExchangeError>) -> Result<Imported, CommandFailure> {
        match (imported, self.exit) {
            (Err(ExchangeError::Interrupted), Some(exit)) => {
                Err(CommandFailure::new(exit?, ExchangeError::Interrupted.to_string()))
            }
            (imported, _) => Ok(imported?),
        }
    }
}
