//! Arguments of the verbs by which other programs run trials.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use super::common::{WhichSweep, duration, pin};
use crate::cli::complete;
use crate::commands::SweepChoice;
use crate::commands::ask::{AskArgs, AskForm};
use crate::commands::tell::{ReportedOutcome, TellArgs, TellReport, TrialReport};

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedAsk {
    #[command(flatten)]
    which: WhichSweep,
    /// json: for programs; command: a line for sh that runs the trial; env: lines for sh that set its environment
    #[arg(
        long,
        value_enum,
        default_value = "json",
        hide_possible_values = true,
        value_name = "json|command|env"
    )]
    format: TypedAskForm,
    /// Where no trial is free: wait for one that is given back or lost, for this time [without TIME: 1d]
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "1d", value_parser = duration)]
    wait: Option<Duration>,
    /// Others take the trial over where `sweep tell` is not called for this time
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    lease: Duration,
    /// Refuse to run unless the sweep's config is this file
    #[arg(long, value_name = "FILE", conflicts_with = "expect_sha256")]
    config: Option<PathBuf>,
    /// Refuse to run unless the sweep's config has this SHA-256
    #[arg(long, value_name = "HEX")]
    expect_sha256: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TypedAskForm {
    Json,
    Command,
    Env,
}

impl From<TypedAsk> for AskArgs {
    fn from(typed: TypedAsk) -> Self {
        Self {
            sweep: typed.which.into(),
            form: match typed.format {
                TypedAskForm::Json => AskForm::Json,
                TypedAskForm::Command => AskForm::Command,
                TypedAskForm::Env => AskForm::Env,
            },
            wait: typed.wait.unwrap_or_default(),
            lease: typed.lease,
            pin: pin(typed.config, typed.expect_sha256),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedTell {
    /// The run that `sweep ask` gave out, or the number of its trial [default: $SWEEP_RUN_ID]
    #[arg(value_name = "TRIAL", add = complete::trials())]
    trial: Option<String>,
    /// Id of its sweep, a prefix of it, or its name [default: the latest of this directory, else the newest]
    #[arg(long = "sweep-id", value_name = "ID", add = complete::sweeps())]
    sweep_id: Option<String>,
    /// A value that the trial reached (repeatable)
    #[arg(short, long = "metric", value_name = "NAME=VALUE", value_parser = metric)]
    metrics: Vec<(String, f64)>,
    /// The step of the values
    #[arg(long, value_name = "N", default_value_t = 0)]
    step: i64,
    /// It failed
    #[arg(long, conflicts_with = "give_back")]
    failed: bool,
    /// It was interrupted: let it be run again
    #[arg(long)]
    give_back: bool,
    /// It is being run: renew its lease, and ask whether it is still wanted
    #[arg(long, conflicts_with_all = ["failed", "give_back", "metrics"])]
    alive: bool,
}

/// `NAME=VALUE`.
fn metric(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.rsplit_once('=').ok_or("write NAME=VALUE, such as loss=0.3")?;
    let value = value.trim().parse().map_err(|_| format!("`{value}` is not a number"))?;
    if name.is_empty() {
        Err("the name is missing: write NAME=VALUE".to_owned())
    } else {
        Ok((name.to_owned(), value))
    }
}

impl From<TypedTell> for TellArgs {
    fn from(typed: TypedTell) -> Self {
        let outcome = match (typed.failed, typed.give_back) {
            (true, _) => ReportedOutcome::Failed,
            (false, true) => ReportedOutcome::GivenBack,
            (false, false) => ReportedOutcome::Finished,
        };
        let report = match typed.alive {
            true => TellReport::Alive,
            false => TellReport::Over(TrialReport { outcome, metrics: typed.metrics, step: typed.step }),
        };
        Self { sweep: SweepChoice(typed.sweep_id), trial: typed.trial, report }
    }
}
