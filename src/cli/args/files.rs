//! Arguments of export and import.

use super::common::TypedGoal;
use crate::commands::SweepChoice;
use crate::commands::export::ExportArgs;
use crate::commands::import::ImportArgs;
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedExport {
    /// The folder: new, empty, or an earlier export of the same sweep
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Id of the sweep, a prefix of it, or its name [default: the latest of this directory, else the newest]
    #[arg(long, value_name = "ID")]
    sweep_id: Option<String>,
    /// Follow: add trials as they end, until the sweep ends or Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Leave the artifacts out
    #[arg(long)]
    no_artifacts: bool,
    /// Read again what is in the folder and seems unchanged
    #[arg(long)]
    refresh: bool,
}

impl From<TypedExport> for ExportArgs {
    fn from(typed: TypedExport) -> Self {
        Self {
            sweep: SweepChoice(typed.sweep_id),
            folder: typed.folder,
            artifacts: !typed.no_artifacts,
            follow: typed.follow,
            refresh: typed.refresh,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedImport {
    /// An export of sweep; a CSV file with a row a run (also W&B's, Optuna's, Neptune's); a database or journal of Optuna;
    /// a JSON dump of W&B's API; a result folder of Ray Tune; or the id of a sweep that mlflow-sweep made in the store
    #[arg(value_name = "DIR|FILE|ID")]
    from: PathBuf,
    /// The experiment to import into [default: as an export or a sweep says, else Default]
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    /// Leave the artifacts out
    #[arg(long)]
    no_artifacts: bool,
    /// Of other programs: the name of the sweep [default: the study's or the file's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Of other programs: the metric
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Of other programs: minimize or maximize the metric [default: as a study says]
    #[arg(long, value_enum)]
    goal: Option<TypedGoal>,
    /// Of other programs: the params [default: all that are not known to be something else]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    params: Vec<String>,
    /// Of other programs: parameters that were drawn on a log scale [default: those whose values fit one better]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    log: Vec<String>,
    /// Of Optuna: the study, where there are several
    #[arg(long, value_name = "NAME")]
    study: Option<String>,
}

impl From<TypedImport> for ImportArgs {
    fn from(typed: TypedImport) -> Self {
        Self {
            from: typed.from,
            experiment: typed.experiment,
            artifacts: !typed.no_artifacts,
            name: typed.name,
            metric: typed.metric,
            goal: typed.goal.map(Into::into),
            params: typed.params,
            log: typed.log,
            study: typed.study,
        }
    }
}
