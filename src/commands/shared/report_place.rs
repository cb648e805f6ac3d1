//! Where the report of a sweep is: printed, copied, opened.

use std::path::{Path, PathBuf};

use super::context::{Backend, Context};
use super::exit::Exit;
use super::failure::CommandFailure;
use crate::process;
use crate::record::Sweep;
use crate::tracking::local_artifacts::folder_of;

/// The report among the artifacts of the parent run.
pub const REPORT: &str = "report.html";

/// What is to be done with the report, beside saving it with the parent run.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// A file to write it to.
    pub file: Option<PathBuf>,
    /// Open it in a browser.
    pub open: bool,
}

/// Writes the report where it is wanted, says where it is, and opens it.
pub fn deliver(
    context: &Context,
    sweep: &Sweep,
    html: &str,
    delivery: &Delivery,
) -> Result<(), CommandFailure> {
    if let Some(file) = &delivery.file {
        write_report(file, html).map_err(|failure| {
            failure.hint("Name a file in a folder that exists. The report is saved with the parent run.")
        })?;
    }
    let place = report_place(context, sweep, delivery.file.as_deref());
    context.ui.say_where("Report:", &place.shown, &place.address);
    if delivery.open {
        open_report(context, &place);
    }
    Ok(())
}

/// Writes the report to a file.
pub fn write_report(file: &Path, html: &str) -> Result<(), CommandFailure> {
    std::fs::write(file, html).map_err(|error| {
        CommandFailure::new(Exit::WorkFailed, format!("cannot write the report to {}", file.display()))
            .caused_by(&error)
            .hint("Name a file in a folder that exists.")
    })
}

/// Opens the report in the person's browser.
pub fn open_report(context: &Context, place: &ReportLocation) {
    if let Err(why) = process::open_for_person(&place.address) {
        context.ui.warn(&format!("cannot open the report: {why}. Open it yourself: {}", place.shown));
    }
}

/// What is written as `%…` in an address.
const KEPT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Where something is: as a person reads it, and as a browser does.
pub struct ReportLocation {
    /// A path or an address.
    pub shown: String,
    /// For a browser.
    pub address: String,
}

impl ReportLocation {
    fn file(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.display().to_string();
        let address = format!("file://{}", percent_encoding::utf8_percent_encode(&shown, KEPT));
        Self { shown, address }
    }
}

/// What stands before a run's id in the address of its page; `None`: a file has no pages.
pub fn pages_of_runs(context: &Context, sweep: &Sweep) -> Option<String> {
    let server = context.store.uri().trim_end_matches('/');
    let experiment = &sweep.parent.info.experiment_id;
    matches!(context.backend, Backend::Server { .. })
        .then(|| format!("{server}/#/experiments/{experiment}/runs/"))
}

/// The file that was asked for, else MLflow's page on the run, else the file among the artifacts.
pub fn report_place(context: &Context, sweep: &Sweep, asked: Option<&Path>) -> ReportLocation {
    if let Some(path) = asked {
        return ReportLocation::file(path);
    }
    let info = &sweep.parent.info;
    match (&context.backend, folder_of(&info.artifact_uri)) {
        (Backend::File(_), Some(folder)) => ReportLocation::file(&folder.join(REPORT)),
        (Backend::File(_), None) => {
            ReportLocation { shown: format!("{}/{REPORT}", info.artifact_uri), address: String::new() }
        }
        (Backend::Server { .. }, _) => {
            let runs = pages_of_runs(context, sweep).unwrap_or_default();
            let address = format!("{runs}{}/artifacts/{REPORT}", info.id);
            ReportLocation { shown: address.clone(), address }
        }
    }
}
