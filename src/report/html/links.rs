//! The ways from the report to MLflow's pages.

use maud::{Markup, html};

use super::super::SweepReport;
use super::super::text::clean;

/// The id of a run, with the way to its page where it has one.
pub(super) fn run_link(report: &SweepReport, run_id: &str) -> Markup {
    let id = clean(run_id);
    html! {
        @match report.runs_at {
            Some(pages) => a href={ (clean(pages)) (id) } target="_blank" rel="noopener" { code { (id) } },
            None => code { (id) },
        }
    }
}
