//! `sweep doctor`: whether everything that a sweep needs is there, and what to do where it is not.
//!
//! It looks and changes nothing: where there is no database yet, none is made.

mod certificates;
mod database;
mod finding;
mod folder;
mod machine;
mod program;
mod server;

use serde::Serialize;

use super::shared::{CommandFailure, DEFAULT_URI, Exit, Format, Setting, print_json, unknown_scheme};
use crate::ui::{CheckLine, CheckMark, check_list};
use finding::{CheckResult, CheckState};

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct DoctorArgs {
    /// How the findings are printed.
    pub format: Format,
}

/// All that was found, for programs.
#[derive(Debug, Serialize)]
struct DoctorJson {
    state: CheckState,
    version: &'static str,
    checks: Vec<CheckResult>,
}

/// Looks at store, machine and folder; ends with 1 where something does not work.
///
/// # Errors
/// Never: what goes wrong is a finding.
pub async fn doctor(setting: &Setting, args: &DoctorArgs) -> Result<Exit, CommandFailure> {
    let uri = setting.tracking_uri.clone().unwrap_or_else(|| DEFAULT_URI.to_owned());
    let mut checks = match uri.split(':').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "http" | "https" => server::look(&uri).await,
        "sqlite" => database::look(&uri).await,
        _ => vec![CheckResult::failed("store", &unknown_scheme(&uri))],
    };
    checks.extend(program::look());
    checks.extend(machine::look(setting, &uri));
    checks.extend(folder::look(setting));
    let state = checks.iter().map(|check| check.state).max().unwrap_or(CheckState::Ok);
    let answer = DoctorJson { state, version: env!("CARGO_PKG_VERSION"), checks };
    match args.format {
        Format::Json => print_json(&setting.ui, &answer),
        Format::Table => setting.ui.print(&text(setting, &answer)),
    }
    Ok(if state == CheckState::Bad { Exit::WorkFailed } else { Exit::Done })
}

fn text(setting: &Setting, answer: &DoctorJson) -> String {
    let mark = |state| match state {
        CheckState::Ok => CheckMark::Good,
        CheckState::Warn => CheckMark::Warning,
        CheckState::Bad => CheckMark::Bad,
    };
    let lines: Vec<CheckLine> = answer
        .checks
        .iter()
        .map(|check| CheckLine {
            mark: mark(check.state),
            label: check.check.to_owned(),
            text: check.found.clone(),
            advice: check.advice.clone(),
        })
        .collect();
    let end = match answer.state {
        CheckState::Ok => "Everything is ready for sweeps.",
        CheckState::Warn => "Sweeps work here; check the lines marked `warn`.",
        CheckState::Bad => "Sweeps do not work here until the lines marked `bad` are fixed.",
    };
    format!("{}{end}\n", check_list(&setting.ui, &lines))
}
