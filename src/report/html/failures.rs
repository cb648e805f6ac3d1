//! Where trials fail: a sentence for each group, with the last line that its trials printed.

use maud::{Markup, html};

use super::super::SweepReport;
use super::super::text::clean;

/// The section; nothing where no rule was found.
pub(super) fn failures(report: &SweepReport) -> Markup {
    let found = report.failures;
    html! {
        @if !found.groups.is_empty() {
            section #failures {
                h2 { "Failures" }
                ul.notes {
                    @for group in &found.groups {
                        li {
                            (clean(&group.sentence())) "."
                            @if let Some(line) = &group.last_line { " Last line: " code { (clean(line)) } }
                        }
                    }
                }
                @if let Some(elsewhere) = found.elsewhere() { p { "Failed " (elsewhere) " trials." } }
            }
        }
    }
}
