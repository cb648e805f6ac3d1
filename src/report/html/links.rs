//! The ways from the report to MLflow's pages.

use super::super::SweepReport;
use super::super::text::escape;

/// The id of a run, with the way to its page where it has one.
pub(super) fn run_link(report: &SweepReport, run_id: &str) -> String {
    let id = escape(run_id);
    match report.runs_at {
        Some(pages) => format!(
            "<a href=\"{}{id}\" target=\"_blank\" rel=\"noopener\"><code>{id}</code></a>",
            escape(pages)
        ),
        None => format!("<code>{id}</code>"),
    }
}
