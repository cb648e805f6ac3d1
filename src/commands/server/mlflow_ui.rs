//! Where MLflow's own web pages are: in a folder that is named, or in the package that `python3` would import.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::commands::shared::{CommandFailure, Exit};
use crate::gateway::MlflowPages;
use crate::process::{ChildSpec, OwnerMark, run_briefly};

/// Prints the folder of the package, which is not imported: that would take seconds.
const FIND: &str = "import importlib.util as u; s = u.find_spec('mlflow'); \
                    print(s.submodule_search_locations[0] if s and s.submodule_search_locations else '')";
/// How long Python may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest path that is read.
const LONGEST_PATH: usize = 1 << 14;

/// Which pages are served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MlflowUi {
    /// None of MLflow's.
    #[default]
    None,
    /// Those of the package that `python3` has.
    OfPython,
    /// Those of a folder.
    In(PathBuf),
}

/// The pages that are asked for.
///
/// # Errors
/// `Usage` where there are none.
pub(super) async fn find(which: &MlflowUi) -> Result<Option<MlflowPages>, CommandFailure> {
    match which {
        MlflowUi::None => Ok(None),
        MlflowUi::In(folder) => match MlflowPages::find(folder) {
            Some(pages) => Ok(Some(pages)),
            None => Err(CommandFailure::new(
                Exit::Usage,
                format!("MLflow's pages are not in {}", folder.display()),
            )
            .hint(
                "Name the folder of an installed mlflow package (or of its virtual environment); \
                 `pip install mlflow` has the pages, `mlflow-skinny` has none.",
            )),
        },
        MlflowUi::OfPython => of_python().await.map(Some),
    }
}

async fn of_python() -> Result<MlflowPages, CommandFailure> {
    let spec = ChildSpec {
        argv: vec!["python3".into(), "-c".into(), FIND.into()],
        env_remove: Vec::new(),
        env: Vec::new(),
        folder: None,
        mark: OwnerMark::of(&["mlflow pages", &std::process::id().to_string()]),
    };
    let found = run_briefly(&spec, PATIENCE, LONGEST_PATH).await.ok();
    let printed = found.map(|run| String::from_utf8_lossy(&run.output).trim().to_owned()).unwrap_or_default();
    let pages = if printed.is_empty() { None } else { MlflowPages::find(Path::new(&printed)) };
    pages.ok_or_else(|| {
        CommandFailure::new(Exit::Usage, "`python3` has no mlflow package with web pages").hint(
            "Install it (`pip install mlflow`), or name the folder of one: --mlflow-ui venv. Without \
             --mlflow-ui the server has its own page of sweeps alone.",
        )
    })
}
