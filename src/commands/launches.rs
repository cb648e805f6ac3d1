//! `sweep launches`: which agents of a sweep were submitted where, and how many of them are queued or running.

use serde::Serialize;

use super::shared::launching::agents_alive;
use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Setting, SweepChoice, load_sweep, print_csv, print_json,
    print_sheet,
};
use crate::record::{LaunchRecord, launches_of};
use crate::ui::{Sheet, SheetCell, SheetColumn, words};

/// What was typed.
#[derive(Debug, Clone)]
pub struct LaunchesArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How the list is printed.
    pub format: AnswerFormat,
}

/// Prints the launches of a sweep.
///
/// # Errors
/// Where the sweep can't be read.
pub async fn launches(setting: &Setting, args: &LaunchesArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, _) = load_sweep(&context, &args.sweep).await?;
    let mut entries = Vec::new();
    for launch in launches_of(&sweep.parent) {
        let alive = agents_alive(&launch).await;
        entries.push(ListedLaunch::of(&launch, alive));
    }
    match args.format {
        AnswerFormat::Json => print_json(&setting.ui, &entries),
        AnswerFormat::Csv => print_csv(setting, &sheet(&entries))?,
        AnswerFormat::Table if entries.is_empty() => {
            setting.ui.say("No launch yet: sweep launch slurm|hq|k8s|sky|local|ssh");
        }
        AnswerFormat::Table => print_sheet(setting, &sheet(&entries))?,
    }
    Ok(Exit::Done)
}

/// A launch of the list.
#[derive(Debug, Serialize)]
struct ListedLaunch {
    launch: u32,
    engine: &'static str,
    job: String,
    name: String,
    agents: u32,
    /// Queued or running, as the engine says; it can't always be asked.
    alive: Option<u64>,
    cancelled: bool,
    launched: String,
    by: String,
    host: String,
    #[serde(skip)]
    at: i64,
}

impl ListedLaunch {
    fn of(launch: &LaunchRecord, alive: Option<u64>) -> Self {
        let request = &launch.request;
        Self {
            launch: request.number,
            engine: request.engine.word(),
            job: launch.job.clone(),
            name: request.job_name(),
            agents: request.agents,
            alive,
            cancelled: launch.cancelled,
            launched: words::moment(launch.at),
            by: launch.by.clone(),
            host: launch.host.clone(),
            at: launch.at,
        }
    }
}

fn sheet(entries: &[ListedLaunch]) -> Sheet {
    let columns = vec![
        SheetColumn::new("Launch", "launch"),
        SheetColumn::new("Engine", "engine"),
        SheetColumn::new("Job", "job"),
        SheetColumn::new("Agents", "agents"),
        SheetColumn::new("Alive", "alive"),
        SheetColumn::new("State", "state"),
        SheetColumn::new("Launched", "launched"),
        SheetColumn::new("By", "by").rank(1),
        SheetColumn::new("Host", "host").rank(1),
    ];
    let row = |entry: &ListedLaunch| {
        let state = match (entry.cancelled, entry.alive) {
            (true, _) => Some("cancelled"),
            (false, Some(0)) => Some("over"),
            (false, Some(_)) => Some("active"),
            (false, None) => None,
        };
        vec![
            SheetCell::Count(entry.launch.into()),
            SheetCell::Text(entry.engine.to_owned()),
            SheetCell::Text(entry.job.clone()),
            SheetCell::Count(entry.agents.into()),
            entry.alive.map_or(SheetCell::Empty, SheetCell::Count),
            SheetCell::text(state),
            SheetCell::Moment(entry.at),
            SheetCell::Text(entry.by.clone()),
            SheetCell::Text(entry.host.clone()),
        ]
    };
    Sheet { columns, rows: entries.iter().map(row).collect() }
}
